import { type AgentNode, DEFAULT_MODEL, nodeType } from '@agentflow/contracts';
import { exitsOf } from './exits.ts';
import { isRecord } from './open-draft.ts';

/** Pixels of the canvas at full size; node cards are drawn by these numbers, and laid out by them. */
export const NODE_WIDTH = 220;
export const GRID = 20;
const HEAD = 56;
const MODEL_ROW = 24;
export const EXIT_ROW = 24;
const EXITS_PADDING = 8;

export interface Size {
  readonly width: number;
  readonly height: number;
}

/** The model that an AI node asks; null for other nodes. */
export function modelOf(node: AgentNode): string | null {
  if (nodeType(node.type)?.category !== 'ai') return null;
  const { model } = node.config ?? {};
  return typeof model === 'string' && model !== '' ? model : DEFAULT_MODEL;
}

export function nodeSize(node: AgentNode, exits: number = exitsOf(node).length): Size {
  const rows = exits > 1 ? exits * EXIT_ROW + EXITS_PADDING : 0;
  return { width: NODE_WIDTH, height: HEAD + (modelOf(node) === null ? 0 : MODEL_ROW) + rows };
}

/** What kind of node it is: the title of its type, said more closely for a deep agent. */
export function nodeKind(node: AgentNode): string {
  const { deep } = node.config ?? {};
  if (node.type !== 'ai.agent' || !isRecord(deep)) return nodeType(node.type)?.title ?? node.type;
  const helpers = Array.isArray(deep.helpers) ? deep.helpers.length : 0;
  if (helpers === 0) return 'Deep agent';
  return `Deep agent · ${helpers} ${helpers === 1 ? 'helper' : 'helpers'}`;
}

/** What a node is called: its name, or its id in words. */
export function nodeLabel(node: AgentNode): string {
  if (node.name !== undefined && node.name.trim() !== '') return node.name;
  const words = node.id.replaceAll('_', ' ').trim();
  return words === '' ? 'Unnamed' : words.charAt(0).toUpperCase() + words.slice(1);
}
