import { type Agent, type AgentDefinition, type AgentVersion, EMPTY_DEFINITION } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Download, FileInput, Undo2 } from 'lucide-react';
import { lazy, Suspense, useMemo, useState } from 'react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { downloadVersion } from '@/features/agents/export-agent.ts';
import { draftQuery, versionQuery } from '@/features/agents/queries.ts';
import { useCan } from '@/features/shell/queries.ts';
import { api } from '@/lib/api.ts';
import { ChangesView } from './changes-view.tsx';
import { plainGraph } from './diff-graph.ts';

const DefinitionGraph = lazy(() => import('./definition-graph.tsx'));

/** Stands for the draft where versions are numbered from 1. */
export const DRAFT = 0;
const NOTHING = 'nothing';

function titleOf(version: number): string {
  return version === DRAFT ? 'The draft' : `Version ${version}`;
}

/** The definition of a version or of the draft; undefined while it is read. */
function useDefinition(agentId: string, version: number | undefined) {
  const isVersion = version !== undefined && version !== DRAFT;
  const published = useQuery({ ...versionQuery(agentId, version ?? DRAFT), enabled: isVersion });
  const draft = useQuery({ ...draftQuery(agentId), enabled: version === DRAFT });
  const read = version === DRAFT ? draft : published;
  const definition = version === DRAFT ? draft.data?.value : published.data?.definition;
  return { definition, error: read.error, retry: () => void read.refetch() };
}

interface VersionViewProps {
  agent: Agent;
  shown: number;
  against: number | undefined;
  versions: readonly AgentVersion[];
  onCompare: (against: number | undefined) => void;
}

export function VersionView({ agent, shown, against, versions, onCompare }: VersionViewProps) {
  const mayPublish = useCan('agents:publish');
  const mayWrite = useCan('agents:write');
  const [asking, setAsking] = useState<'live' | 'restore' | null>(null);
  const { definition, error, retry } = useDefinition(agent.id, shown);
  const other = useDefinition(agent.id, against);
  const changeable = agent.status !== 'archived';
  const options = [
    { value: NOTHING, label: against === undefined ? 'Compare with…' : 'No comparison' },
    ...(shown === DRAFT ? [] : [{ value: String(DRAFT), label: 'Against the draft' }]),
    ...versions
      .filter(({ version }) => version !== shown)
      .map(({ version, is_live }) => ({
        value: String(version),
        label: `Against version ${version}${is_live ? ', live' : ''}`,
      })),
  ];
  const failure = error ?? other.error;
  return (
    <section aria-label={titleOf(shown)} className="flex min-w-0 flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <h2 className="mr-auto font-semibold text-lg">{titleOf(shown)}</h2>
        <Select
          label="Compare with"
          value={against === undefined ? NOTHING : String(against)}
          onValueChange={(value) => onCompare(value === NOTHING ? undefined : Number(value))}
          options={options}
        />
        {shown !== DRAFT && (
          <>
            {mayPublish && changeable && shown !== agent.live_version && (
              <Button onClick={() => setAsking('live')}>
                <Undo2 aria-hidden="true" /> Make live
              </Button>
            )}
            {mayWrite && changeable && (
              <Button disabled={definition === undefined} onClick={() => setAsking('restore')}>
                <FileInput aria-hidden="true" /> Restore into the draft
              </Button>
            )}
            <Button
              variant="ghost"
              size="icon"
              aria-label={`Export version ${shown}`}
              title="Export as JSON"
              onClick={() => void downloadVersion(agent, shown)}
            >
              <Download aria-hidden="true" />
            </Button>
          </>
        )}
      </div>
      {failure && <ProblemCallout error={failure} onRetry={error ? retry : other.retry} />}
      {!failure && (definition === undefined || (against !== undefined && other.definition === undefined)) && (
        <Skeleton className="h-96 w-full" />
      )}
      {definition !== undefined && against === undefined && <Looked title={titleOf(shown)} definition={definition} />}
      {definition !== undefined && against !== undefined && other.definition !== undefined && (
        <ChangesView
          from={other.definition}
          to={definition}
          title={`From ${titleOf(against).toLowerCase()} to ${titleOf(shown).toLowerCase()}`}
        />
      )}
      {asking === 'live' && <MakeLive agent={agent} version={shown} onClose={() => setAsking(null)} />}
      {asking === 'restore' && (
        <Restore
          agent={agent}
          version={shown}
          definition={definition ?? EMPTY_DEFINITION}
          onClose={() => setAsking(null)}
        />
      )}
    </section>
  );
}

function Looked({ title, definition }: { title: string; definition: AgentDefinition }) {
  const graph = useMemo(() => plainGraph(definition), [definition]);
  if (definition.nodes.length === 0) return <p className="text-soft">There are no nodes in it.</p>;
  const { nodes, edges } = definition;
  return (
    <Suspense fallback={<Skeleton className="h-[30rem] w-full" />}>
      <DefinitionGraph
        graph={graph}
        label={`${title} on its graph: ${nodes.length} nodes, ${edges.length} edges. It can’t be edited here.`}
        className="h-[30rem] max-lg:h-80"
      />
    </Suspense>
  );
}

interface ActProps {
  agent: Agent;
  version: number;
  onClose: () => void;
}

function MakeLive({ agent, version, onClose }: ActProps) {
  const queries = useQueryClient();
  const rollBack = useMutation({
    mutationFn: () => api(`/agents/${agent.id}/rollback`, { method: 'POST', body: { version } }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: ['agents'] });
      toast.success(`Version ${version} is live again`);
      onClose();
    },
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Make version ${version} live?`}
      description={`New executions will use it instead of version ${agent.live_version ?? '–'}; those that run keep theirs. Nothing is deleted, and the draft stays as it is.`}
      confirmLabel="Make it live"
      busy={rollBack.isPending}
      error={rollBack.error}
      onConfirm={() => rollBack.mutate()}
    />
  );
}

function Restore({ agent, version, definition, onClose }: ActProps & { definition: AgentDefinition }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const draft = useQuery({ ...draftQuery(agent.id), staleTime: 0 });
  const restore = useMutation({
    mutationFn: () =>
      api(`/agents/${agent.id}/draft`, {
        method: 'PUT',
        body: definition,
        headers: draft.data?.etag == null ? {} : { 'If-Match': draft.data.etag },
      }),
    onSuccess: async () => {
      await queries.invalidateQueries({ queryKey: draftQuery(agent.id).queryKey });
      toast.success(`The draft is version ${version} now`, {
        action: {
          label: 'Open the builder',
          onClick: () =>
            void navigate({
              to: '/dashboard/agents/$agentId',
              params: { agentId: agent.id },
              search: { tab: 'builder' },
            }),
        },
      });
      onClose();
    },
    onError: () => void draft.refetch(),
  });
  return (
    <ConfirmDialog
      open
      onOpenChange={(open) => !open && onClose()}
      title={`Restore version ${version} into the draft?`}
      description="What the draft holds now is replaced, and lost where no version has it. What is live stays as it is."
      confirmLabel="Replace the draft"
      danger
      busy={restore.isPending || draft.isFetching}
      error={restore.error ?? draft.error}
      onConfirm={() => restore.mutate()}
    />
  );
}
