import type { Agent, AgentVersion } from '@agentflow/contracts';
import { useInfiniteQuery, useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { ArrowLeft, Download, GitCompare, Layers, Undo2 } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { ChangeList, summarizeChanges } from '@/components/change-list.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ShowMore } from '@/components/show-more.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Checkbox } from '@/components/ui/checkbox.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { downloadVersion } from '@/features/agents/export-agent.ts';
import { diffQuery, versionsQuery } from '@/features/agents/queries.ts';
import { meQuery, useCan } from '@/features/shell/queries.ts';
import { api } from '@/lib/api.ts';

interface VersionsTabProps {
  agent: Agent;
  compare: { from: number | undefined; to: number | undefined };
}

export default function VersionsTab({ agent, compare }: VersionsTabProps) {
  const navigate = useNavigate();
  const show = (search: { from?: number; to?: number }) =>
    void navigate({
      to: '/dashboard/agents/$agentId',
      params: { agentId: agent.id },
      search: { tab: 'versions', ...search },
    });
  if (compare.from !== undefined && compare.to !== undefined) {
    return <Comparison agent={agent} from={compare.from} to={compare.to} onBack={() => show({})} />;
  }
  return <VersionList agent={agent} onCompare={(from, to) => show({ from, to })} />;
}

function VersionList({ agent, onCompare }: { agent: Agent; onCompare: (from: number, to: number) => void }) {
  const versions = useInfiniteQuery(versionsQuery(agent.id));
  const [chosen, setChosen] = useState<number[]>([]);
  const [rollback, setRollback] = useState<AgentVersion | null>(null);
  const mayPublish = useCan('agents:publish');
  const me = useQuery(meQuery).data?.user?.id;
  const queries = useQueryClient();
  const rollBack = useMutation({
    mutationFn: (version: number) => api(`/agents/${agent.id}/rollback`, { method: 'POST', body: { version } }),
    onSuccess: async (_answer, version) => {
      await queries.invalidateQueries({ queryKey: ['agents'] });
      setRollback(null);
      toast.success(`Version ${version} is live again`);
    },
  });
  if (versions.error && versions.data === undefined) {
    return <ProblemCallout error={versions.error} onRetry={() => void versions.refetch()} />;
  }
  if (versions.data === undefined) return <Skeleton className="h-48 w-full" />;
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
  const [first, second] = [...chosen].sort((a, b) => a - b);
  return (
    <>
      <div className="mb-3 flex flex-wrap items-center gap-2">
        <p className="flex-1 text-sm text-soft">
          {rows.length === 1
            ? 'Versions never change. Publishing the draft again makes the next one.'
            : chosen.length === 2
              ? `Versions ${first} and ${second} are chosen.`
              : 'Choose two versions to compare them.'}
        </p>
        {rows.length > 1 && (
          <Button
            disabled={first === undefined || second === undefined}
            onClick={() => first !== undefined && second !== undefined && onCompare(first, second)}
          >
            <GitCompare aria-hidden="true" /> Compare
          </Button>
        )}
      </div>
      <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface shadow-card">
        {rows.map((version) => (
          <li key={version.version} className="flex flex-wrap items-center gap-x-3 gap-y-2 px-4 py-3">
            {rows.length > 1 && (
              <Checkbox
                aria-label={`Choose version ${version.version}`}
                checked={chosen.includes(version.version)}
                onCheckedChange={(on) =>
                  setChosen((old) =>
                    on === true ? [...old.slice(-1), version.version] : old.filter((each) => each !== version.version),
                  )
                }
              />
            )}
            <span className="tabular w-10 font-semibold">v{version.version}</span>
            <div className="min-w-0 flex-1 basis-48">
              <p className="truncate text-text">
                {version.change_message === '' ? (
                  <span className="text-faint">No message</span>
                ) : (
                  version.change_message
                )}
              </p>
              <p className="text-faint text-xs">
                <RelativeTime iso={version.created_at} />
                {version.created_by === me && ' by you'}
              </p>
            </div>
            {version.is_live && (
              <span className="rounded-full bg-completed-soft px-2 py-0.5 font-medium text-completed text-xs">
                Live
              </span>
            )}
            <div className="flex gap-1">
              {mayPublish && !version.is_live && agent.status !== 'archived' && (
                <Button size="sm" onClick={() => setRollback(version)}>
                  <Undo2 aria-hidden="true" /> Make live
                </Button>
              )}
              <Button
                variant="ghost"
                size="icon-sm"
                aria-label={`Export version ${version.version}`}
                title="Export as JSON"
                onClick={() => void downloadVersion(agent, version.version)}
              >
                <Download aria-hidden="true" />
              </Button>
            </div>
          </li>
        ))}
      </ul>
      <ShowMore list={versions}>Show older versions</ShowMore>
      <ConfirmDialog
        open={rollback !== null}
        onOpenChange={(open) => !open && setRollback(null)}
        title={`Make version ${rollback?.version ?? ''} live?`}
        description={`New executions will use it instead of version ${agent.live_version ?? '–'}. Nothing is deleted, and the draft stays as it is.`}
        confirmLabel="Make it live"
        busy={rollBack.isPending}
        error={rollBack.error}
        onConfirm={() => rollback !== null && rollBack.mutate(rollback.version)}
      />
    </>
  );
}

function Comparison({ agent, from, to, onBack }: { agent: Agent; from: number; to: number; onBack: () => void }) {
  const diff = useQuery(diffQuery(agent.id, from, to));
  return (
    <section aria-label={`Version ${from} against version ${to}`}>
      <div className="mb-4 flex flex-wrap items-center gap-3">
        <Button size="sm" onClick={onBack}>
          <ArrowLeft aria-hidden="true" /> All versions
        </Button>
        <h2 className="font-semibold">
          Version {from} → version {to}
        </h2>
        {diff.data !== undefined && <p className="text-sm text-soft">{summarizeChanges(diff.data)}</p>}
      </div>
      {diff.error && <ProblemCallout error={diff.error} onRetry={() => void diff.refetch()} />}
      {diff.isPending && <Skeleton className="h-48 w-full" />}
      {diff.data !== undefined && <ChangeList changes={diff.data} />}
    </section>
  );
}
