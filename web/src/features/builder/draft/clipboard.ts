import type { AgentEdge, AgentNode } from '@agentflow/contracts';
import type { Piece } from './commands.ts';
import { isEdge, isNode, isRecord } from './open-draft.ts';

const FORMAT = 'agentflow/nodes@1';

/** Nodes as text that any builder, of any agent, takes from the clipboard. */
export function pieceToText(piece: Piece): string {
  return JSON.stringify({ format: FORMAT, nodes: piece.nodes, edges: piece.edges }, null, 2);
}

/** Reads what was copied: nodes, a whole agent file, or a definition. Null for any other text. */
export function pieceFromText(text: string): Piece | null {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return null;
  }
  const holder = isRecord(value) && isRecord(value.definition) ? value.definition : value;
  if (!isRecord(holder) || !Array.isArray(holder.nodes) || holder.nodes.length === 0) return null;
  const edges = Array.isArray(holder.edges) ? holder.edges : [];
  if (!holder.nodes.every(isNode)) return null;
  const nodes = (holder.nodes as AgentNode[]).map((node) => ({ ...node, config: node.config ?? {} }));
  return { nodes, edges: edges.filter(isEdge) as AgentEdge[] };
}
