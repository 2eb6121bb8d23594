import { type Execution, isTerminal } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { Link, useNavigate } from '@tanstack/react-router';
import { CircleAlert } from 'lucide-react';
import { lazy, Suspense, useMemo, useRef, useState } from 'react';
import { JsonView } from '@/components/json-view.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RoutePending } from '@/components/route-pending.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { nodesInOrder } from '@/features/agents/definition-order.ts';
import { SaveAsTest } from '@/features/agents/save-as-test.tsx';
import { WaitingForMoney } from '@/features/budgets/waiting-for-money.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { NotFoundPage } from '@/features/shell/not-found-page.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { RequestFailure } from '@/lib/api.ts';
import { cn } from '@/lib/class-names.ts';
import { shortId } from '@/lib/format.ts';
import { usePageTitle } from '@/lib/page-title.ts';
import { ExecutionHeader } from './execution-header.tsx';
import { hasEnded, type ShownStep, shownSteps } from './live-execution.ts';
import { ALL_AT_ONCE, executionDefinitionQuery, executionQuery, stepsQuery } from './queries.ts';
import { useMayRetry } from './retry.ts';
import { RetryDialog } from './retry-dialog.tsx';
import { RunGraph } from './run-graph.tsx';
import { StepPanel, type StepTab } from './step-panel.tsx';
import { loopsOf } from './step-tree.ts';
import { Timeline } from './timeline.tsx';
import { useFollowedExecution } from './use-followed-execution.ts';
import { hasDeepAgent } from './workspace/files-of.ts';
import { WorkspaceCard } from './workspace/workspace-card.tsx';

const LineageDialog = lazy(() => import('@/features/lineage/lineage-dialog.tsx'));

interface ExecutionViewProps {
  executionId: string;
  /** Id of the step whose details are shown. */
  selected: string | undefined;
  tab: StepTab | undefined;
  /** Whether its lineage is open over the page. */
  lineage: boolean;
}

export function ExecutionView({ executionId, ...shown }: ExecutionViewProps) {
  const execution = useQuery(executionQuery(executionId));
  const agentName = execution.data?.agent_name;
  usePageTitle(agentName === undefined ? 'Execution' : `${agentName} · ${shortId(executionId)}`);
  useBreadcrumbs(
    [{ label: 'Executions', link: { to: '/dashboard/executions' } }, { label: shortId(executionId) }],
    `execution:${executionId}`,
  );
  if (execution.error instanceof RequestFailure && [404, 422].includes(execution.error.status)) return <NotFoundPage />;
  if (execution.error && execution.data === undefined) {
    return <ProblemCallout error={execution.error} onRetry={() => void execution.refetch()} />;
  }
  if (execution.data === undefined) return <RoutePending />;
  return <LoadedExecution read={execution.data} {...shown} />;
}

/** What deserves the eye: what failed, else what waits for a person, else what runs, else what came last. */
function mostInteresting(steps: readonly ShownStep[]): string | undefined {
  const pick =
    steps.find((step) => step.status === 'failed') ??
    steps.find((step) => step.status === 'waiting' && step.record?.waiting_reason === 'approval') ??
    steps.find((step) => step.status === 'running') ??
    steps.findLast((step) => step.status === 'completed') ??
    steps[0];
  return pick?.id;
}

function LoadedExecution({
  read,
  selected,
  tab,
  lineage,
}: { read: Execution } & Omit<ExecutionViewProps, 'executionId'>) {
  const navigate = useNavigate();
  const panel = useRef<HTMLDivElement>(null);
  const { execution, stream, following } = useFollowedExecution(read);
  const [wanted, setWanted] = useState(ALL_AT_ONCE);
  const steps = useQuery({ ...stepsQuery(execution.id, wanted), placeholderData: keepPreviousData });
  const records = steps.data?.steps;
  const graph = useQuery(executionDefinitionQuery(execution.id));
  const definition = graph.data;
  const planned = useMemo(
    () => (definition === undefined ? [] : nodesInOrder(definition).map((each) => each.node)),
    [definition],
  );
  const loops = useMemo(() => loopsOf(definition), [definition]);
  const [retrying, setRetrying] = useState<ShownStep | null>(null);
  const mayTest = useCan('agents:write');
  const mayRetry = useMayRetry(execution) && isTerminal(execution.status);
  const shown = useMemo(
    () => shownSteps(records ?? [], stream.live, planned, execution.status),
    [records, stream.live, planned, execution.status],
  );
  const current =
    shown.find((step) => step.id === selected) ?? shown.find((step) => step.id === mostInteresting(shown));
  const go = (search: { step?: string | undefined; tab?: StepTab | undefined }) =>
    void navigate({
      to: '/dashboard/executions/$executionId',
      params: { executionId: execution.id },
      search: { step: current?.id, tab, ...search },
      replace: true,
      resetScroll: false,
    });
  const failedAt = execution.error?.node_id;
  const failedStep =
    failedAt === undefined
      ? undefined
      : (shown.find((step) => step.node_id === failedAt && step.status === 'failed') ??
        shown.find((step) => step.node_id === failedAt));
  const withoutResult = execution.status === 'failed' || execution.status === 'cancelled';
  return (
    <div className="mx-auto flex max-w-[88rem] flex-col">
      <ExecutionHeader execution={execution} stream={stream} following={following} steps={shown} />
      {stream.live.capped !== null && (
        <p className="mb-4 text-soft text-sm">
          This execution has more than {stream.live.capped.toLocaleString('en')} events; what came after them is in its
          steps.
        </p>
      )}
      {execution.status === 'queued' && (
        <p role="status" className="mb-4 text-soft text-sm">
          It waits for a place: as many executions of this agent run as its settings allow. It begins by itself, in the
          order of the starts.
        </p>
      )}
      {execution.status === 'waiting' && execution.waiting_reason === 'budget' && (
        <WaitingForMoney execution={execution} />
      )}
      {execution.error !== null && (
        <div
          role="alert"
          className={cn(
            'mb-4 flex gap-2.5 rounded-xl border px-4 py-3 text-sm',
            execution.status === 'cancelled'
              ? 'border-line-strong bg-idle-soft'
              : 'border-failed-solid/35 bg-failed-soft',
          )}
        >
          <CircleAlert
            className={cn('mt-0.5 size-4 shrink-0', execution.status === 'cancelled' ? 'text-idle' : 'text-failed')}
            aria-hidden="true"
          />
          <div className="min-w-0">
            <p className="line-clamp-3 break-words font-medium text-text" title={execution.error.message}>
              {execution.error.message}
            </p>
            <p className="mt-0.5 flex flex-wrap gap-x-3 text-soft">
              <code className="font-mono text-xs leading-5">{execution.error.code}</code>
              {failedStep !== undefined && (
                <button
                  type="button"
                  className="rounded-sm text-text underline underline-offset-4"
                  onClick={() => go({ step: failedStep.id, tab: 'input' })}
                >
                  See its input
                </button>
              )}
              {failedStep !== undefined && mayRetry && (
                <button
                  type="button"
                  className="rounded-sm text-text underline underline-offset-4"
                  onClick={() => setRetrying(failedStep)}
                >
                  Retry from it
                </button>
              )}
              <Link
                to="/dashboard/agents/$agentId"
                params={{ agentId: execution.agent_id }}
                search={{
                  tab: 'builder',
                  ...(failedAt === undefined ? {} : { node: failedAt }),
                }}
                className="rounded-sm text-text underline underline-offset-4"
              >
                Open it in the builder
              </Link>
            </p>
          </div>
        </div>
      )}
      {!graph.isError && (
        <RunGraph
          definition={definition}
          steps={shown}
          selectedNode={current?.node_id}
          onSelect={(step) => go({ step })}
        />
      )}
      {(hasDeepAgent(definition) || stream.live.workspace !== null) && (
        <WorkspaceCard execution={execution} live={stream.live} steps={shown} onStep={(step) => go({ step })} />
      )}
      {/* What happens comes first, what went in and came out after it. */}
      <div className={cn('order-last mt-4 grid gap-4', !withoutResult && 'lg:grid-cols-2')}>
        <section aria-label="Input" className="min-w-0">
          <div className="mb-1 flex min-h-8 items-center justify-between gap-2">
            <h2 className="font-semibold text-sm">Input</h2>
            {mayTest && (
              <SaveAsTest
                size="sm"
                agentId={execution.agent_id}
                input={execution.input}
                {...(read.status === 'completed' && read.output !== null ? { output: read.output } : {})}
              />
            )}
          </div>
          <JsonView value={execution.input} path="trigger" label="input" compact />
        </section>
        {!withoutResult && (
          <section aria-label="Result" className="flex min-w-0 flex-col">
            <h2 className="mb-1 flex min-h-8 items-center font-semibold text-sm">Result</h2>
            {read.status === 'completed' ? (
              <JsonView value={read.output} label="result" compact />
            ) : (
              <p className="flex flex-1 items-center justify-center rounded-lg border border-line-strong border-dashed px-4 py-6 text-center text-sm text-soft">
                It shows here when the execution completes.
              </p>
            )}
          </section>
        )}
      </div>
      <div className="grid items-start gap-4 xl:grid-cols-[minmax(0,11fr)_minmax(0,9fr)]">
        <Card>
          <CardHeader title="Timeline">
            <span className="tabular text-faint text-xs">
              {shown.filter((step) => hasEnded(step.status)).length} of {shown.length} steps ended
            </span>
          </CardHeader>
          {steps.error && steps.data === undefined ? (
            <ProblemCallout error={steps.error} onRetry={() => void steps.refetch()} className="m-4" />
          ) : (
            <Timeline
              execution={execution}
              steps={shown}
              loops={loops}
              selected={current?.id}
              onSelect={(step) => go({ step })}
              onOpen={() => panel.current?.scrollIntoView({ block: 'nearest' })}
            />
          )}
          {steps.data?.more === true && (
            <div className="border-line border-t px-4 py-2">
              <Button busy={steps.isPlaceholderData} onClick={() => setWanted(wanted + ALL_AT_ONCE)}>
                Show more steps
              </Button>
            </div>
          )}
        </Card>
        <div ref={panel} className="min-w-0 scroll-mt-16 xl:sticky xl:top-16">
          {current !== undefined && (
            <StepPanel
              key={current.id}
              execution={execution}
              step={current}
              streamed={stream.live.texts.get(current.id)}
              tab={tab ?? 'output'}
              onTab={(next) => go({ tab: next })}
              onRetry={mayRetry && current.status !== 'skipped' ? () => setRetrying(current) : undefined}
            />
          )}
        </div>
      </div>
      {lineage && (
        <Suspense>
          <LineageDialog executionId={execution.id} agentName={execution.agent_name} onClose={() => go({})} />
        </Suspense>
      )}
      {retrying !== null && <RetryDialog execution={execution} step={retrying} onClose={() => setRetrying(null)} />}
    </div>
  );
}
