import type { AgentEdge } from '@agentflow/contracts';
import type { Draft, DraftNode } from './draft.ts';
import { cycles, reachable } from './graph.ts';
import type { ProblemList } from './problem-list.ts';
import { didYouMean } from './suggestion.ts';

function checkEnds(draft: Draft, edge: AgentEdge, index: number, problems: ProblemList): boolean {
  const place = { index, id: edge.id };
  let joined = true;
  for (const end of ['source', 'target'] as const) {
    if (draft.indexOf.has(edge[end])) continue;
    joined = false;
    problems.edge(place, end, {
      code: `edge_unknown_${end}`,
      message: `No node is called "${edge[end]}".${didYouMean(edge[end], draft.indexOf.keys())}`,
    });
  }
  if (joined && edge.source === edge.target) {
    joined = false;
    problems.edge(place, 'target', { code: 'self_loop', message: `"${edge.source}" is connected to itself.` });
  }
  return joined;
}

function checkExit(source: DraftNode, edge: AgentEdge, index: number, problems: ProblemList): void {
  const place = { index, id: edge.id };
  const { handles } = source;
  const handle = edge.source_handle ?? 'out';
  if (handles === null || handles.some((exit) => exit.handle === handle)) return;
  if (handles.length === 0) {
    problems.edge(place, 'source', {
      code: 'unknown_handle',
      message: `"${source.id}" ends the execution: nothing can follow it.`,
    });
    return;
  }
  const names = handles.map((exit) => exit.handle);
  const which =
    edge.source_handle === undefined
      ? `An edge from "${source.id}" must name one of its exits: ${names.join(', ')}.`
      : `"${source.id}" has no exit "${handle}"; it has ${names.join(', ')}.${didYouMean(handle, names)}`;
  problems.edge(place, 'source_handle', { code: 'unknown_handle', message: which });
}

/** Checks each edge: its ends, the exit it leaves by, and whether it stands there twice. */
export function checkEdges(draft: Draft, problems: ProblemList): void {
  const ids = new Set<string>();
  const joins = new Set<string>();
  for (const [index, edge] of draft.definition.edges.entries()) {
    const place = { index, id: edge.id };
    if (ids.has(edge.id)) {
      problems.edge(place, 'id', {
        code: 'duplicate_edge_id',
        message: `Another edge is already called "${edge.id}".`,
      });
    }
    ids.add(edge.id);
    if (!checkEnds(draft, edge, index, problems)) continue;
    const join = JSON.stringify([edge.source, edge.source_handle ?? 'out', edge.target]);
    if (joins.has(join)) {
      problems.edge(place, 'target', {
        code: 'duplicate_edge',
        message: `"${edge.source}" is already connected to "${edge.target}" by this exit.`,
      });
    }
    joins.add(join);
    const source = draft.nodes[draft.indexOf.get(edge.source) as number] as DraftNode;
    checkExit(source, edge, index, problems);
    if (draft.triggers.includes(draft.indexOf.get(edge.target) as number)) {
      problems.edge(place, 'target', {
        code: 'edge_into_trigger',
        message: `"${edge.target}" starts the agent: nothing can come before it.`,
      });
    }
  }
}

/** Checks the graph as a whole: exactly one trigger, every node reachable from it, no way back. */
export function checkGraph(draft: Draft, problems: ProblemList): void {
  const [first, ...further] = draft.triggers;
  if (first === undefined) {
    problems.add({
      severity: 'error',
      code: 'no_trigger',
      message: 'The agent has no trigger: add a node such as trigger.manual that it starts with.',
      path: 'nodes',
    });
  }
  for (const index of further) {
    problems.node(draft.nodes[index] as DraftNode, 'type', {
      code: 'several_triggers',
      message: `The agent already starts with "${draft.nodes[first as number]?.id}"; it can have one trigger only.`,
    });
  }
  for (const cycle of cycles(draft.graph)) {
    const names = [...cycle, cycle[0] as number].map((index) => draft.nodes[index]?.id).join(' → ');
    problems.node(draft.nodes[cycle[0] as number] as DraftNode, '', {
      code: 'cycle',
      message: `These nodes wait for each other and would never run: ${names}.`,
    });
  }
  if (first === undefined) return;
  const reached = reachable(draft.graph, draft.triggers);
  for (const node of draft.nodes) {
    if (reached[node.index] === 1) continue;
    problems.node(node, '', {
      code: 'unreachable_node',
      message: `"${node.id}" is never reached: no way leads to it from the trigger.`,
    });
  }
}
