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
  } catch {
    const { offset, expected } = firstFault(text);
    return refused(text.slice(0, offset).split('\n').length, `is not valid JSON: ${expected} is missing here`);
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

const TOKEN =
  /[ \t\n\r]*(?:([{}[\],:])|("[^"\\\p{Cc}]*(?:\\(?:["\\/bfnrt]|u[\da-fA-F]{4})[^"\\\p{Cc}]*)*")|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)/uy;

/** Where a text stops being JSON. The messages of JSON.parse tell no place, or each engine in words of its own. */
function firstFault(text: string): { offset: number; expected: string } {
  const open: string[] = [];
  let expected = 'a value';
  let at = 0;
  for (;;) {
    TOKEN.lastIndex = at;
    const token = TOKEN.exec(text);
    const next = token === null ? null : step(expected, token[1] ?? (token[2] === undefined ? 'atom' : 'text'), open);
    if (next === null) {
      const blank = /[ \t\n\r]*/y;
      blank.lastIndex = at;
      return { offset: at + (blank.exec(text)?.[0].length ?? 0), expected };
    }
    at = TOKEN.lastIndex;
    expected = next;
  }
}

/** What has to follow the token, or null where it may not stand there. `open` are the brackets to be closed. */
function step(expected: string, token: string, open: string[]): string | null {
  const after = () => (open.length === 0 ? 'the end' : `a comma or ${open.at(-1)}`);
  const closes = token === open.at(-1) && (expected.endsWith(token) || expected.endsWith('or a key'));
  if (closes) {
    open.pop();
    return after();
  }
  if (token === ',') return expected.startsWith('a comma') ? (open.at(-1) === '}' ? 'a key' : 'a value') : null;
  if (token === ':') return expected === 'a colon' ? 'a value' : null;
  if (expected.endsWith('a key')) return token === 'text' ? 'a colon' : null;
  if (!expected.startsWith('a value')) return null;
  if (token === '{' || token === '[') {
    open.push(token === '{' ? '}' : ']');
    return token === '{' ? '} or a key' : 'a value or ]';
  }
  return token === 'text' || token === 'atom' ? after() : null;
}
