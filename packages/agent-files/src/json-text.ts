import { type JsonValue, LIMITS } from '@agentflow/contracts';

export type JsonReading =
  | { readonly ok: true; readonly value: JsonValue }
  | { readonly ok: false; readonly line: number | null; readonly message: string };

/**
 * Reads JSON (RFC 8259) and refuses what would be lost or misread on the way: keys that stand twice, `__proto__`, numbers
 * out of range, and nesting that those who walk the value could not bear.
 */
export function readJson(text: string): JsonReading {
  const { depth, members } = shapeOf(text);
  if (depth > LIMITS.json_depth) return refused(null, `is nested deeper than ${LIMITS.json_depth} levels`);
  let value: JsonValue;
  try {
    value = JSON.parse(text) as JsonValue;
  } catch (error) {
    const message = error instanceof Error ? error.message : 'it can’t be read';
    return refused(lineIn(message, text), `is not valid JSON: ${message}`);
  }
  const counted = { members: 0, proto: false, infinite: false };
  count(value, counted);
  if (counted.proto) return refused(null, 'has a key __proto__, which is not allowed as a field name');
  if (counted.infinite) return refused(null, 'has a number that is out of range');
  if (counted.members !== members) return refused(null, 'has a key twice in one object');
  return { ok: true, value };
}

function refused(line: number | null, message: string): JsonReading {
  return { ok: false, line, message };
}

/** Deepest nesting and number of members, without recursion. Right for texts that are JSON. */
function shapeOf(text: string): { depth: number; members: number } {
  let depth = 0;
  let deepest = 0;
  let members = 0;
  let inString = false;
  for (let at = 0; at < text.length; at++) {
    const code = text.charCodeAt(at);
    if (inString) {
      if (code === 0x5c) at++;
      else if (code === 0x22) inString = false;
    } else if (code === 0x22) inString = true;
    else if (code === 0x3a) members++;
    else if (code === 0x5b || code === 0x7b) deepest = Math.max(deepest, ++depth);
    else if (code === 0x5d || code === 0x7d) depth--;
  }
  return { depth: deepest, members };
}

function count(value: JsonValue, counted: { members: number; proto: boolean; infinite: boolean }): void {
  if (typeof value === 'number' && !Number.isFinite(value)) counted.infinite = true;
  if (typeof value !== 'object' || value === null) return;
  if (!Array.isArray(value)) {
    counted.members += Object.keys(value).length;
    if (Object.hasOwn(value, '__proto__')) counted.proto = true;
  }
  for (const item of Object.values(value)) count(item, counted);
}

/** Deepest nesting of a JSON text. */
export function jsonDepth(text: string): number {
  return shapeOf(text).depth;
}

/** V8 tells the offset, Firefox line and column. */
function lineIn(message: string, text: string): number | null {
  const line = /at line (\d+) column/.exec(message)?.[1];
  if (line !== undefined) return Number(line);
  const position = /at position (\d+)/.exec(message)?.[1];
  if (position !== undefined) return text.slice(0, Number(position)).split('\n').length;
  return /end of (?:JSON|data)/i.test(message) ? text.split('\n').length : null;
}
