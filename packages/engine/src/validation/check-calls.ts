import { type AgentDefinition, agentId, MAX_CALL_DEPTH } from '@agentflow/contracts';
import { hasTemplate } from '../expressions/index.ts';
import type { Draft, DraftNode } from './draft.ts';
import type { ProblemList } from './problem-list.ts';

export interface KnownAgent {
  readonly name: string;
  /** Whether there is a version to run. */
  readonly published: boolean;
  /** Agents that its live version calls, by a node or as a tool of a model. */
  readonly calls: readonly string[];
}

/** What is known of the agents that can be reached by calls. */
export interface CallGraph {
  /** The agent whose definition is checked. */
  readonly self: { readonly id: string; readonly name: string };
  /** By id; an id that is not there belongs to no agent of the organization. */
  readonly agents: ReadonlyMap<string, KnownAgent>;
}

/** An agent that a node names: where, which, and whether it is called rather than handed over to. */
interface AgentReference {
  readonly field: string;
  readonly id: string;
  readonly called: boolean;
}

type Config = Readonly<Record<string, unknown>>;

/** What a node names; ids that an expression will tell are left out. */
function referencesOf(type: string, config: Config): AgentReference[] {
  if (type === 'agent.call') return reference(config, 'agent_id', 'agent_id', true);
  if (type === 'agent.handoff') return reference(config, 'to_agent_id', 'to_agent_id', false);
  if (type !== 'ai.agent' || !Array.isArray(config.tools)) return [];
  return config.tools.flatMap((tool: unknown, index) => {
    if (typeof tool !== 'object' || tool === null || !('kind' in tool) || tool.kind !== 'agent') return [];
    return reference(tool as Config, 'agent_id', `tools.${index}.agent_id`, true);
  });
}

function reference(holder: Config, key: string, field: string, called: boolean): AgentReference[] {
  const id = Object.hasOwn(holder, key) ? holder[key] : null;
  return typeof id === 'string' && id !== '' && !hasTemplate(id) ? [{ field, id, called }] : [];
}

/** Ids of all agents that a definition names: those that it calls, hands over to, and lets handle failures. */
export function calledAgents(definition: AgentDefinition): string[] {
  const ids = new Set<string>();
  for (const { type, config } of definition.nodes) {
    for (const { id } of referencesOf(type, config ?? {})) if (agentId.safeParse(id).success) ids.add(id);
  }
  const handler = definition.settings?.on_failure_agent_id;
  if (handler !== undefined) ids.add(handler);
  return [...ids];
}

/** Checks that the agents exist which a definition names, and that no call leads back to it or too deep. */
export function checkCalls(draft: Draft, graph: CallGraph, problems: ProblemList): void {
  for (const node of draft.nodes) {
    for (const { field, id, called } of referencesOf(node.node.type, node.config)) {
      if (checkAgent(node, field, id, graph, problems) && called) checkWay(node, field, id, graph, problems);
    }
  }
  const handler = draft.definition.settings?.on_failure_agent_id;
  if (handler === undefined || handler === graph.self.id || graph.agents.has(handler)) return;
  const path = 'settings.on_failure_agent_id';
  problems.add({ severity: 'error', code: 'unknown_agent', message: `There is no agent ${handler}.`, path });
}

function checkAgent(node: DraftNode, field: string, id: string, graph: CallGraph, problems: ProblemList): boolean {
  if (id === graph.self.id) return true;
  const agent = graph.agents.get(id);
  if (agent === undefined) {
    problems.node(node, field, { code: 'unknown_agent', message: `There is no agent ${id}.` });
    return false;
  }
  if (!agent.published) {
    problems.node(node, field, {
      severity: 'warning',
      code: 'agent_not_published',
      message: `The agent "${agent.name}" has no published version yet: it can’t be started before it has one.`,
    });
  }
  return true;
}

function checkWay(node: DraftNode, field: string, id: string, graph: CallGraph, problems: ProblemList): void {
  const way = wayBack(id, graph);
  if (way !== null) {
    const names = [graph.self.id, ...way].map((each) => nameOf(each, graph)).join(' → ');
    problems.node(node, field, { code: 'call_cycle', message: `The call leads back to this agent: ${names}.` });
    return;
  }
  const depth = longest(id, graph, new Map());
  if (depth <= MAX_CALL_DEPTH) return;
  problems.node(node, field, {
    severity: 'warning',
    code: 'call_too_deep',
    message: `The agents call each other ${depth} levels deep; below ${MAX_CALL_DEPTH} a call is refused.`,
  });
}

function nameOf(id: string, { self, agents }: CallGraph): string {
  return `"${id === self.id ? self.name : (agents.get(id)?.name ?? id)}"`;
}

/** The shortest way by calls from an agent to the one that is checked, both included; null where there is none. */
function wayBack(from: string, { self, agents }: CallGraph): string[] | null {
  const before = new Map<string, string | null>([[from, null]]);
  const open = [from];
  for (let at = open.shift(); at !== undefined; at = open.shift()) {
    if (at === self.id) {
      const way: string[] = [];
      for (let step: string | null = at; step !== null; step = before.get(step) ?? null) way.unshift(step);
      return way;
    }
    for (const next of agents.get(at)?.calls ?? []) {
      if (before.has(next)) continue;
      before.set(next, at);
      open.push(next);
    }
  }
  return null;
}

/** Calls on the longest way from an agent on, its own start included; ways that go in circles are cut. */
function longest(id: string, graph: CallGraph, known: Map<string, number>): number {
  const found = known.get(id);
  if (found !== undefined) return found;
  known.set(id, 0);
  const below = (graph.agents.get(id)?.calls ?? []).map((next) => longest(next, graph, known));
  const depth = 1 + Math.max(0, ...below);
  known.set(id, depth);
  return depth;
}
