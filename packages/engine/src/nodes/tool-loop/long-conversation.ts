import type { JsonValue } from '@agentflow/contracts';
import type { ModelMessage, ModelToolCall } from '../../ports.ts';
import { conversationOf, type Turn } from './records.ts';

/** Up to here a conversation is given whole, in characters of JSON. */
const WHOLE_CHARACTERS = 400_000;
/** What is aimed at beyond. */
const SHORT_CHARACTERS = 600_000;
/** Turns that are left whole at the end, tried one after the other. */
const KEPT = [12, 4, 1];
const MAX_ARGUMENT_CHARACTERS = 500;
const MAX_RESULT_CHARACTERS = 2000;

/**
 * Everything that was said, of a long conversation without the large pieces of turns long past: what was written to files
 * can be read there. Goes by the turns alone, so that every attempt gives the same.
 */
export function workingConversation(turns: readonly Turn[]): ModelMessage[] {
  const whole = conversationOf(turns);
  if (sizeOf(whole) <= WHOLE_CHARACTERS) return whole;
  let short = whole;
  for (const kept of KEPT) {
    const past = turns.slice(0, Math.max(0, turns.length - kept));
    const recent = turns.slice(past.length);
    // Results stand in the request of the turn after their call.
    short = [...conversationOf(past).map(shortened), ...conversationOf(recent)];
    if (sizeOf(short) <= SHORT_CHARACTERS) break;
  }
  return short;
}

function sizeOf(messages: readonly ModelMessage[]): number {
  return JSON.stringify(messages).length;
}

function shortened(message: ModelMessage): ModelMessage {
  if (message.role === 'tool') {
    return { ...message, content: shortText(message.content, MAX_RESULT_CHARACTERS, 'call the tool again to see it') };
  }
  if (message.role !== 'assistant' || message.tool_calls === undefined) return message;
  return { ...message, tool_calls: message.tool_calls.map(shortCall) };
}

function shortCall(call: ModelToolCall): ModelToolCall {
  const given = call.arguments;
  if (typeof given !== 'object' || given === null || Array.isArray(given)) return call;
  const short = Object.entries(given).map(([name, value]): [string, JsonValue] => {
    return [name, typeof value === 'string' ? shortText(value, MAX_ARGUMENT_CHARACTERS, 'it was given whole') : value];
  });
  return { ...call, arguments: Object.fromEntries(short) };
}

function shortText(text: string, most: number, advice: string): string {
  if (text.length <= most) return text;
  const kept = text.slice(0, most).replace(/[\uD800-\uDBFF]$/, '');
  return `${kept}… [left out here: ${text.length - kept.length} characters; ${advice}]`;
}
