import type { JsonValue } from '@agentflow/contracts';
import {
  type EnginePorts,
  idempotencyKey,
  type NodeInScope,
  type PlanNode,
  pathTo,
  runStep,
  type Scope,
  type StepContext,
  type StepResult,
  type StepState,
  stepKey,
} from '@agentflow/engine';
import { withinLimits } from './outcomes.ts';
import type { ExecutionRun } from './run.ts';

export interface StepSurroundings {
  readonly ports: EnginePorts;
  /** Name → marker of each secret that the node's expressions can read. */
  readonly markers: Readonly<Record<string, string>>;
  readonly onDelta: (text: string) => void;
  readonly log: StepContext['log'];
  /** What the node's expressions read of the shared context; null for nothing. Rejects when it can't be read. */
  readonly readContext: (node: PlanNode) => Promise<Record<string, JsonValue>> | null;
  /** Told of what a handler should never throw; the step fails with `internal`. */
  readonly reportBug: (error: unknown) => void;
}

/** Nodes that only compute: nothing to wait for, so nothing to time. The engine bounds their work by steps. */
export function computesOnly(node: PlanNode): boolean {
  return /^(?:logic|trigger|human)\./.test(node.type);
}

/** Runs one attempt of a step to its result, under the node's time limit. Never rejects. */
export async function performStep(
  run: ExecutionRun,
  node: PlanNode,
  step: StepState,
  controller: AbortController,
  around: StepSurroundings,
): Promise<StepResult> {
  const decision = run.approvals.decisionOf(step);
  if (decision === 'changed') {
    const message = 'What is stored is not what was approved; it is not run.';
    return { kind: 'failed', input: null, error: { code: 'approval_changed', message, retryable: false }, calls: [] };
  }
  const reading = around.readContext(node);
  const shared = reading === null ? {} : await reading.catch(() => null);
  if (shared === null) return contextAway();
  const context = { ...stepContext(run, node, step, controller.signal, around, shared), decision };
  if (computesOnly(node)) return guarded(context, around);
  let timedOut = false;
  const timer = setTimeout(() => {
    timedOut = true;
    controller.abort(new DOMException('The time limit has passed.', 'TimeoutError'));
  }, node.timeout_ms);
  const result = await guarded(context, around);
  clearTimeout(timer);
  if (!timedOut || result.kind !== 'failed') return result;
  const message = `The step took longer than ${node.timeout_ms} ms.`;
  return { ...result, error: { code: 'step_timeout', message, retryable: true } };
}

function contextAway(): StepResult {
  const message = 'The shared context could not be read just now.';
  return { kind: 'failed', input: null, error: { code: 'context_unavailable', message, retryable: true }, calls: [] };
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

/**
 * What a step's expressions see: the ancestors that ended by an exit, each where it ran for this round, never a parallel
 * branch (a run must not depend on who is faster); of the loops around it the current item and index.
 */
export function scopeOf(run: ExecutionRun, node: PlanNode, path: string, context: Record<string, JsonValue>): Scope {
  const nodes = new Map<string, NodeInScope>();
  for (const ancestor of run.plan.ancestors(node)) {
    const state = run.state.steps.get(stepKey(ancestor.id, pathTo(path, ancestor.depth)));
    if (state !== undefined && state.handle !== null) nodes.set(ancestor.id, { output: run.output(state.key) });
  }
  let item: JsonValue = null;
  for (let loop = node.loop; loop !== null; loop = loop.loop) {
    const round = run.round(loop, pathTo(path, loop.depth + 1));
    nodes.set(loop.id, round);
    if (loop === node.loop) item = round.item;
  }
  return { trigger: run.input(), context, env: {}, nodes, ...givenItem(item) };
}

function nodeInContext(run: ExecutionRun, node: PlanNode): StepContext['node'] {
  const { id, type } = node;
  const edited = run.row.facts.given?.configs[id];
  const { config, output_mapping = null } = node.node;
  return edited === undefined
    ? { id, type, config, output_mapping }
    : { id, type, config: edited, literal: true, output_mapping };
}

/** An item that is null is one that is not there, so that `item ?? …` gives another value. */
export function givenItem(item: JsonValue): { readonly item?: JsonValue } {
  return item === null ? {} : { item };
}

function stepContext(
  run: ExecutionRun,
  node: PlanNode,
  step: StepState,
  signal: AbortSignal,
  around: StepSurroundings,
  shared: Record<string, JsonValue>,
): StepContext {
  const beganAt = run.recordOf(step).started_at;
  const inputs = node.incoming.flatMap((edge) => {
    // A loop's own output is not there yet in its rounds.
    if (edge.body) return [];
    const key = stepKey(edge.source.id, step.path);
    return run.state.steps.get(key)?.handle === edge.handle
      ? [{ node_id: edge.source.id, output: run.output(key) }]
      : [];
  });
  const shadow = run.shadowOf(step);
  const deep = run.deepContext(step);
  return {
    node: nodeInContext(run, node),
    scope: { ...scopeOf(run, node, step.path, shared), env: around.markers },
    step: { key: step.key, began_at: beganAt ?? run.row.created_at },
    inputs,
    mode: run.row.facts.mode,
    now: Date.now(),
    call: run.callOf(step),
    calls: run.endedCalls(step),
    decision: null,
    ...(deep === undefined ? {} : { deep }),
    ...(shadow === undefined ? {} : { shadow }),
    idempotency_key: idempotencyKey(run.row.facts.execution_id, step),
    timeout_ms: node.timeout_ms,
    last_attempt: step.failures + 1 >= node.retry.max_attempts,
    signal,
    onDelta: around.onDelta,
    log: around.log,
  };
}
