import {
  type EnginePorts,
  idempotencyKey,
  type PlanNode,
  runStep,
  type StepContext,
  type StepResult,
  type StepState,
} from '@agentflow/engine';
import { type ExecutionRun, withinLimits } from './run.ts';

export interface StepSurroundings {
  readonly ports: EnginePorts;
  /** Name → marker of each secret that the node's expressions can read. */
  readonly markers: Readonly<Record<string, string>>;
  readonly onDelta: (text: string) => void;
  readonly log: StepContext['log'];
  /** Told of what a handler should never throw; the step fails with `internal`. */
  readonly reportBug: (error: unknown) => void;
}

/** Nodes that only compute: nothing to wait for, so nothing to time. The engine bounds their work by steps. */
export function computesOnly(node: PlanNode): boolean {
  return node.type.startsWith('logic.') || node.type.startsWith('trigger.');
}

/** Runs one attempt of a step to its result, under the node's time limit. Never rejects. */
export async function performStep(
  run: ExecutionRun,
  node: PlanNode,
  step: StepState,
  controller: AbortController,
  around: StepSurroundings,
): Promise<StepResult> {
  const context = stepContext(run, node, step, controller.signal, around);
  if (computesOnly(node)) return guarded(context, around);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort(new Error('time limit'));
  }, node.timeout_ms);
  const result = await guarded(context, around);
  clearTimeout(timer);
  if (!timedOut || result.kind !== 'failed') return result;
  const message = `The step took longer than ${node.timeout_ms} ms.`;
  return { ...result, error: { code: 'step_timeout', message, retryable: true } };
}

async function guarded(context: StepContext, around: StepSurroundings): Promise<StepResult> {
  try {
    return withinLimits(await runStep(context, around.ports));
  } catch (error) {
    around.reportBug(error);
    const message = 'The step could not be run. The error is in our log.';
    return { kind: 'failed', input: null, error: { code: 'internal', message, retryable: false }, calls: [] };
  }
}

/** Expressions see the ancestors that ended by an exit, never a parallel branch: a run must not depend on who is faster. */
function stepContext(
  run: ExecutionRun,
  node: PlanNode,
  step: StepState,
  signal: AbortSignal,
  around: StepSurroundings,
): StepContext {
  const nodes = new Map<string, { output: StepContext['scope']['trigger'] }>();
  for (const ancestor of run.plan.ancestors(node)) {
    const state = run.state.steps.get(ancestor.id);
    if (state !== undefined && state.handle !== null) nodes.set(ancestor.id, { output: run.output(ancestor.id) });
  }
  const inputs = node.incoming
    .filter((edge) => run.state.steps.get(edge.source.id)?.handle === edge.handle)
    .map((edge) => ({ node_id: edge.source.id, output: run.output(edge.source.id) }));
  return {
    node: { id: node.id, type: node.type, config: node.node.config },
    scope: { trigger: run.input(), context: {}, env: around.markers, nodes },
    inputs,
    mode: run.row.facts.mode,
    idempotency_key: idempotencyKey(run.row.facts.execution_id, step),
    signal,
    onDelta: around.onDelta,
    log: around.log,
  };
}
