import type { JsonValue } from '@agentflow/contracts';
import { isObject } from './layout.ts';

/**
 * In `agent.yaml` a field of a config and an entry of its `tools` may be `{file: path}` instead of the value. A value of the draft's own
 * that looks like one, or like one that was escaped, gets a `$` before its key.
 */
const LOOKS_LIKE_ONE = /^\$*file$/;

export function reference(path: string): JsonValue {
  return { file: path };
}

/** The path, where this is a reference. */
export function referencedPath(value: JsonValue | undefined): string | null {
  const only = onlyText(value);
  return only?.key === 'file' ? only.text : null;
}

export function escaped(value: JsonValue): JsonValue {
  const only = onlyText(value);
  return only === null ? value : { [`$${only.key}`]: only.text };
}

/** Undoes `escaped`, of a value that is no reference. */
export function fromEscaped(value: JsonValue): JsonValue {
  const only = onlyText(value);
  return only === null ? value : { [only.key.slice(1)]: only.text };
}

function onlyText(value: JsonValue | undefined): { key: string; text: string } | null {
  if (!isObject(value)) return null;
  const [entry, second] = Object.entries(value);
  if (entry === undefined || second !== undefined) return null;
  const [key, text] = entry;
  return LOOKS_LIKE_ONE.test(key) && typeof text === 'string' ? { key, text } : null;
}
