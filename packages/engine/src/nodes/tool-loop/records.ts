import type { JsonValue } from '@agentflow/contracts';
import type { EndedCall, ModelMessage, ModelTool, ModelToolCall } from '../../ports.ts';

/*
 * What the steps of a tool loop store. `m0`, `m1`, … list the tools of MCP servers; `t1`, `t2`, … are turns of the model;
 * `t1.0`, `t1.1`, … are the tools that the first turn asked for. A helper is a loop of its own within the call that asked
 * for it: its turns are `t1.0/t1`, `t1.0/t2`, …
 */

export type Limit = 'turns' | 'tokens' | 'size';

/**
 * What a turn adds to the conversation: the turns before it hold the rest, so that a long loop is not stored over and
 * over. The first one holds the tools too, which stay the same whatever servers tell later.
 */
export interface TurnRequest {
  /** `last`: a limit is reached, and the model answers without tools. `repair`: its answer did not fit the schema. */
  readonly purpose: 'work' | 'last' | 'repair';
  readonly limit: Limit | null;
  readonly messages: readonly ModelMessage[];
  readonly tools?: readonly OfferedTool[];
  /** Of the first one: the helper whose conversation it begins. */
  readonly helper?: string;
  /** The last word from outside that this turn or one before it has heard. */
  readonly heard?: number;
}

/** A tool as the model knows it, and where it comes from. */
export interface OfferedTool extends ModelTool {
  /** Of an MCP server: its place in the node's tools, and what it calls the tool itself. */
  readonly mcp?: { readonly server: number; readonly name: string };
}

export interface TurnOutput {
  readonly text: string;
  readonly tool_calls: readonly ModelToolCall[];
  readonly finish_reason: string;
  readonly usage: { readonly input_tokens: number; readonly output_tokens: number };
}

export interface ToolRequest {
  readonly tool: string;
  readonly arguments: JsonValue;
  readonly mcp?: OfferedTool['mcp'];
  /** Why the call can't be made: told to the model. */
  readonly problem?: { readonly code: string; readonly message: string };
}

/** What a call of `task` gives: the helper's answer, and what it took. */
export interface HelperOutput {
  readonly answer: string;
  readonly ended_by: Limit | 'answer';
  readonly turns: number;
  readonly tool_calls: number;
  readonly total_tokens: number;
}

export interface Turn {
  readonly number: number;
  readonly request: TurnRequest;
  /** null where the call of the model failed for good. */
  readonly output: TurnOutput | null;
  readonly error: EndedCall['error'];
}

/** The JSON of a record: its interfaces have no index signature, which JsonValue asks for. */
export function stored(record: TurnRequest | ToolRequest | TurnOutput | HelperOutput): JsonValue {
  return record as unknown as JsonValue;
}

export function turnId(number: number): string {
  return `t${number}`;
}

export function toolId(turn: number, index: number): string {
  return `t${turn}.${index}`;
}

/** Turns that have ended, in their order. */
export function turnsOf(calls: readonly EndedCall[]): Turn[] {
  return calls.flatMap(({ id, request, output, error }) => {
    const number = /^t(\d+)$/.exec(id)?.[1];
    if (number === undefined) return [];
    return [
      {
        number: Number(number),
        request: request as unknown as TurnRequest,
        output: error === null ? (output as unknown as TurnOutput) : null,
        error,
      },
    ];
  });
}

/** Everything that was said so far. */
export function conversationOf(turns: readonly Turn[]): ModelMessage[] {
  return turns.flatMap(({ request, output }): ModelMessage[] => [
    ...request.messages,
    ...(output === null ? [] : [assistantMessage(output)]),
  ]);
}

function assistantMessage({ text, tool_calls }: TurnOutput): ModelMessage {
  return tool_calls.length === 0
    ? { role: 'assistant', content: text }
    : { role: 'assistant', content: text, tool_calls };
}

/** The most of one result that a model is given, in characters. */
export const MAX_RESULT_CHARACTERS = 32_000;

/** Room for what is said of the cut, so that a cut result is not cut again. */
const MARKER_CHARACTERS = 100;

/** A tool's result as it is kept and given to the model: a large one is cut, and says so. */
export function boundedResult(value: JsonValue): JsonValue {
  const text = resultText(value);
  return text.length <= MAX_RESULT_CHARACTERS ? value : cut(text, MAX_RESULT_CHARACTERS - MARKER_CHARACTERS);
}

/** Never leaves half of a character at the end: providers refuse it. */
export function cut(text: string, most: number): string {
  if (text.length <= most) return text;
  const kept = /[\uD800-\uDBFF]/.test(text[most - 1] ?? '') ? most - 1 : most;
  return `${text.slice(0, kept)}\n… cut: these are ${kept} of ${text.length} characters.`;
}

/** Half characters become U+FFFD: URLs can't hold them, and providers refuse them. */
export function wellFormed(text: string): string {
  return text.replace(/\p{Surrogate}/gu, '\uFFFD');
}

export function resultText(value: JsonValue): string {
  return wellFormed(typeof value === 'string' ? value : JSON.stringify(value));
}
