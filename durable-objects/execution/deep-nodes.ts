import type { JsonValue } from '@agentflow/contracts';
import { isOpen, type PlanNode, type StepIdentity, stepKey } from '@agentflow/engine';
import type { ExecutionRun } from './run.ts';

type Plans = Pick<ExecutionRun, 'plan' | 'row'>;
type Config = Readonly<Record<string, JsonValue>>;

/** The config that a node runs with: as a person has edited it for this execution, or the definition's. */
export function configOf({ row }: Pick<ExecutionRun, 'row'>, node: PlanNode): Config {
  return row.facts.given?.configs[node.id] ?? node.node.config;
}

function deepPart(run: Plans, node: PlanNode | undefined): Config | null {
  const deep = node?.type === 'ai.agent' ? configOf(run, node).deep : undefined;
  return typeof deep === 'object' && deep !== null && !Array.isArray(deep) ? deep : null;
}

/** What makes a step's node a deep agent, its expressions unresolved; null for every other node. */
export function deepOf(run: Plans, step: StepIdentity): Config | null {
  return deepPart(run, run.plan.byId.get(step.node_id));
}

export function hasHelpers(run: Plans, step: StepIdentity): boolean {
  const helpers = deepOf(run, step)?.helpers;
  return Array.isArray(helpers) && helpers.length > 0;
}

export function hasDeepAgents(run: Plans): boolean {
  return run.plan.nodes.some((node) => deepPart(run, node) !== null);
}

/** Whether a deep agent runs, or may still begin. */
export function mayHear(run: Pick<ExecutionRun, 'plan' | 'row' | 'state'>): boolean {
  return run.plan.nodes.some((node) => {
    if (deepPart(run, node) === null) return false;
    let outer = node;
    while (outer.loop !== null) outer = outer.loop;
    const step = run.state.steps.get(stepKey(outer.id));
    return step === undefined || isOpen(step.status);
  });
}
