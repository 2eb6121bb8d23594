import type { JsonValue } from '@agentflow/contracts';

export type JsonObject = { [key: string]: JsonValue };

export function isObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** What is wrong with a value under a JSON Schema; empty where it fits. */
export type CheckInput = (schema: JsonObject, value: JsonValue) => readonly { path: string; message: string }[];
