import type { CreatedApiKey } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useId, useState } from 'react';
import { CopyButton } from '@/components/copy-button.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { agentsQuery } from '@/features/agents/queries.ts';

/** The one time that the key is shown: it stays until the person says that it is stored. */
export function StoreKeyDialog({ created, onStored }: { created: CreatedApiKey; onStored: () => void }) {
  const [stored, setStored] = useState(false);
  const id = useId();
  const agents = useQuery(agentsQuery({ status: 'active', limit: 1 }));
  const agentId = agents.data?.data[0]?.id ?? '<agent id>';
  const command = [
    `curl ${location.origin}/api/v1/agents/${agentId}/execute \\`,
    `  -H "Authorization: Bearer ${created.key}" \\`,
    '  -H "Content-Type: application/json" \\',
    '  -H "Prefer: wait=30" \\',
    `  -d '{"input": {}}'`,
  ].join('\n');
  return (
    <Dialog
      open
      onOpenChange={() => undefined}
      mustAnswer
      title="Store this key now"
      description="It is shown this once. We keep only a hash of it and cannot show it again."
      className="max-w-xl"
    >
      <DialogBody>
        <div className="flex items-center gap-2 rounded-lg border border-line bg-sunken py-1.5 pr-1.5 pl-3">
          <code data-testid="api-key" className="min-w-0 flex-1 break-all font-mono text-sm">
            {created.key}
          </code>
          <CopyButton value={created.key} label="Copy key">
            Copy
          </CopyButton>
        </div>
        <div>
          <div className="mb-1.5 flex items-center justify-between">
            <h3 className="font-medium text-sm">Run an agent with it</h3>
            <CopyButton value={command} label="Copy command" />
          </div>
          <pre className="whitespace-pre-wrap break-all rounded-lg border border-line bg-sunken p-3 font-mono text-xs leading-5">
            {command}
          </pre>
        </div>
        <label htmlFor={id} className="flex items-center gap-2.5 text-sm">
          <Checkbox id={id} checked={stored} onCheckedChange={(on) => setStored(on === true)} />I have stored it
        </label>
      </DialogBody>
      <DialogFooter>
        <Button variant="primary" disabled={!stored} onClick={onStored}>
          Done
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
