import type { AgentDefinition } from '@agentflow/contracts';
import { loopBodies } from '../builder/draft/loop-bodies.ts';
import { callOf, type ShownStep } from './live-execution.ts';

/** A row of the timeline: a step at its depth below the loops, rounds and callers that it belongs to. */
export interface StepRow {
  readonly step: ShownStep;
  readonly depth: number;
  /** How many rows stand below it, folded or not. */
  readonly below: number;
  readonly folded: boolean;
  /** A round of a loop, from 1. */
  readonly round: number | null;
}

/** Loops with more rounds than this show each round as one row at first. */
const OPEN_ROUNDS = 3;

/** The loop in whose rounds each node runs: the innermost one. */
export function loopsOf(definition: AgentDefinition | undefined): ReadonlyMap<string, string> {
  const loops = new Map<string, string>();
  // Outer loops come first, and inner ones take their nodes over.
  for (const { loop, nodes } of definition === undefined ? [] : loopBodies(definition)) {
    for (const node of nodes) loops.set(node, loop);
  }
  return loops;
}

function isRound(step: ShownStep): boolean {
  return step.id.endsWith('#item');
}

function outer(path: string): string {
  const dot = path.lastIndexOf('.');
  return dot === -1 ? '' : path.slice(0, dot);
}

const idAt = (node: string, path: string) => (path === '' ? node : `${node}@${path}`);

/** The step that a step belongs to: a call to its caller, a step to its round, a round to its loop. */
function parentOf(
  step: ShownStep,
  loops: ReadonlyMap<string, string>,
  known: ReadonlyMap<string, ShownStep>,
): string | null {
  const { node_id, iteration } = step;
  const caller = isRound(step) ? idAt(node_id, outer(iteration)) : callOf(step.id)?.caller;
  if (caller !== undefined) return known.has(caller) ? caller : null;
  const loop = loops.get(node_id);
  if (iteration === '' || loop === undefined) return null;
  for (const parent of [`${loop}@${iteration}#item`, idAt(loop, outer(iteration))])
    if (known.has(parent)) return parent;
  return null;
}

/** The chain of steps that a step stands below, the nearest one first. */
export function ancestorsOf(
  id: string,
  steps: readonly ShownStep[],
  loops: ReadonlyMap<string, string>,
): readonly string[] {
  const known = new Map(steps.map((step) => [step.id, step]));
  const found: string[] = [];
  for (let at = known.get(id); at !== undefined; ) {
    const parent = parentOf(at, loops, known);
    if (parent === null || found.includes(parent)) break;
    found.push(parent);
    at = known.get(parent);
  }
  return found;
}

/**
 * The rows to show, each step below what it belongs to. `folds` says what a person has folded or unfolded; besides, rounds
 * are folded where there are many, but for those in which something has failed.
 */
export function stepRows(
  steps: readonly ShownStep[],
  loops: ReadonlyMap<string, string>,
  folds: ReadonlyMap<string, boolean>,
): StepRow[] {
  const known = new Map(steps.map((step) => [step.id, step]));
  const below = new Map<string, ShownStep[]>();
  const top: ShownStep[] = [];
  for (const step of steps) {
    const parent = parentOf(step, loops, known);
    const siblings = parent === null ? top : below.get(parent);
    if (siblings === undefined && parent !== null) below.set(parent, [step]);
    else siblings?.push(step);
  }
  const rows: StepRow[] = [];
  const visit = (step: ShownStep, depth: number, many: boolean) => {
    const children = below.get(step.id) ?? [];
    const rounds = children.filter(isRound).length;
    const calm = isRound(step) && many && !children.some(({ status }) => status === 'failed');
    const folded = children.length > 0 && (folds.get(step.id) ?? calm);
    const round = isRound(step) ? Number(step.iteration.split('.').at(-1)) + 1 : null;
    rows.push({ step, depth, below: children.length, folded, round });
    if (folded) return;
    for (const child of children) visit(child, depth + 1, rounds > OPEN_ROUNDS);
  };
  for (const step of top) visit(step, 0, false);
  return rows;
}

/** The rows of a window onto a long list, all of one height, in pixels. */
export function rowsInView(
  count: number,
  { scrolled, height, row, spare }: { scrolled: number; height: number; row: number; spare: number },
): { readonly from: number; readonly to: number } {
  const from = Math.max(0, Math.floor(scrolled / row) - spare);
  return { from: Math.min(from, count), to: Math.min(count, Math.ceil((scrolled + height) / row) + spare) };
}
