import type { AgentDefinition } from '@agentflow/contracts';

export function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function isPosition(value: unknown): boolean {
  return value === undefined || (isRecord(value) && Number.isFinite(value.x) && Number.isFinite(value.y));
}

export function isNode(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value.id === 'string' &&
    typeof value.type === 'string' &&
    (value.name === undefined || typeof value.name === 'string') &&
    (value.config === undefined || isRecord(value.config)) &&
    isPosition(value.position)
  );
}

export function isEdge(value: unknown): boolean {
  return (
    isRecord(value) &&
    typeof value.id === 'string' &&
    typeof value.source === 'string' &&
    typeof value.target === 'string' &&
    (value.source_handle === undefined || typeof value.source_handle === 'string')
  );
}

/**
 * A draft as the canvas can show it: whatever has nodes and edges, also past the limits and with fields that this
 * release does not know, which are kept. Null for what has not that shape; as JSON it can still be edited.
 */
export function openDraft(value: unknown): AgentDefinition | null {
  if (!isRecord(value) || !Array.isArray(value.nodes) || !Array.isArray(value.edges)) return null;
  if (!value.nodes.every(isNode) || !value.edges.every(isEdge)) return null;
  const definition = value as unknown as AgentDefinition;
  if (definition.nodes.every((node) => node.config !== undefined)) return definition;
  return { ...definition, nodes: definition.nodes.map((node) => ({ ...node, config: node.config ?? {} })) };
}
