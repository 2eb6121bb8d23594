import type { AgentDefinition, AgentEdge, DefinitionProblem } from '@agentflow/contracts';
import { edgeKeys, nodeKeys } from './keys.ts';

/** What the server found in one document beyond what the browser finds by itself: it knows secrets, models and agents. */
export interface ServerFindings {
  readonly definition: AgentDefinition;
  readonly problems: readonly DefinitionProblem[];
}

function signature({ code, path, message }: DefinitionProblem): string {
  return JSON.stringify([code, path, message]);
}

export function beyond(
  found: readonly DefinitionProblem[],
  local: readonly DefinitionProblem[],
): readonly DefinitionProblem[] {
  const known = new Set(local.map(signature));
  return found.filter((problem) => !known.has(signature(problem)));
}

const NODE_PATH = /^nodes\.(\d+)/;

/** The server's findings that still hold: those about nodes that are as they were, at the places where they are now. */
export function stillTrue(findings: ServerFindings | null, definition: AgentDefinition): DefinitionProblem[] {
  if (findings === null) return [];
  if (findings.definition === definition) return [...findings.problems];
  const places = new Map(definition.nodes.map((node, index) => [node, index]));
  return findings.problems.flatMap((problem) => {
    const before = NODE_PATH.exec(problem.path)?.[1];
    if (before === undefined) return [];
    const node = findings.definition.nodes[Number(before)];
    const index = node === undefined ? undefined : places.get(node);
    return index === undefined ? [] : [{ ...problem, path: problem.path.replace(NODE_PATH, `nodes.${index}`) }];
  });
}

/** The key of the node that a problem is about, or undefined. */
export function nodeOf(problem: DefinitionProblem, definition: AgentDefinition): string | undefined {
  const index = NODE_PATH.exec(problem.path)?.[1];
  return index === undefined ? undefined : nodeKeys(definition)[Number(index)];
}

/** The edge that a problem is about, or null. */
export function edgeOf(
  problem: DefinitionProblem,
  definition: AgentDefinition,
): { key: string; edge: AgentEdge } | null {
  const index = Number(/^edges\.(\d+)/.exec(problem.path)?.[1]);
  const edge = definition.edges[index];
  return edge === undefined ? null : { edge, key: edgeKeys(definition)[index] ?? edge.id };
}

/** Whether the canvas has both ends of an edge. */
export function isDrawn({ source, target }: AgentEdge, definition: AgentDefinition): boolean {
  const has = (id: string) => definition.nodes.some((node) => node.id === id);
  return source !== target && has(source) && has(target);
}

export function problemsByNode(
  problems: readonly DefinitionProblem[],
  definition: AgentDefinition,
): ReadonlyMap<string, readonly DefinitionProblem[]> {
  const byNode = new Map<string, DefinitionProblem[]>();
  for (const problem of problems) {
    const key = nodeOf(problem, definition);
    if (key !== undefined) byNode.set(key, [...(byNode.get(key) ?? []), problem]);
  }
  return byNode;
}
