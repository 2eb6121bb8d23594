import {
  DEFAULT_SHADOW_EXECUTIONS,
  MAX_SHADOW_EXECUTIONS,
  type ProposalTrial,
  type ShadowComparison,
  type ShadowOutcome,
  type ShadowRun,
} from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { FlaskConical } from 'lucide-react';
import { useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { executionsQuery } from '@/features/executions/queries.ts';
import { useCan } from '@/features/shell/queries.ts';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import { formatDuration, formatUsd } from '@/lib/format.ts';
import { ComparisonTable, pair } from './comparison-table.tsx';
import { lastShadowRunQuery, trialQuery } from './queries.ts';

const COUNTS = [1, DEFAULT_SHADOW_EXECUTIONS, 10, MAX_SHADOW_EXECUTIONS];

interface ShadowPanelProps {
  agentId: string;
  /** Tries this proposal in place of the draft. */
  proposalId?: string;
  /** Of the draft that would be published. */
  etag: string | null;
  /** The draft has problems and can't be tried. */
  broken: boolean;
}

/** Tries the draft on the last executions and shows what would have come out differently. */
export function ShadowPanel({ agentId, proposalId, etag, broken }: ShadowPanelProps) {
  const queries = useQueryClient();
  const [count, setCount] = useState(String(DEFAULT_SHADOW_EXECUTIONS));
  const mayTry = useCan('agents:write');
  const ofDraft = useQuery({ ...lastShadowRunQuery(agentId), enabled: proposalId === undefined });
  const ofProposal = useQuery({ ...trialQuery(agentId, proposalId ?? ''), enabled: proposalId !== undefined });
  const last = proposalId === undefined ? ofDraft : ofProposal;
  const recent = useQuery(executionsQuery({ agent_id: agentId, limit: 100 }));
  const nothingRan =
    recent.data?.next_cursor === null &&
    !recent.data.data.some(({ mode, status }) => mode === 'live' && (status === 'completed' || status === 'failed'));
  const { queryKey } = proposalId === undefined ? lastShadowRunQuery(agentId) : trialQuery(agentId, proposalId);
  const keep = async (run: ShadowRun) => {
    // What was asked before would say what was true before.
    await queries.cancelQueries({ queryKey });
    queries.setQueryData(queryKey, run);
  };
  const start = useMutation({
    mutationFn: async () => {
      const request = {
        method: 'POST',
        body: { count: Number(count) },
        headers: { 'Idempotency-Key': newIdempotencyKey() },
      } as const;
      if (proposalId === undefined) return api<ShadowRun>(`/agents/${agentId}/shadow-runs`, request);
      const { shadow_run_id } = await api<ProposalTrial>(`/proposals/${proposalId}/shadow-runs`, request);
      return api<ShadowRun>(`/agents/${agentId}/shadow-runs/${shadow_run_id}`);
    },
    onSuccess: keep,
  });
  const cancel = useMutation({
    mutationFn: (id: string) => api<ShadowRun>(`/agents/${agentId}/shadow-runs/${id}/cancel`, { method: 'POST' }),
    onSuccess: keep,
  });
  const run = last.data ?? null;
  const isRunning = run?.status === 'running';
  const stale = run?.draft_revision != null && etag !== null && `"${run.draft_revision}"` !== etag;
  if (run === null && nothingRan) {
    return (
      <p className="text-sm text-soft">
        This agent has not run yet. Once it has, a change can be tried on what it did before.
      </p>
    );
  }
  return (
    <section aria-label="Try on recent runs" className="flex flex-col gap-3">
      <div className="flex flex-wrap items-center gap-2">
        <p className="min-w-0 flex-1 basis-64 text-sm text-soft">
          Repeats real executions with {proposalId === undefined ? 'this draft' : 'this proposal'}. What did not change
          answers as it did then, and nothing is sent.
        </p>
        {isRunning ? (
          <Button busy={cancel.isPending} onClick={() => cancel.mutate(run.id)}>
            Cancel
          </Button>
        ) : (
          <>
            <Select
              label="How many executions"
              value={count}
              onValueChange={setCount}
              options={COUNTS.map((each) => ({
                value: String(each),
                label: each === 1 ? 'Last execution' : `Last ${each} executions`,
              }))}
            />
            <Button
              busy={start.isPending}
              disabled={broken || !mayTry || last.isPending}
              onClick={() => start.mutate()}
            >
              <FlaskConical aria-hidden="true" /> {run === null ? 'Try it' : 'Try again'}
            </Button>
          </>
        )}
      </div>
      {broken && <p className="text-sm text-soft">Correct the problems first.</p>}
      {start.error && <ProblemCallout error={start.error} />}
      {cancel.error && <ProblemCallout error={cancel.error} />}
      {last.error && run === null && <ProblemCallout error={last.error} onRetry={() => void last.refetch()} />}
      {last.isPending && <Skeleton className="h-32 w-full" />}
      {run !== null && (
        <>
          <Summary run={run} stale={stale} />
          <ComparisonTable run={run} />
        </>
      )}
    </section>
  );
}

function isDone({ status }: ShadowComparison): boolean {
  return status !== 'waiting' && status !== 'running';
}

function sum(outcomes: readonly ShadowOutcome[], of: (outcome: ShadowOutcome) => number): number {
  return outcomes.reduce((total, outcome) => total + of(outcome), 0);
}

function Summary({ run, stale }: { run: ShadowRun; stale: boolean }) {
  const all = run.comparisons.length;
  const done = run.comparisons.filter(isDone).length;
  const outcomes = run.comparisons.flatMap(({ outcome }) => (outcome === null ? [] : [outcome]));
  const differ = outcomes.filter((each) => each.output_changed || each.before.status !== each.after.status).length;
  const cost = [sum(outcomes, (each) => each.before.cost_usd), sum(outcomes, (each) => each.after.cost_usd)] as const;
  const time = [
    sum(outcomes, (each) => each.before.latency_ms),
    sum(outcomes, (each) => each.after.latency_ms),
  ] as const;
  return (
    <div className="flex flex-col gap-2">
      {run.status === 'running' && (
        <progress
          aria-label="Executions compared"
          max={all}
          value={done}
          className="h-1.5 w-full overflow-hidden rounded-full bg-sunken accent-accent [&::-webkit-progress-bar]:bg-sunken [&::-webkit-progress-value]:bg-accent"
        />
      )}
      <p role="status" className="text-sm text-text">
        {run.status === 'running'
          ? `${done} of ${all} executions compared`
          : run.status === 'cancelled'
            ? `Cancelled after ${outcomes.length} of ${all}`
            : differ === 0
              ? outcomes.length === 0
                ? 'Nothing could be compared'
                : 'No execution would have ended differently'
              : `${differ} of ${outcomes.length} would have ended differently`}
        {outcomes.length > 0 && (
          <span className="tabular text-soft">
            {' · '}cost {pair(cost[0], cost[1], formatUsd)} · time {pair(time[0], time[1], formatDuration)} · the trial
            itself {formatUsd(sum(outcomes, (each) => each.spent_usd))}
          </span>
        )}
      </p>
      <p className="text-faint text-xs">
        Tried <RelativeTime iso={run.created_at} />
        {stale && ', with an earlier draft: it has changed since'}
      </p>
    </div>
  );
}
