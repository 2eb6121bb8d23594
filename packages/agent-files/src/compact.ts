import type { JsonValue } from '@agentflow/contracts';
import { isObject } from './layout.ts';

/** `agent.yaml` of a draft that indentation would blow up: JSON, which is YAML, with a node or an edge a line. */
export function writeCompact(agent: JsonValue): string {
  const parts = Object.entries(agent as Record<string, JsonValue>).map(([key, value]) => {
    const text = Array.isArray(value)
      ? `[\n${value.map((item) => JSON.stringify(item)).join(',\n')}\n]`
      : JSON.stringify(value);
    return `${JSON.stringify(key)}: ${text}`;
  });
  return `{${parts.join(',\n')}}\n`;
}

/**
 * Reads what `writeCompact` wrote without the cost of a YAML tree; undefined for any other text. A text that it would
 * write again to the letter holds no duplicate keys and nothing that JSON reads as something else.
 */
export function readCompact(text: string): JsonValue | undefined {
  if (!text.startsWith('{"nodes": [\n') || text.includes('__proto__')) return undefined;
  try {
    const value = JSON.parse(text) as JsonValue;
    return isObject(value) && writeCompact(value) === text ? value : undefined;
  } catch {
    return undefined;
  }
}
