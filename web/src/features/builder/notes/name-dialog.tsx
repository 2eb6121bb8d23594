import { type FormEvent, useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';

interface NameDialogProps {
  title: string;
  /** What the button does. */
  act: string;
  initial: string;
  help?: string;
  /** Why it can't be called so; null where it can. */
  problemOf: (name: string) => string | null;
  onName: (name: string) => void;
  onClose: () => void;
}

/** Asks for a name. */
export function NameDialog({ title, act, initial, help, problemOf, onName, onClose }: NameDialogProps) {
  const [name, setName] = useState(initial);
  const [tried, setTried] = useState(false);
  const problem = name === initial && initial !== '' ? null : problemOf(name);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    setTried(true);
    if (problem !== null) return;
    onName(name);
    onClose();
  };
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={title} className="max-w-md" startInField>
      <form noValidate onSubmit={submit} className="flex min-h-0 flex-col">
        <DialogBody>
          <Field label="Name" help={help} error={tried && problem !== null ? problem : undefined}>
            {(control) => (
              <Input
                {...control}
                className="font-mono text-sm"
                autoComplete="off"
                spellCheck={false}
                value={name}
                onChange={(event) => setName(event.target.value)}
              />
            )}
          </Field>
        </DialogBody>
        <DialogFooter>
          <Button onClick={onClose}>Cancel</Button>
          <Button type="submit" variant="primary">
            {act}
          </Button>
        </DialogFooter>
      </form>
    </Dialog>
  );
}
