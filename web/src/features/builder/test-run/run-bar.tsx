import { isTerminal } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { Ban, ChevronDown, CircleAlert, ExternalLink, FlaskConical, Play, X } from 'lucide-react';
import { useMemo, useState } from 'react';
import { toast } from 'sonner';
import { Elapsed } from '@/components/elapsed.tsx';
import { JsonView } from '@/components/json-view.tsx';
import { StatusBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { LiveDot } from '@/features/executions/live-dot.tsx';
import { executionDefinitionQuery, executionQuery } from '@/features/executions/queries.ts';
import { loopsOf } from '@/features/executions/step-tree.ts';
import { Timeline } from '@/features/executions/timeline.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { api } from '@/lib/api.ts';
import { cn } from '@/lib/class-names.ts';
import { formatCount, formatUsd } from '@/lib/format.ts';
import { useBuilderServices, useRuns } from '../builder-context.ts';
import { nodeKeys } from '../draft/keys.ts';
import type { FollowedRun } from './run-store.ts';
import { progressOf } from './run-view.ts';

/** The run that the canvas shows, at the foot of the builder: how it fares, and its steps when it is open. */
export function RunBar({ onClear }: { onClear: () => void }) {
  const run = useRuns((state) => state.run);
  return run === null ? null : <ShownRun key={run.execution.id} run={run} onClear={onClear} />;
}

function ShownRun({ run, onClear }: { run: FollowedRun; onClear: () => void }) {
  const { execution, steps, connection, heardAt } = run;
  const { test, store, runs, showNode } = useBuilderServices();
  const definition = useQuery(executionDefinitionQuery(run.execution.id)).data;
  const loops = useMemo(() => loopsOf(definition), [definition]);
  const queries = useQueryClient();
  const mayCancel = useCan('executions:cancel');
  const nodes = useRuns((state) => state.nodes);
  const [open, setOpen] = useState(false);
  const [selected, setSelected] = useState<string>();
  const cancel = useMutation({
    mutationFn: () => api(`/executions/${execution.id}/cancel`, { method: 'POST', body: {} }),
    onSuccess: () => queries.invalidateQueries({ queryKey: executionQuery(execution.id).queryKey }),
    onError: (error) => toast.error(error.message),
  });
  const ended = isTerminal(execution.status);
  // While it runs the steps are ahead of the execution's record; afterwards the record is the truth.
  const sum = (of: (step: (typeof steps)[number]) => number) => steps.reduce((total, step) => total + of(step), 0);
  const tokens = ended
    ? execution.input_tokens + execution.output_tokens
    : sum((step) => step.input_tokens + step.output_tokens);
  const cost = ended ? execution.cost_usd : sum((step) => step.cost_usd);
  const progress = progressOf(nodes);
  const title = execution.mode === 'test' ? 'Test run' : 'Execution';
  const goTo = (nodeId: string, step: string | null) => {
    const { definition } = store.getState();
    const key = nodeKeys(definition)[definition.nodes.findIndex((node) => node.id === nodeId)];
    if (key === undefined) return;
    runs.getState().showTab('run');
    showNode(key);
    runs.getState().showStep(step);
  };
  const failedAt = execution.error?.node_id;
  return (
    <section aria-label={title} className="shrink-0 border-line border-t bg-surface">
      <div className="flex min-h-10 flex-wrap items-center gap-x-3 gap-y-1 py-1 pr-2 pl-1">
        <Button
          variant="ghost"
          size="sm"
          className="px-1.5!"
          aria-expanded={open}
          title={open ? 'Hide its steps' : 'Show its steps'}
          onClick={() => setOpen(!open)}
        >
          <ChevronDown className={cn('transition-transform duration-100', !open && 'rotate-180')} aria-hidden="true" />
          <FlaskConical aria-hidden="true" />
          <span className="font-medium text-text">{title}</span>
          <span className="sr-only">steps</span>
        </Button>
        <StatusBadge status={execution.status} reason={execution.waiting_reason} />
        <dl className="tabular flex flex-wrap items-center gap-x-3 text-soft text-xs">
          <Figure label="Time">
            <Elapsed startedAt={execution.started_at} durationMs={ended ? execution.duration_ms : null} />
          </Figure>
          <Figure label="Nodes ended">
            {progress.ended} of {progress.all} nodes
          </Figure>
          {tokens > 0 && <Figure label="Tokens">{formatCount(tokens)} tokens</Figure>}
          <Figure label="Cost">{formatUsd(cost)}</Figure>
        </dl>
        {!ended && connection !== 'ended' && (
          <span className="max-lg:hidden">
            <LiveDot connection={connection} heardAt={heardAt} />
          </span>
        )}
        <div className="ml-auto flex items-center gap-1">
          {!ended && mayCancel && (
            <Button size="sm" busy={cancel.isPending} onClick={() => cancel.mutate()}>
              <Ban aria-hidden="true" /> Cancel
            </Button>
          )}
          {ended && test !== null && (
            <Button variant="ghost" size="sm" onClick={() => test({ kind: 'all' })}>
              <Play aria-hidden="true" /> Test again
            </Button>
          )}
          <Button variant="ghost" size="sm" asChild>
            <Link to="/dashboard/executions/$executionId" params={{ executionId: execution.id }}>
              <ExternalLink aria-hidden="true" /> <span className="max-sm:sr-only">Open execution</span>
            </Link>
          </Button>
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label="Clear the run from the canvas"
            title="Clear"
            onClick={onClear}
          >
            <X aria-hidden="true" />
          </Button>
        </div>
      </div>
      {execution.error !== null && (
        <p className="flex items-start gap-2 border-line border-t bg-failed-soft px-3 py-1.5 text-sm">
          <CircleAlert className="mt-0.5 size-3.5 shrink-0 text-failed" aria-hidden="true" />
          <span className="min-w-0 flex-1 break-words text-text">{execution.error.message}</span>
          {failedAt !== undefined && (
            <Button variant="link" className="text-sm" onClick={() => goTo(failedAt, null)}>
              Show the node
            </Button>
          )}
        </p>
      )}
      {open && (
        <div className="grid max-h-[32vh] gap-4 overflow-y-auto border-line border-t lg:grid-cols-[minmax(0,3fr)_minmax(0,2fr)]">
          <Timeline
            execution={execution}
            steps={steps}
            loops={loops}
            selected={selected}
            onSelect={(id) => {
              const step = steps.find((each) => each.id === id);
              setSelected(id);
              if (step !== undefined) goTo(step.node_id, step.id);
            }}
            onOpen={() => undefined}
          />
          <div className="p-3 max-lg:pt-0">
            <h3 className="mb-1.5 font-medium text-sm">Result</h3>
            {execution.status === 'completed' ? (
              <JsonView value={execution.output} label="result of the run" compact />
            ) : (
              <p className="text-sm text-soft">
                {ended ? 'It ended without a result.' : 'It shows here when it completes.'}
              </p>
            )}
          </div>
        </div>
      )}
    </section>
  );
}

function Figure({ label, children }: { label: string; children: React.ReactNode }) {
  return (
    <div>
      <dt className="sr-only">{label}</dt>
      <dd>{children}</dd>
    </div>
  );
}
