import type { CreatedApiKey } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { CodeBlock } from '@/components/code-block.tsx';
import { ShownOnceDialog } from '@/components/shown-once-dialog.tsx';
import { agentsQuery } from '@/features/agents/queries.ts';

/** The one time that the key is shown, with a first call. */
export function StoreKeyDialog({ created, onStored }: { created: CreatedApiKey; onStored: () => void }) {
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
    <ShownOnceDialog
      title="Store this key now"
      description="It is shown this once. We keep only a hash of it and cannot show it again."
      secret={created.key}
      noun="key"
      testId="api-key"
      onStored={onStored}
    >
      <section aria-label="Run an agent with it" className="min-w-0">
        <h3 className="mb-1.5 font-medium text-sm">Run an agent with it</h3>
        <CodeBlock label="Command" code={command} />
      </section>
    </ShownOnceDialog>
  );
}
