import type { Execution, ExecutionStep, JsonValue, ShadowOutcome, ShadowStepDifference } from '@agentflow/contracts';
import { sameJson } from '@agentflow/engine';

/** An execution with its steps. */
export interface Ran {
  readonly execution: Execution;
  readonly steps: readonly ExecutionStep[];
}

/** New ids of nodes by those that they had when the execution ran. */
export type Renamed = Readonly<Record<string, string>>;

/** Loops and waits take as long as what they wait for; nodes that only compute take no time to speak of. */
const WORKS = /^(?:ai|action|agent|knowledge)\./;

/** Rounds of loops and calls of tool loops are parts of their step. */
function isWhole({ id }: ExecutionStep): boolean {
  return !id.includes('#');
}

function idNow(step: ExecutionStep, renamed: Renamed): string {
  return (renamed[step.node_id] ?? step.node_id) + step.id.slice(step.node_id.length);
}

function sideOf({ status, output, error, cost_usd, duration_ms }: ExecutionStep) {
  return { status, output, error, cost_usd, duration_ms };
}

function endedAlike(before: ExecutionStep, after: ExecutionStep): boolean {
  return (
    before.status === after.status &&
    before.handle === after.handle &&
    before.error?.code === after.error?.code &&
    sameJson(before.output, after.output)
  );
}

type Fields = Record<string, JsonValue>;

function fieldsOf(value: JsonValue | undefined): Fields {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : {};
}

function wouldSend({ output }: ExecutionStep): Fields {
  return fieldsOf(fieldsOf(output).would_send);
}

/** What a step sent then, in the form in which its repetition tells what it would send: the answers can't be compared. */
function sentThen(was: ExecutionStep, blocked: ExecutionStep): JsonValue {
  const input = fieldsOf(was.input);
  const told = Object.entries(wouldSend(blocked)).map(([name, now]): [string, JsonValue] => {
    const then = input[name];
    if (then === undefined) return [name, now];
    // Headers that are not configured are the same each time.
    return [name, name === 'headers' ? { ...fieldsOf(now), ...fieldsOf(then) } : then];
  });
  return Object.fromEntries(told);
}

/** Whether an execution's output is that of a side effect which was not performed. */
export function endsBlocked({ execution, steps }: Ran): boolean {
  return steps.some((step) => step.blocked && sameJson(step.output, execution.output));
}

/** Steps that ended in another way, with another output, or on one side only; in the order in which they ran. */
export function stepDifferences(
  before: readonly ExecutionStep[],
  after: readonly ExecutionStep[],
  renamed: Renamed,
): ShadowStepDifference[] {
  const old = new Map(before.filter(isWhole).map((step) => [idNow(step, renamed), step]));
  const differences: ShadowStepDifference[] = [];
  for (const step of after.filter(isWhole)) {
    const was = old.get(step.id);
    old.delete(step.id);
    if (was !== undefined && endedAlike(was, step)) continue;
    // What was skipped and is not there on the other side did nothing on either.
    if (was === undefined && step.status === 'skipped') continue;
    differences.push({
      step_id: step.id,
      ...nodeOf(step),
      kind: was === undefined ? 'added' : 'changed',
      blocked: step.blocked,
      before: was === undefined ? null : step.blocked ? { ...sideOf(was), output: sentThen(was, step) } : sideOf(was),
      after: step.blocked ? { ...sideOf(step), output: wouldSend(step) } : sideOf(step),
    });
  }
  for (const [step_id, step] of old) {
    if (step.status === 'skipped') continue;
    differences.push({
      step_id,
      ...nodeOf(step),
      kind: 'removed',
      blocked: false,
      before: sideOf(step),
      after: null,
    });
  }
  return differences;
}

function nodeOf({ node_id, node_name, node_type }: ExecutionStep) {
  return { node_id, node_name, node_type };
}

/** Cost and working time of a run; steps that answered from the record, or were not performed, count as they did then. */
function effort({ steps }: Ran, recorded: ReadonlyMap<string, { cost_usd: number; latency_ms: number }>) {
  let cost_usd = 0;
  let latency_ms = 0;
  for (const step of steps) {
    const taken = step.reused_from === null && !step.blocked ? undefined : recorded.get(step.id);
    cost_usd += taken?.cost_usd ?? step.cost_usd;
    if (isWhole(step) && WORKS.test(step.node_type)) latency_ms += taken?.latency_ms ?? step.duration_ms ?? 0;
  }
  return { cost_usd: Math.round(cost_usd * 1e6) / 1e6, latency_ms };
}

/** What each step cost with all its calls, and how long it took, by its id now. */
function efforts(steps: readonly ExecutionStep[], renamed: Renamed) {
  const all = new Map<string, { cost_usd: number; latency_ms: number }>();
  for (const step of steps) {
    const [whole = ''] = idNow(step, renamed).split('#');
    const sum = all.get(whole) ?? { cost_usd: 0, latency_ms: 0 };
    sum.cost_usd += step.cost_usd;
    if (isWhole(step)) sum.latency_ms = step.duration_ms ?? 0;
    all.set(whole, sum);
  }
  return all;
}

/** How the repetition of an execution came out against it. */
export function compareRuns(before: Ran, after: Ran, renamed: Renamed): ShadowOutcome {
  const side = ({ execution }: Ran) => ({ status: execution.status, error: execution.error });
  const whole = after.steps.filter((step) => isWhole(step) && step.status !== 'skipped');
  const recorded = whole.filter((step) => step.reused_from !== null);
  const ran = whole.filter((step) => step.reused_from === null && WORKS.test(step.node_type));
  return {
    output_changed: !sameJson(before.execution.output, after.execution.output),
    steps_changed: stepDifferences(before.steps, after.steps, renamed).length,
    steps_run: ran.filter((step) => !step.blocked).length,
    steps_recorded: recorded.length,
    steps_blocked: after.steps.filter((step) => step.blocked).length,
    spent_usd: after.execution.cost_usd,
    before: { ...side(before), ...effort(before, new Map()) },
    after: { ...side(after), ...effort(after, efforts(before.steps, renamed)) },
  };
}
