import type { ExternalAgent } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { CopyableId } from '@/components/copy-button.tsx';
import { PageHeader } from '@/components/page-header.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RoutePending } from '@/components/route-pending.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { InvocationList, type InvocationSearch } from '@/features/invocations/invocation-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { NotFoundPage } from '@/features/shell/not-found-page.tsx';
import { RequestFailure } from '@/lib/api.ts';
import { shortId } from '@/lib/format.ts';
import { usePageTitle } from '@/lib/page-title.ts';
import type { Tagged } from '@/lib/tagged.ts';
import { ActiveBadge } from './active-badge.tsx';
import { ActiveSwitch } from './active-switch.tsx';
import { OverviewTab } from './overview-tab.tsx';
import { PLATFORMS } from './platforms.ts';
import { externalAgentQuery } from './queries.ts';

const UsageTab = lazy(() => import('@/features/usage/usage-tab.tsx'));
const SettingsTab = lazy(() => import('./settings-tab.tsx'));
const InvocationDialog = lazy(() => import('@/features/invocations/invocation-dialog.tsx'));

export type ExternalAgentTab = 'overview' | 'invocations' | 'usage' | 'settings';
export type UsageRange = '7d' | '30d' | 'custom';

/** What the page shows, as it stands in the address. */
export interface ExternalAgentPageSearch extends InvocationSearch {
  readonly tab?: ExternalAgentTab | undefined;
  /** The call that is opened. */
  readonly invocation?: string | undefined;
  /** Of the usage; a custom one is from `from` to `to`. */
  readonly range?: UsageRange | undefined;
}

interface ExternalAgentViewProps {
  externalAgentId: string;
  shown: ExternalAgentPageSearch;
}

export function ExternalAgentView({ externalAgentId, shown }: ExternalAgentViewProps) {
  const agent = useQuery(externalAgentQuery(externalAgentId));
  const name = agent.data?.value.name;
  usePageTitle(name ?? 'External agent');
  useBreadcrumbs(
    [{ label: 'External agents', link: { to: '/dashboard/external-agents' } }, { label: name ?? '…' }],
    `external-agent:${name ?? ''}`,
  );
  if (agent.error instanceof RequestFailure && [404, 422].includes(agent.error.status)) return <NotFoundPage />;
  if (agent.error && agent.data === undefined) {
    return <ProblemCallout error={agent.error} onRetry={() => void agent.refetch()} />;
  }
  if (agent.data === undefined) return <RoutePending />;
  return <LoadedAgent tagged={agent.data} shown={shown} />;
}

function LoadedAgent({ tagged, shown }: { tagged: Tagged<ExternalAgent>; shown: ExternalAgentPageSearch }) {
  const agent = tagged.value;
  const navigate = useNavigate({ from: '/dashboard/external-agents/$externalAgentId' });
  const platform = PLATFORMS[agent.platform];
  const { tab = 'overview', invocation, range, ...chosen } = shown;
  const go = (search: ExternalAgentPageSearch) => void navigate({ search });
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader
        title={agent.name}
        description={
          <>
            {agent.description !== '' && (
              <p className="mb-2 max-w-3xl whitespace-pre-line text-pretty break-words">{agent.description}</p>
            )}
            <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
              <ActiveBadge active={agent.is_active} />
              <span className="flex items-center gap-1.5 text-soft">
                <platform.icon className="size-4 text-faint" aria-hidden="true" /> {platform.name}
              </span>
              <CopyableId id={agent.id} short={shortId(agent.id)} />
            </div>
          </>
        }
      >
        <ActiveSwitch agent={agent} />
      </PageHeader>
      <Tabs
        value={tab}
        onValueChange={(next) => go({ tab: next === 'overview' ? undefined : (next as ExternalAgentTab) })}
      >
        <TabsList aria-label="External agent">
          <TabsTrigger value="overview">Overview</TabsTrigger>
          <TabsTrigger value="invocations">Invocations</TabsTrigger>
          <TabsTrigger value="usage">Usage</TabsTrigger>
          <TabsTrigger value="settings">Settings</TabsTrigger>
        </TabsList>
        <TabsContent value="overview" className="pt-5">
          <OverviewTab agent={agent} />
        </TabsContent>
        <TabsContent value="invocations" className="pt-5">
          <InvocationList
            ofExternalAgent={agent.id}
            chosen={chosen}
            onChoose={(next) => go({ ...next, tab: 'invocations' })}
            onConnect={() => go({})}
          />
        </TabsContent>
        <TabsContent value="usage" className="pt-5">
          <Suspense fallback={<RoutePending />}>
            <UsageTab
              externalAgentId={agent.id}
              range={range ?? '7d'}
              from={chosen.from}
              to={chosen.to}
              onChoose={(next) => go({ ...next, tab: 'usage' })}
              onShowCalls={(filter) => go({ ...filter, tab: 'invocations' })}
            />
          </Suspense>
        </TabsContent>
        <TabsContent value="settings" className="pt-5">
          <Suspense fallback={<RoutePending />}>
            <SettingsTab tagged={tagged} />
          </Suspense>
        </TabsContent>
      </Tabs>
      {invocation !== undefined && (
        <Suspense>
          <InvocationDialog
            invocationId={invocation}
            onClose={() => void navigate({ search: (old) => ({ ...old, invocation: undefined }), resetScroll: false })}
          />
        </Suspense>
      )}
    </div>
  );
}
