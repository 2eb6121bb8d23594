import type { JsonValue } from '@agentflow/contracts';

/** An object or list that a text holds as JSON; undefined for anything else. */
export function parsedJson(text: string | null): JsonValue | undefined {
  if (text === null || !/^\s*[[{]/.test(text)) return undefined;
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}
