import type { Agent, AgentVersion } from '@agentflow/contracts';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Layers, PencilLine } from 'lucide-react';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ShowMore } from '@/components/show-more.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { versionsQuery } from '@/features/agents/queries.ts';
import { useActorName } from '@/features/settings/use-actor-name.ts';
import { cn } from '@/lib/class-names.ts';
import { DRAFT, VersionView } from './version-view.tsx';

interface VersionsTabProps {
  agent: Agent;
  /** The version that is looked at, and the one that it is compared with; 0 is the draft. */
  shown: number | undefined;
  against: number | undefined;
}

/** All versions beside the one that is looked at: on its graph, or against any other. */
export default function VersionsTab({ agent, shown, against }: VersionsTabProps) {
  const navigate = useNavigate();
  const versions = useInfiniteQuery(versionsQuery(agent.id));
  const actorName = useActorName();
  if (versions.error && versions.data === undefined) {
    return <ProblemCallout error={versions.error} onRetry={() => void versions.refetch()} />;
  }
  if (versions.data === undefined) return <Skeleton className="h-96 w-full" />;
  const rows = versions.data.pages.flatMap((page) => page.data);
  if (rows.length === 0) {
    return (
      <EmptyState
        icon={Layers}
        title="No versions yet"
        description="Publishing the draft makes version 1. Versions never change, so you can always go back to one."
      />
    );
  }
  const chosen = shown ?? agent.live_version ?? agent.latest_version;
  const show = (to: number, from?: number) =>
    void navigate({
      to: '/dashboard/agents/$agentId',
      params: { agentId: agent.id },
      search: { tab: 'versions', to, ...(from === undefined ? {} : { from }) },
    });
  return (
    <div className="grid gap-5 lg:grid-cols-[18rem_minmax(0,1fr)]">
      <nav aria-label="Versions" className="flex flex-col gap-2">
        <ol className="flex max-h-[32rem] flex-col overflow-y-auto rounded-xl border border-line bg-surface shadow-card max-lg:max-h-72">
          <li className="border-line border-b">
            <VersionButton chosen={chosen === DRAFT} onClick={() => show(DRAFT)}>
              <span className="flex items-center gap-2 font-semibold">
                <PencilLine className="size-3.5" aria-hidden="true" /> Draft
              </span>
              <span className="text-faint text-xs">What the builder holds now</span>
            </VersionButton>
          </li>
          {rows.map((version) => (
            <li key={version.version} className="border-line border-b last:border-b-0">
              <VersionButton chosen={chosen === version.version} onClick={() => show(version.version)}>
                <VersionFacts version={version} author={actorName(version.created_by)} />
              </VersionButton>
            </li>
          ))}
        </ol>
        <ShowMore list={versions}>Show older versions</ShowMore>
      </nav>
      <VersionView
        key={chosen}
        agent={agent}
        shown={chosen}
        against={against}
        versions={rows}
        onCompare={(from) => show(chosen, from)}
      />
    </div>
  );
}

function VersionButton(props: { chosen: boolean; onClick: () => void; children: React.ReactNode }) {
  return (
    <button
      type="button"
      aria-current={props.chosen ? 'true' : undefined}
      onClick={props.onClick}
      className={cn(
        'flex w-full flex-col gap-0.5 border-l-2 px-3.5 py-2.5 text-left text-sm transition-colors duration-100 focus-visible:outline-offset-[-2px]',
        props.chosen ? 'border-accent bg-accent-soft/60' : 'border-transparent hover:bg-hover',
      )}
    >
      {props.children}
    </button>
  );
}

function VersionFacts({ version, author }: { version: AgentVersion; author: string }) {
  return (
    <>
      <span className="flex items-center gap-2">
        <span className="tabular font-semibold">v{version.version}</span>
        {version.is_live && (
          <span className="rounded-full bg-completed-soft px-2 py-0.5 font-medium text-completed text-xs">Live</span>
        )}
      </span>
      <span className={cn('line-clamp-2 break-words', version.change_message === '' ? 'text-faint' : 'text-text')}>
        {version.change_message === '' ? 'No message' : version.change_message}
      </span>
      <span className="truncate text-faint text-xs">
        {author} · <RelativeTime iso={version.created_at} />
      </span>
    </>
  );
}
