import type { AgentDefinition, AgentNode } from '@agentflow/contracts';
import { readDraft } from './draft.ts';
import { loopsAround } from './loops.ts';

/** What the expressions of one node can name. */
export interface NodeView {
  /** Nodes whose `output` is there, the nearest first. */
  readonly upstream: readonly AgentNode[];
  /** Loops in whose rounds it runs, the outermost first: of these there are `item` and `index`. */
  readonly loops: readonly AgentNode[];
  /** Whether `item` is there: in the rounds of a loop, and in a loop's own condition. */
  readonly item: boolean;
}

const NOTHING: NodeView = { upstream: [], loops: [], item: false };

/** Reads a definition as validation does, so that what is offered is what is accepted. Nothing for an unknown node. */
export function viewOf(definition: AgentDefinition, nodeId: string): NodeView {
  const draft = readDraft(definition);
  const self = draft.indexOf.get(nodeId);
  if (self === undefined) return NOTHING;
  const around = loopsAround(draft);
  const own = around[self] ?? new Set<number>();
  const order: number[] = [];
  const seen = new Set([self]);
  const waiting = [self];
  for (let at = waiting.shift(); at !== undefined; at = waiting.shift()) {
    for (const { source } of draft.graph.incoming[at] ?? []) {
      if (seen.has(source)) continue;
      seen.add(source);
      order.push(source);
      waiting.push(source);
    }
  }
  const nodeAt = (index: number) => draft.nodes[index]?.node as AgentNode;
  const runsInOtherRounds = (index: number) => [...(around[index] ?? [])].some((loop) => !own.has(loop));
  const upstream = order.filter(
    (index) => !own.has(index) && !runsInOtherRounds(index) && !draft.triggers.includes(index),
  );
  // A loop stands inside as many others as lie around it.
  const loops = [...own].sort((a, b) => (around[a]?.size ?? 0) - (around[b]?.size ?? 0));
  return {
    upstream: upstream.map(nodeAt),
    loops: loops.map(nodeAt),
    item: loops.length > 0 || draft.nodes[self]?.node.type === 'logic.loop',
  };
}
