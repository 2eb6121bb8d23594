import type { ExternalAgent } from '@agentflow/contracts';
import { useId, useState } from 'react';
import { CopyButton } from '@/components/copy-button.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { SnippetView } from './snippet-view.tsx';

interface ShownKeyDialogProps {
  agent: Pick<ExternalAgent, 'id' | 'name' | 'platform' | 'config' | 'agents'>;
  apiKey: string;
  onStored: () => void;
}

/** The one time that the key is shown, with what to do with it: it stays until the person says that it is stored. */
export function ShownKeyDialog({ agent, apiKey, onStored }: ShownKeyDialogProps) {
  const [stored, setStored] = useState(false);
  const id = useId();
  return (
    <Dialog
      open
      onOpenChange={() => undefined}
      mustAnswer
      title={`The key of ${agent.name}`}
      description="It is shown this once. We keep only a hash of it and cannot show it again."
      className="max-w-2xl"
    >
      <DialogBody>
        <div className="flex items-center gap-2 rounded-lg border border-line bg-sunken py-1.5 pr-1.5 pl-3">
          <code data-testid="api-key" className="min-w-0 flex-1 break-all font-mono text-sm">
            {apiKey}
          </code>
          <CopyButton value={apiKey} label="Copy key">
            Copy
          </CopyButton>
        </div>
        <section aria-label="Connect it" className="min-w-0">
          <h3 className="mb-1 font-medium text-sm">Connect it</h3>
          <SnippetView agent={agent} apiKey={apiKey} />
        </section>
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
