import type { AgentDefinition, StepStatus, WaitingReason } from '@agentflow/contracts';
import { callOf, hasEnded, type ShownStep } from '../../executions/live-execution.ts';
import { exitOf } from '../draft/exits.ts';
import { edgeKeys } from '../draft/keys.ts';

/** How a node fared in a run: of a node inside loops, all its rounds together. */
export interface NodeRun {
  readonly status: StepStatus;
  readonly reason: WaitingReason | null;
  /** Set once it has ended, where it ran once. */
  readonly durationMs: number | null;
  /** Exits that it left by. */
  readonly exits: readonly string[];
  /** Of a loop its rounds, of a node inside one its own steps; null elsewhere. */
  readonly rounds: { readonly ended: number; readonly open: number } | null;
  readonly pinned: boolean;
  /** A side effect that the test did not perform. */
  readonly blocked: boolean;
}

/** What an edge tells of a run; null where nothing went along it. */
export type EdgeRun = 'running' | 'taken' | 'failed' | null;

const ITEM = '#item';

export function isRound(step: Pick<ShownStep, 'id'>): boolean {
  return step.id.endsWith(ITEM);
}

/** The steps of a node itself, in their order: neither its calls nor, of a loop, its rounds. */
export function stepsOfNode(steps: readonly ShownStep[], nodeId: string): ShownStep[] {
  return steps.filter((step) => step.node_id === nodeId && callOf(step.id) === null && !isRound(step));
}

/** What counts first where rounds differ. */
const PRECEDENCE: readonly StepStatus[] = [
  'running',
  'waiting',
  'failed',
  'completed',
  'cancelled',
  'pending',
  'skipped',
];

function sameRun(left: NodeRun, right: NodeRun): boolean {
  return (
    left.status === right.status &&
    left.reason === right.reason &&
    left.durationMs === right.durationMs &&
    left.pinned === right.pinned &&
    left.blocked === right.blocked &&
    left.rounds?.ended === right.rounds?.ended &&
    left.rounds?.open === right.rounds?.open &&
    left.exits.join(' ') === right.exits.join(' ')
  );
}

/** How each node fared, by its id. What is as it was is the object of `before`, so that only what changed is drawn again. */
export function nodeRuns(
  steps: readonly ShownStep[],
  before: ReadonlyMap<string, NodeRun>,
): ReadonlyMap<string, NodeRun> {
  const groups = new Map<string, { own: ShownStep[]; rounds: ShownStep[] }>();
  for (const step of steps) {
    if (callOf(step.id) !== null) continue;
    const group = groups.get(step.node_id) ?? { own: [], rounds: [] };
    groups.set(step.node_id, group);
    (isRound(step) ? group.rounds : group.own).push(step);
  }
  const runs = new Map<string, NodeRun>();
  let changed = groups.size !== before.size;
  for (const [id, { own, rounds }] of groups) {
    const run = runOf(own, rounds);
    const old = before.get(id);
    const kept = old !== undefined && sameRun(old, run) ? old : run;
    changed ||= kept !== old;
    runs.set(id, kept);
  }
  return changed ? runs : before;
}

function runOf(own: readonly ShownStep[], rounds: readonly ShownStep[]): NodeRun {
  const has = (status: StepStatus) => own.some((step) => step.status === status);
  const status = PRECEDENCE.find(has) ?? (rounds.length > 0 ? 'running' : 'pending');
  const [only, ...further] = own;
  const counted = rounds.length > 0 ? rounds : only?.iteration !== undefined && only.iteration !== '' ? own : null;
  const ended = counted?.filter((step) => hasEnded(step.status)).length ?? 0;
  const exits = new Set(own.map(exitTaken).filter((exit) => exit !== null));
  if (rounds.length > 0) exits.add('each');
  return {
    status,
    reason: own.find((step) => step.status === 'waiting')?.record?.waiting_reason ?? null,
    durationMs: only !== undefined && further.length === 0 && hasEnded(only.status) ? only.duration_ms : null,
    exits: [...exits].sort(),
    // What is left open when all has ended was never told of.
    rounds: counted === null ? null : { ended, open: hasEnded(status) ? 0 : counted.length - ended },
    pinned: own.some((step) => step.record?.reused_from === 'pinned'),
    blocked: own.some((step) => step.record?.blocked === true),
  };
}

/** Until a step's record is read its exit is not known, but for nodes that have one it is `out`. */
function exitTaken(step: ShownStep): string | null {
  if (step.record !== null && hasEnded(step.record.status)) return step.record.handle;
  return null;
}

/** What went along each edge, by its key; edges that nothing went along are left out. */
export function edgeRuns(
  definition: AgentDefinition,
  runs: ReadonlyMap<string, NodeRun>,
): ReadonlyMap<string, Exclude<EdgeRun, null>> {
  const told = new Map<string, Exclude<EdgeRun, null>>();
  if (runs.size === 0) return told;
  const keys = edgeKeys(definition);
  for (const [index, edge] of definition.edges.entries()) {
    const run = edgeRun(runs.get(edge.source), runs.get(edge.target), exitOf(edge));
    if (run !== null) told.set(keys[index] ?? edge.id, run);
  }
  return told;
}

function edgeRun(source: NodeRun | undefined, target: NodeRun | undefined, exit: string): EdgeRun {
  if (source === undefined || target === undefined || target.status === 'skipped') return null;
  const began = target.status !== 'pending';
  // The exit stands in the record, which is read a moment after the event.
  const left = source.exits.length === 0 ? began && exit === 'out' : source.exits.includes(exit);
  if (!left) return null;
  if (target.status === 'running' || target.status === 'waiting') return 'running';
  return target.status === 'failed' || exit === 'error' ? 'failed' : began ? 'taken' : null;
}

/** How many of the run's nodes have ended, of those that it knows; skipped ones are left out. */
export function progressOf(runs: ReadonlyMap<string, NodeRun>): { readonly ended: number; readonly all: number } {
  const counted = [...runs.values()].filter(({ status }) => status !== 'skipped');
  return { ended: counted.filter(({ status }) => hasEnded(status)).length, all: counted.length };
}

const TOLD: readonly StepStatus[] = ['running', 'waiting', 'completed', 'failed'];
const NAMED_AT_ONCE = 3;

/** What has changed since, in words for who can't see it: few names, or numbers. */
export function newsOf(
  before: ReadonlyMap<string, NodeRun>,
  now: ReadonlyMap<string, NodeRun>,
  nameOf: (nodeId: string) => string,
): string {
  const changes = [...now].flatMap(([id, { status }]) =>
    before.get(id)?.status !== status && TOLD.includes(status) ? [{ id, status }] : [],
  );
  if (changes.length <= NAMED_AT_ONCE) return changes.map(({ id, status }) => `${nameOf(id)} ${status}`).join(', ');
  return TOLD.flatMap((status) => {
    const count = changes.filter((each) => each.status === status).length;
    return count === 0 ? [] : [`${count} ${count === 1 ? 'node' : 'nodes'} ${status}`];
  }).join(', ');
}
