import type { ExternalAgent } from '@agentflow/contracts';
import { ShownOnceDialog } from '@/components/shown-once-dialog.tsx';
import { SnippetView } from './snippet-view.tsx';

interface ShownKeyDialogProps {
  agent: Pick<ExternalAgent, 'id' | 'name' | 'platform' | 'config' | 'agents'>;
  apiKey: string;
  onStored: () => void;
}

/** The one time that the key is shown, with what to do with it. */
export function ShownKeyDialog({ agent, apiKey, onStored }: ShownKeyDialogProps) {
  return (
    <ShownOnceDialog
      title={`The key of ${agent.name}`}
      description="It is shown this once. We keep only a hash of it and cannot show it again."
      secret={apiKey}
      noun="key"
      testId="api-key"
      className="max-w-2xl"
      onStored={onStored}
    >
      <section aria-label="Connect it" className="min-w-0">
        <h3 className="mb-1 font-medium text-sm">Connect it</h3>
        <SnippetView agent={agent} apiKey={apiKey} />
      </section>
    </ShownOnceDialog>
  );
}
