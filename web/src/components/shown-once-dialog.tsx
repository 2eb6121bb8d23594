import { type ReactNode, useId, useState } from 'react';
import { CopyButton } from './copy-button.tsx';
import { Button } from './ui/button.tsx';
import { Checkbox } from './ui/checkbox.tsx';
import { Dialog, DialogBody, DialogFooter } from './ui/dialog.tsx';

interface ShownOnceDialogProps {
  title: string;
  description: string;
  secret: string;
  /** What it is, as in "key". */
  noun: string;
  testId: string;
  className?: string;
  onStored: () => void;
  /** What to do with it. */
  children?: ReactNode;
}

/** The one time that a secret is shown: it stays until the person says that it is stored. */
export function ShownOnceDialog(props: ShownOnceDialogProps) {
  const { title, description, secret, noun, testId, className = 'max-w-xl', onStored, children } = props;
  const [stored, setStored] = useState(false);
  const id = useId();
  return (
    <Dialog
      open
      onOpenChange={() => undefined}
      mustAnswer
      title={title}
      description={description}
      className={className}
    >
      <DialogBody>
        <div className="flex items-center gap-2 rounded-lg border border-line bg-sunken py-1.5 pr-1.5 pl-3">
          <code data-testid={testId} className="min-w-0 flex-1 break-all font-mono text-sm">
            {secret}
          </code>
          <CopyButton value={secret} label={`Copy ${noun}`}>
            Copy
          </CopyButton>
        </div>
        {children}
      </DialogBody>
      <DialogFooter>
        <label htmlFor={id} className="mr-auto flex items-center gap-2.5 text-sm">
          <Checkbox id={id} checked={stored} onCheckedChange={(on) => setStored(on === true)} />I have stored it
        </label>
        <Button variant="primary" disabled={!stored} onClick={onStored}>
          Done
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
