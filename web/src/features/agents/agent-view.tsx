import type { Agent } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { CopyableId } from '@/components/copy-button.tsx';
import { PageHeader } from '@/components/page-header.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RoutePending } from '@/components/route-pending.tsx';
import { StatusBadge } from '@/components/status-badge.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { ExecutionList, type ExecutionListSearch } from '@/features/executions/execution-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { NotFoundPage } from '@/features/shell/not-found-page.tsx';
import { RequestFailure } from '@/lib/api.ts';
import { cn } from '@/lib/class-names.ts';
import { shortId } from '@/lib/format.ts';
import { usePageTitle } from '@/lib/page-title.ts';
import type { Tagged } from '@/lib/tagged.ts';
import { AgentMenu } from './agent-menu.tsx';
import { AgentSettings } from './agent-settings.tsx';
import { agentQuery } from './queries.ts';
import { RunTab } from './run-tab.tsx';

const VersionsTab = lazy(() => import('@/features/publish/versions-tab.tsx'));
const BuilderTab = lazy(() => import('@/features/builder/builder-tab.tsx'));

export type AgentTab = 'builder' | 'run' | 'executions' | 'versions' | 'settings';

interface AgentViewProps {
  agentId: string;
  tab: AgentTab | undefined;
  /** The node that the builder opens with. */
  node: string | undefined;
  /** The execution that the builder shows on its canvas. */
  run: string | undefined;
  compare: { from: number | undefined; to: number | undefined };
  /** Chosen for the next run. */
  projectId: string | undefined;
  /** What the list of its executions is narrowed to. */
  executions: ExecutionListSearch;
}

export function AgentView({ agentId, ...shown }: AgentViewProps) {
  const agent = useQuery(agentQuery(agentId));
  usePageTitle(agent.data?.value.name ?? 'Agent');
  useBreadcrumbs(
    [{ label: 'Agents', link: { to: '/dashboard/agents' } }, { label: agent.data?.value.name ?? '…' }],
    `agent:${agent.data?.value.name ?? ''}`,
  );
  if (agent.error instanceof RequestFailure && agent.error.status === 404) return <NotFoundPage />;
  if (agent.error && agent.data === undefined) {
    return <ProblemCallout error={agent.error} onRetry={() => void agent.refetch()} />;
  }
  if (agent.data === undefined) return <RoutePending />;
  return <LoadedAgent tagged={agent.data} {...shown} />;
}

/** As high as the window below the top bar, and as wide as the page. */
const BUILDING =
  '-mx-4 -mt-2 -mb-5 sm:-mx-6 lg:-mx-8 flex h-[calc(100dvh-3.75rem)] min-h-[32rem] flex-col [&>:first-child]:mx-4 [&>:first-child]:mb-0 sm:[&>:first-child]:mx-6';

type LoadedAgentProps = { tagged: Tagged<Agent> } & Omit<AgentViewProps, 'agentId'>;

function LoadedAgent({ tagged, tab, node, run, compare, projectId, executions }: LoadedAgentProps) {
  const agent = tagged.value;
  const navigate = useNavigate();
  const shownTab = tab ?? (agent.live_version === null ? 'builder' : 'run');
  // The builder takes all the room there is.
  const building = shownTab === 'builder';
  return (
    <div className={building ? BUILDING : 'mx-auto max-w-6xl'}>
      <PageHeader
        title={agent.name}
        description={
          <>
            {agent.description !== '' && !building && <p className="mb-2 max-w-3xl text-pretty">{agent.description}</p>}
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
              <StatusBadge status={agent.status} />
              <span className="text-soft">
                {agent.live_version === null ? 'No live version yet' : `Version ${agent.live_version} is live`}
              </span>
              <CopyableId id={agent.id} short={shortId(agent.id)} />
            </div>
          </>
        }
      >
        <AgentMenu agent={agent} />
      </PageHeader>
      <Tabs
        className={cn(building && 'flex min-h-0 flex-1 flex-col')}
        value={shownTab}
        onValueChange={(next) =>
          void navigate({
            to: '/dashboard/agents/$agentId',
            params: { agentId: agent.id },
            search: { tab: next as AgentTab, run },
          })
        }
      >
        <TabsList aria-label="Agent" className={cn(building && 'shrink-0 px-4 sm:px-6')}>
          <TabsTrigger value="builder">Builder</TabsTrigger>
          <TabsTrigger value="run">Run</TabsTrigger>
          <TabsTrigger value="executions">Executions</TabsTrigger>
          <TabsTrigger value="versions">Versions</TabsTrigger>
          <TabsTrigger value="settings">Settings</TabsTrigger>
        </TabsList>
        <TabsContent value="builder" className="flex min-h-0 flex-1 flex-col data-[state=inactive]:hidden">
          <Suspense fallback={<RoutePending />}>
            <BuilderTab agent={agent} node={node} run={run} />
          </Suspense>
        </TabsContent>
        <TabsContent value="run" className="pt-5">
          <RunTab agent={agent} projectId={projectId} />
        </TabsContent>
        <TabsContent value="executions" className="pt-5">
          <ExecutionList
            ofAgent={agent.id}
            chosen={executions}
            onChoose={(chosen) =>
              void navigate({
                to: '/dashboard/agents/$agentId',
                params: { agentId: agent.id },
                search: { ...chosen, tab: 'executions' },
              })
            }
          />
        </TabsContent>
        <TabsContent value="versions" className="pt-5">
          <Suspense fallback={<RoutePending />}>
            <VersionsTab agent={agent} shown={compare.to} against={compare.from} />
          </Suspense>
        </TabsContent>
        <TabsContent value="settings" className="pt-5">
          <AgentSettings tagged={tagged} />
        </TabsContent>
      </Tabs>
    </div>
  );
}
