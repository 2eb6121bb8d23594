import { type AgentNode, type Execution, isTerminal } from '@agentflow/contracts';
import { ChevronLeft, ChevronRight, FlaskConical, PencilLine, Pin, PinOff, Play, StepForward } from 'lucide-react';
import { type ReactNode, useState } from 'react';
import { Fold } from '@/components/fold.tsx';
import { JsonView } from '@/components/json-view.tsx';
import { StatusBadge, StatusIcon } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { callOf, callTitle, hasEnded, type ShownStep } from '@/features/executions/live-execution.ts';
import { Attempts, StepError, StepLogs, StepOutput, WaitingQuestion } from '@/features/executions/step-panel.tsx';
import { formatCount, formatDuration, formatUsd } from '@/lib/format.ts';
import { useBuilderServices, useRuns } from '../builder-context.ts';
import { isTrigger } from '../draft/exits.ts';
import { isRound, stepsOfNode } from './run-view.ts';
import { useNodeActions } from './use-node-actions.ts';
import { useNodeOutputs } from './use-node-outputs.ts';
import { WorkspaceSummary } from './workspace-summary.tsx';

interface LastRunTabProps {
  /** Its key on the canvas. */
  nodeKey: string;
  node: AgentNode;
}

/** What a node took and gave in the run that the canvas shows, and what can be done with that. */
export function LastRunTab({ nodeKey, node }: LastRunTabProps) {
  const { test, readOnly } = useBuilderServices();
  const run = useRuns((state) => state.run);
  const pin = useRuns((state) => state.pins[node.id]);
  const outputs = useNodeOutputs();
  const steps = run === null ? [] : stepsOfNode(run.steps, node.id);
  return (
    <div className="flex flex-col gap-4">
      {test !== null && <NodeActions nodeKey={nodeKey} node={node} />}
      {pin !== undefined && (
        <Part title="Pinned output">
          <p className="-mt-0.5 mb-2 text-faint text-xs">Tests take it for running this node.</p>
          <JsonView value={pin} path={`${node.id}.output`} label="pinned output" compact />
        </Part>
      )}
      {run !== null && steps.length > 0 ? (
        <StepsOfNode execution={run.execution} steps={steps} node={node} all={run.steps} />
      ) : run !== null ? (
        <Note>{isTerminal(run.execution.status) ? 'The run did not get here.' : 'The run has not got here yet.'}</Note>
      ) : outputs[node.id] !== undefined && pin === undefined ? (
        <Part title="Output">
          <JsonView value={outputs[node.id] ?? null} path={`${node.id}.output`} label="output" />
        </Part>
      ) : (
        pin === undefined && (
          <div className="flex flex-col items-center gap-3 rounded-xl border border-line-strong border-dashed px-4 py-8 text-center">
            <p className="text-sm text-soft">Run a test to see here what this node takes and gives.</p>
            {test !== null && !readOnly && (
              <Button onClick={() => test({ kind: 'all' })}>
                <FlaskConical aria-hidden="true" /> Test the draft
              </Button>
            )}
          </div>
        )
      )}
    </div>
  );
}

function NodeActions({ nodeKey, node }: { nodeKey: string; node: AgentNode }) {
  const { only, from, pinLast, editPin, unpin, whyNot } = useNodeActions(nodeKey);
  return (
    <div className="flex flex-col gap-1.5">
      <div className="flex flex-wrap gap-1.5">
        {!isTrigger(node.type) && (
          <>
            <Button size="sm" disabled={whyNot !== null} onClick={only}>
              <Play aria-hidden="true" /> Run only this node
            </Button>
            <Button size="sm" disabled={whyNot !== null} onClick={from}>
              <StepForward aria-hidden="true" /> Run from here
            </Button>
          </>
        )}
        {unpin !== null ? (
          <Button size="sm" onClick={unpin}>
            <PinOff aria-hidden="true" /> Unpin
          </Button>
        ) : (
          pinLast !== null && (
            <Button size="sm" disabled={whyNot !== null} onClick={pinLast}>
              <Pin aria-hidden="true" /> Pin output
            </Button>
          )
        )}
        <Button size="sm" variant="ghost" disabled={whyNot !== null} onClick={editPin}>
          <PencilLine aria-hidden="true" /> {unpin === null ? 'Edit and pin…' : 'Edit the pin…'}
        </Button>
      </div>
      {whyNot !== null && <p className="text-faint text-xs">{whyNot}</p>}
    </div>
  );
}

/** What failed, else what works, else the first. */
function mostInteresting(steps: readonly ShownStep[]): ShownStep | undefined {
  return (
    steps.find((step) => step.status === 'failed') ??
    steps.find((step) => step.status === 'running' || step.status === 'waiting') ??
    steps.find((step) => step.status === 'completed') ??
    steps[0]
  );
}

interface StepsOfNodeProps {
  execution: Execution;
  steps: readonly ShownStep[];
  node: AgentNode;
  all: readonly ShownStep[];
}

function StepsOfNode({ execution, steps, node, all }: StepsOfNodeProps) {
  const { runs } = useBuilderServices();
  const chosen = useRuns((state) => state.step);
  const texts = useRuns((state) => state.run?.texts);
  const tested = useRuns((state) => state.tested);
  const step = steps.find(({ id }) => id === chosen) ?? mostInteresting(steps);
  if (step === undefined) return null;
  const at = steps.indexOf(step);
  const go = (to: number) => runs.getState().showStep(steps[to]?.id ?? null);
  const before = tested?.runId === execution.id ? tested.definition.nodes.find(({ id }) => id === node.id) : undefined;
  const edited = before !== undefined && before !== node && asRun(before) !== asRun(node);
  return (
    <>
      {steps.length > 1 && (
        <div className="flex items-center gap-1">
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label="Round before"
            disabled={at === 0}
            onClick={() => go(at - 1)}
          >
            <ChevronLeft aria-hidden="true" />
          </Button>
          <span className="tabular text-sm" aria-live="polite">
            Round {at + 1} of {steps.length}
          </span>
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label="Round after"
            disabled={at === steps.length - 1}
            onClick={() => go(at + 1)}
          >
            <ChevronRight aria-hidden="true" />
          </Button>
        </div>
      )}
      <Facts step={step} />
      {edited && <p className="rounded-lg bg-waiting-soft px-3 py-2 text-sm text-text">Changed since this run.</p>}
      <StepError step={step} />
      {step.status === 'waiting' && step.record?.waiting_reason === 'approval' && (
        <WaitingQuestion executionId={execution.id} stepId={step.id} />
      )}
      {node.type === 'ai.agent' && node.config.deep != null && (
        <Part title="Workspace">
          <WorkspaceSummary execution={execution} steps={all} />
        </Part>
      )}
      <Part title="Output">
        <StepOutput step={step} streamed={texts?.get(step.id)} />
      </Part>
      {step.record?.input != null && (
        <Part title="Input">
          <JsonView value={step.record.input} label="input" />
        </Part>
      )}
      <Calls caller={step.id} all={all} />
      {(step.record?.attempts.length ?? 0) > 0 && (
        <Folded title={`Attempts (${step.record?.attempts.length})`}>
          <Attempts step={step} />
        </Folded>
      )}
      {step.status !== 'skipped' && step.status !== 'pending' && (
        <Folded title="Logs">
          <StepLogs execution={execution} step={step} />
        </Folded>
      )}
    </>
  );
}

/** What of a node matters to a run. */
function asRun({ position: _, name: __, ...rest }: AgentNode): string {
  return JSON.stringify(rest);
}

function Facts({ step }: { step: ShownStep }) {
  const { record } = step;
  const tokens = step.input_tokens + step.output_tokens;
  const facts = [
    step.duration_ms !== null && hasEnded(step.status) && formatDuration(step.duration_ms),
    step.attempt > 1 && `attempt ${step.attempt}`,
    record?.model,
    tokens > 0 && `${formatCount(step.input_tokens)} → ${formatCount(step.output_tokens)} tokens`,
    tokens > 0 && formatUsd(step.cost_usd),
    record?.handle && record.handle !== 'out' && `left by “${record.handle}”`,
    record?.reused_from === 'pinned' && 'pinned',
  ].filter((fact): fact is string => typeof fact === 'string' && fact !== '');
  return (
    <p className="tabular flex flex-wrap items-center gap-x-3 gap-y-1 text-soft text-xs">
      <StatusBadge status={step.status} reason={record?.waiting_reason ?? null} />
      {facts.map((fact) => (
        <span key={fact}>{fact}</span>
      ))}
    </p>
  );
}

/** Turns of a model and the tools that it called. */
function Calls({ caller, all }: { caller: string; all: readonly ShownStep[] }) {
  if (!all.some(({ id }) => callOf(id)?.caller === caller)) return null;
  return (
    <Part title="Turns and tools">
      <CallList caller={caller} all={all} />
    </Part>
  );
}

/** The calls of a step, and inside of each those that it made itself. */
function CallList({ caller, all }: { caller: string; all: readonly ShownStep[] }) {
  const steps = all.filter((step) => callOf(step.id)?.caller === caller && !isRound(step));
  if (steps.length === 0) return null;
  return (
    <ol className="flex flex-col gap-1">
      {steps.map((step) => (
        <li key={step.id}>
          <details className="rounded-lg border border-line">
            <summary className="flex items-center gap-2 px-2.5 py-1.5 text-sm">
              <StatusIcon status={step.status} />
              <span className="min-w-0 flex-1 truncate">{callTitle(step)}</span>
              <span className="tabular text-faint text-xs">
                {step.duration_ms !== null && hasEnded(step.status) && formatDuration(step.duration_ms)}
              </span>
            </summary>
            <div className="flex flex-col gap-2 border-line border-t p-2.5">
              <StepError step={step} />
              {step.record?.input != null && <JsonView value={step.record.input} label="input of the call" compact />}
              {step.record?.output != null && (
                <JsonView value={step.record.output} label="answer of the call" compact />
              )}
              <CallList caller={step.id} all={all} />
            </div>
          </details>
        </li>
      ))}
    </ol>
  );
}

function Part({ title, children }: { title: string; children: ReactNode }) {
  return (
    <section aria-label={title}>
      <h3 className="mb-1.5 font-medium text-sm">{title}</h3>
      {children}
    </section>
  );
}

function Note({ children }: { children: ReactNode }) {
  return <p className="py-6 text-center text-sm text-soft">{children}</p>;
}

/** Read only once it is opened. */
function Folded({ title, children }: { title: string; children: ReactNode }) {
  const [open, setOpen] = useState(false);
  return (
    <Fold title={title} open={open} onToggle={() => setOpen(!open)}>
      {children}
    </Fold>
  );
}
