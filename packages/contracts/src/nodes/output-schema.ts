import { z } from 'zod';
import type { JsonValue } from '../common.ts';
import type { AgentNode } from '../definition.ts';
import { nodeType } from './registry.ts';

type JsonObject = { readonly [key: string]: JsonValue };

function asObject(value: JsonValue | undefined): JsonObject | null {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : null;
}

/** Which field of a type's output its config's `schema` describes; `''` is the output itself. */
const ANSWERS: Readonly<Record<string, string>> = {
  'ai.chat': 'data',
  'ai.agent': 'data',
  'ai.extract': '',
  'human.form': 'form',
};

/**
 * JSON Schema of `{{node.output}}` as far as the node's type and config tell it; null where they do not: an output that
 * is mapped or computed, or that the caller gives.
 */
export function outputSchemaOf(node: AgentNode): JsonObject | null {
  if (node.output_mapping !== undefined) return null;
  const output = nodeType(node.type)?.output ?? null;
  const own = output === null ? null : (z.toJSONSchema(output, { unrepresentable: 'any' }) as JsonObject);
  const answered = ANSWERS[node.type];
  const answer = asObject(node.config.schema);
  if (answered === undefined || answer === null) return own;
  if (answered === '') return answer;
  return own === null ? null : { ...own, properties: { ...asObject(own.properties), [answered]: answer } };
}
