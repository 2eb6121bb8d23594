import { type AgentNode, type JsonValue, nodeType } from '@agentflow/contracts';
import type { Plan, PlanNode } from './plan.ts';
import { callerOf, ITEM, isOpen, pathTo, type StepIdentity, type StepState, stepKey } from './state.ts';

/**
 * Which steps of an execution another one can take over: what ended by an exit and does not come after something that
 * runs again. `from` runs again with all that follows it; without it, what failed or was cancelled does.
 *
 * @returns keys of steps, of rounds of loops and of calls; none for what is inside another one that is taken over
 */
export function reusableSteps(plan: Plan, steps: readonly StepState[], from: string | null): string[] {
  const again = new Set<PlanNode>();
  for (const node of from === null ? unfinished(plan, steps) : [plan.byId.get(from)]) {
    if (node === undefined) continue;
    // A loop that failed is opened again for the rounds that are left; a loop that was named begins anew.
    if (from !== null || node.type !== 'logic.loop') addWithFollowers(node, again);
    else addLoop(node, again);
    for (let loop = node.loop; loop !== null; loop = loop.loop) addLoop(loop, again);
  }
  const kept = new Map<string, { readonly step: StepState; readonly node: PlanNode }>();
  const keys = new Set(steps.map(({ key }) => key));
  for (const step of steps) {
    const node = plan.byId.get(step.node_id);
    if (node !== undefined && mayKeep(step, node, again, from, keys)) kept.set(step.key, { step, node });
  }
  return [...kept.values()]
    .filter(({ step, node }) => !around(step, node).some((key) => kept.has(key)))
    .map(({ step }) => step.key);
}

function unfinished(plan: Plan, steps: readonly StepState[]): (PlanNode | undefined)[] {
  const ended = (step: StepState) => step.handle !== null || step.status === 'skipped' || step.status === 'completed';
  return steps.filter((step) => step.call === '' && !ended(step)).map((step) => plan.byId.get(step.node_id));
}

function addWithFollowers(node: PlanNode, to: Set<PlanNode>): void {
  const open = [node];
  for (let next = open.pop(); next !== undefined; next = open.pop()) {
    if (to.has(next)) continue;
    to.add(next);
    for (const edge of next.outgoing) open.push(edge.target);
  }
}

/** The loop and what follows it, but not its body: which of its rounds run again, their own rows tell. */
function addLoop(loop: PlanNode, to: Set<PlanNode>): void {
  to.add(loop);
  for (const edge of loop.outgoing) if (!edge.body) addWithFollowers(edge.target, to);
}

function mayKeep(
  step: StepState,
  node: PlanNode,
  again: ReadonlySet<PlanNode>,
  from: string | null,
  keys: ReadonlySet<string>,
): boolean {
  if (isOpen(step.status)) return false;
  if (step.call === '') return step.handle !== null && !again.has(node);
  // Rounds and calls of what runs again help only where it failed, not where it was asked to run anew.
  const ended = step.status === 'completed' || (step.status === 'failed' && wasAnswered(step, keys));
  return ended && (from === null || !again.has(node));
}

/** A tool that failed and whose failure a later turn was told: run again, it would contradict what the model said to it. */
function wasAnswered({ node_id, path, call }: StepState, keys: ReadonlySet<string>): boolean {
  const [, within = '', turn] = /^(.*\/)?t(\d+)\.\d+$/.exec(call) ?? [];
  return turn !== undefined && keys.has(stepKey(node_id, path, `${within}t${Number(turn) + 1}`));
}

/** Keys of all that a step is inside of: calls that made it, its node's step, rounds and loops. The nearest comes first. */
export function around({ call, path }: StepIdentity, node: PlanNode): string[] {
  const keys: string[] = [];
  for (let inner = call; inner !== ''; inner = callerOf(inner)) {
    keys.push(stepKey(node.id, pathTo(path, node.depth), callerOf(inner)));
  }
  for (let loop = node.loop; loop !== null; loop = loop.loop) {
    keys.push(stepKey(loop.id, pathTo(path, loop.depth + 1), ITEM), stepKey(loop.id, pathTo(path, loop.depth)));
  }
  return keys;
}

/** The exit by which a node would have left with this output: of a condition what it says, else the one way on. */
export function exitOfOutput(node: AgentNode, output: JsonValue): string {
  const field = (name: string) =>
    typeof output === 'object' && output !== null && !Array.isArray(output) ? output[name] : undefined;
  const told = [field('result'), field('case'), field('exit')].find((value) => value !== undefined);
  const exits = exitsOf(node);
  const named = exits.find((exit) => exit === String(told));
  return named ?? (exits.includes('out') ? 'out' : (exits[0] ?? 'out'));
}

function exitsOf({ type, config }: AgentNode): string[] {
  const entry = nodeType(type);
  const parsed = entry?.config.safeParse(config);
  // A config with expressions in it need not parse before it runs; a switch's exits are plain all the same.
  try {
    return entry?.handles(parsed?.success === true ? parsed.data : config).map(({ handle }) => handle) ?? [];
  } catch {
    return [];
  }
}
