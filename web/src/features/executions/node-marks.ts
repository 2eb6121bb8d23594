import type { StepStatus } from '@agentflow/contracts';
import { formatDuration } from '../../lib/format.ts';
import type { NodeMark } from '../graph-view/node-mark.ts';
import { callOf, type ShownStep } from './live-execution.ts';

/** Of several steps of one node, the one that tells the most decides how it looks. */
const WEIGHT: Record<StepStatus, number> = {
  failed: 6,
  waiting: 5,
  running: 4,
  cancelled: 3,
  completed: 2,
  skipped: 1,
  pending: 0,
};

/** How each node of the graph stands, of all its steps: rounds are counted, calls belong to their caller. */
export function nodeMarks(steps: readonly ShownStep[]): ReadonlyMap<string, NodeMark> {
  const byNode = new Map<string, ShownStep[]>();
  for (const step of steps) {
    if (callOf(step.id) !== null || step.id.endsWith('#item')) continue;
    const known = byNode.get(step.node_id);
    if (known === undefined) byNode.set(step.node_id, [step]);
    else known.push(step);
  }
  return new Map([...byNode].map(([id, own]) => [id, markOf(own)]));
}

function markOf(steps: readonly ShownStep[]): NodeMark {
  let first = steps[0] as ShownStep;
  for (const step of steps) if (WEIGHT[step.status] > WEIGHT[first.status]) first = step;
  const exit = steps.findLast((step) => step.record?.handle != null)?.record?.handle ?? null;
  return {
    status: first.status,
    // Live steps have no exit on record yet; most nodes have only one.
    exit: exit ?? (first.status === 'completed' ? 'out' : null),
    note:
      steps.length > 1
        ? `${steps.length} times`
        : first.duration_ms === null
          ? null
          : formatDuration(first.duration_ms),
  };
}

/** The step to show for a node: the one that made it look as it does. */
export function stepOfNode(steps: readonly ShownStep[], nodeId: string): string | undefined {
  const own = steps.filter((step) => step.node_id === nodeId && callOf(step.id) === null && !step.id.endsWith('#item'));
  const status = own.length === 0 ? null : markOf(own).status;
  return own.find((step) => step.status === status)?.id;
}
