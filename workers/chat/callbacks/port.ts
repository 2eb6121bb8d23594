import type { JsonValue } from '@agentflow/contracts';
import type { PressedAction } from '../messages/actions.ts';
import type { ChatAnswer, ChatRequest } from '../port.ts';

/** A call of a platform as it came: what it signed are the bytes of the body. */
export interface RawCallback {
  readonly headers: Headers;
  readonly body: string;
}

/** Who has pressed, as the platform names them. */
export interface ChatPerson {
  /** Of the platform's teams, where its accounts belong to one; else empty. */
  readonly team: string;
  readonly id: string;
  readonly name: string;
}

/** Shown to whoever has pressed, and to nobody else. */
export interface Note {
  readonly text: string;
  readonly link: { readonly label: string; readonly url: string } | null;
}

/** What a press has come to. */
export interface PressResult {
  /** The payload that takes the message's place, as the adapter formats it; null leaves the message as it is. */
  readonly message: Readonly<Record<string, unknown>> | null;
  readonly note: Note | null;
}

/** Makes a call to the platform. Rejects where it can't be reached. */
export type PlatformCall = (request: ChatRequest) => Promise<ChatAnswer>;

export interface CallbackAnswer {
  /** Of the answer to the callback itself; null for none. */
  readonly body: JsonValue;
  /** What is called after that. */
  readonly later: ((call: PlatformCall) => Promise<void>) | null;
}

export interface Press {
  readonly person: ChatPerson;
  /** Null for a button that is not of ours. */
  readonly action: PressedAction | null;
  answer(result: PressResult): CallbackAnswer;
}

export type Called =
  | { readonly kind: 'press'; readonly press: Press }
  /** What needs no more than this answer. */
  | { readonly kind: 'answered'; readonly body: JsonValue };

/** What receives the presses of one channel. */
export interface CallbackReceiver {
  /**
   * The key by which its callbacks are verified, where the channel's owner has brought it: who has it can speak for every
   * account. Empty where the platform alone can.
   */
  readonly key: string;
  /** Whether the platform has sent this, and lately. `now` in milliseconds. */
  verify(raw: RawCallback, now: number): Promise<boolean>;
  /** Only of what was verified. Null for what has not the platform's form. */
  read(raw: RawCallback): Called | null;
}

/** How old a signed call may be: Slack's own bound, and ours for the others that sign a time. */
const MAX_AGE_SECONDS = 300;

/** @param seconds since the epoch, as the header has it */
export function isRecent(seconds: string | null, now: number): boolean {
  if (seconds === null || !/^\d{1,12}$/.test(seconds)) return false;
  return Math.abs(Math.floor(now / 1000) - Number(seconds)) <= MAX_AGE_SECONDS;
}

/** Null for what is no hex of so many bytes. */
export function bytesOfHex(hex: string, length: number): Uint8Array<ArrayBuffer> | null {
  if (hex.length !== 2 * length || !/^[0-9a-f]+$/i.test(hex)) return null;
  return Uint8Array.from({ length }, (_, at) => Number.parseInt(hex.slice(2 * at, 2 * at + 2), 16));
}

export function parsedJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}

/** These fields of a payload, where it has them. */
export function fieldsOf(
  payload: Readonly<Record<string, unknown>>,
  names: readonly string[],
): Record<string, unknown> {
  return Object.fromEntries(names.flatMap((name) => (name in payload ? [[name, payload[name]]] : [])));
}

export function jsonRequest(url: string, body: unknown): ChatRequest {
  return {
    url,
    method: 'POST',
    headers: { 'content-type': 'application/json; charset=utf-8', 'user-agent': 'AgentFlow' },
    body: JSON.stringify(body),
  };
}
