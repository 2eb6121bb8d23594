import type { CreatedExternalAgent } from '@agentflow/contracts';
import { getRouteApi, Link, useNavigate } from '@tanstack/react-router';
import { History, Plus } from 'lucide-react';
import { useState } from 'react';
import { PageHeader } from '@/components/page-header.tsx';
import { Button } from '@/components/ui/button.tsx';
import { CreateExternalAgentDialog } from '@/features/external-agents/create-dialog.tsx';
import { ExternalAgentList } from '@/features/external-agents/external-agent-list.tsx';
import { ShownKeyDialog } from '@/features/external-agents/shown-key-dialog.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/external-agents');

export function ExternalAgentsPage() {
  usePageTitle('External agents');
  useBreadcrumbs([{ label: 'External agents' }], 'external-agents');
  const { create, ...chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const go = useNavigate();
  const mayWrite = useCan('external_agents:write');
  const [created, setCreated] = useState<CreatedExternalAgent | null>(null);
  const open = (next: 'new' | undefined) =>
    void navigate({ search: (old) => ({ ...old, create: next }), replace: next === undefined });
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader
        title="External agents"
        description="What calls your agents from outside, each with a key, limits and a history of its own."
      >
        <Button asChild>
          <Link to="/dashboard/external-agents/calls">
            <History aria-hidden="true" /> All calls
          </Link>
        </Button>
        {mayWrite && (
          <Button variant="primary" onClick={() => open('new')}>
            <Plus aria-hidden="true" /> Register
          </Button>
        )}
      </PageHeader>
      <ExternalAgentList chosen={chosen} onCreate={() => open('new')} />
      <CreateExternalAgentDialog
        open={mayWrite && create === 'new'}
        onClose={() => open(undefined)}
        onCreated={(agent) => {
          open(undefined);
          setCreated(agent);
        }}
      />
      {created !== null && (
        <ShownKeyDialog
          agent={created}
          apiKey={created.api_key}
          onStored={() =>
            void go({ to: '/dashboard/external-agents/$externalAgentId', params: { externalAgentId: created.id } })
          }
        />
      )}
    </div>
  );
}
