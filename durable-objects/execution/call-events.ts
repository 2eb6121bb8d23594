import type { JsonValue } from '@agentflow/contracts';
import { isToolCall } from '@agentflow/engine';

const MAX_INPUT_CHARACTERS = 4000;
const MAX_TEXT_CHARACTERS = 500;

/** What the events of a tool's call tell of it; nothing for any other step. */
export function toolStarted(call: string, request: JsonValue | undefined): Record<string, JsonValue> {
  const named = toolNamed(call, request);
  const given = fieldOf(request, 'arguments');
  return named.tool === undefined || given === undefined ? named : { ...named, input: shortened(given) };
}

export function toolNamed(call: string, request: JsonValue | undefined): { tool?: string } {
  const tool = isToolCall(call) ? fieldOf(request, 'tool') : undefined;
  return typeof tool === 'string' ? { tool } : {};
}

function fieldOf(request: JsonValue | undefined, name: string): JsonValue | undefined {
  const isObject = typeof request === 'object' && request !== null && !Array.isArray(request);
  return isObject ? request[name] : undefined;
}

/** Long texts are cut: an event tells what is done, and the step has the whole. */
function shortened(input: JsonValue): JsonValue {
  if (JSON.stringify(input).length <= MAX_INPUT_CHARACTERS) return input;
  if (typeof input !== 'object' || input === null || Array.isArray(input)) return { truncated: true };
  const short = Object.fromEntries(Object.entries(input).map(([name, value]) => [name, shortText(value)]));
  return JSON.stringify(short).length <= MAX_INPUT_CHARACTERS ? short : { truncated: true };
}

function shortText(value: JsonValue): JsonValue {
  const text = typeof value === 'string' ? value : JSON.stringify(value);
  return text.length <= MAX_TEXT_CHARACTERS ? value : `${text.slice(0, MAX_TEXT_CHARACTERS)}…`;
}
