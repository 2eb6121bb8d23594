import type { ChatConfig, ChatPlatform, EventType, JsonValue, MessageKind } from '@agentflow/contracts';
import type { Mailer } from '../platform/mail.ts';

/** An event as a message is made of it; `at` in milliseconds. */
export interface MessageEvent {
  readonly id: string;
  readonly type: EventType | 'webhook.test';
  readonly at: number;
  readonly data: Readonly<Record<string, JsonValue>>;
}

export type Tone = 'good' | 'bad' | 'waiting' | 'neutral';

/** A decision that can be made from the message; `value` names what is decided (`actionValue`). */
export interface ChatAction {
  readonly id: 'approve' | 'deny';
  readonly label: string;
  readonly value: string;
}

/** What is told, before a platform gives it a form. Every text is foreign: of any length, with any characters. */
export interface ChatMessage {
  readonly kind: MessageKind;
  readonly tone: Tone;
  readonly title: string;
  readonly text: string;
  readonly facts: readonly { readonly name: string; readonly value: string }[];
  readonly link: { readonly label: string; readonly url: string } | null;
  readonly actions: readonly ChatAction[];
  /** What it tells, as a webhook's body has it. */
  readonly event: MessageSource;
}

export interface MessageSource {
  readonly id: string;
  readonly type: string;
  readonly version: number;
  readonly timestamp: string;
  readonly organization_id: string;
  readonly data: Readonly<Record<string, JsonValue>>;
}

export interface Problem {
  readonly path: string;
  readonly message: string;
}

export interface ChatRequest {
  readonly url: string;
  readonly method: 'POST';
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** What a platform answered. Header names are in lower case. */
export interface ChatAnswer {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/**
 * What an answer means.
 * `malformed`: the platform does not take this form of the message. `moved`: the chat is now where `config` says.
 * `refused`: trying again is useless until somebody changes something. `gone`: the webhook or chat is no more.
 */
export type Verdict =
  /** `pause_ms`: what the platform wants to wait before the next message. */
  | { readonly outcome: 'delivered'; readonly message_ref: string | null; readonly pause_ms?: number | null }
  | { readonly outcome: 'rate_limited'; readonly error: string; readonly retry_after_ms: number | null }
  | { readonly outcome: 'failed'; readonly error: string; readonly retry_after_ms: number | null }
  | { readonly outcome: 'malformed' | 'refused' | 'gone'; readonly error: string }
  | { readonly outcome: 'moved'; readonly error: string; readonly config: ChatConfig };

/** Base addresses of the platforms' APIs. */
export interface ChatApis {
  readonly slack: string;
  readonly discord: string;
  readonly telegram: string;
}

export interface RequestContext {
  readonly apis: ChatApis;
  /** The same for every attempt of one delivery. */
  readonly idempotencyKey: string;
}

export type ConfigOf<P extends ChatPlatform> = Extract<ChatConfig, { platform: P }>;

interface AdapterBase<C extends ChatConfig, P> {
  readonly platform: C['platform'];
  /** Raised by every change of the payload that a receiver could notice. */
  readonly version: number;
  /** A config for previews; nothing in it is real. */
  readonly sample: C;
  /** What the schema of the config can't see. */
  problems(config: C): Problem[];
  format(message: ChatMessage, config: C): P;
  /** The least that the platform takes: sent once where it refuses the rich form. */
  plain(message: ChatMessage, config: C): P;
}

/** A platform that is reached by HTTP. */
export interface HttpAdapter<C extends ChatConfig = ChatConfig, P = unknown> extends AdapterBase<C, P> {
  readonly transport: 'http';
  request(config: C, payload: P, context: RequestContext): Promise<ChatRequest>;
  classify(answer: ChatAnswer, config: C): Verdict;
}

/** A platform that is reached through the mailer. */
export interface MailAdapter<C extends ChatConfig = ChatConfig, P = unknown> extends AdapterBase<C, P> {
  readonly transport: 'mail';
  send(config: C, payload: P, mailer: Mailer, idempotencyKey: string): Promise<Verdict>;
}

export type ChatAdapter<C extends ChatConfig = ChatConfig, P = unknown> = HttpAdapter<C, P> | MailAdapter<C, P>;

export interface SendPorts {
  /** The guarded way out; may throw OutboundError. */
  readonly fetch: (request: Request) => Promise<Response>;
  /** Null where no mail is set up. */
  readonly mailer: Mailer | null;
  readonly apis: ChatApis;
  readonly idempotencyKey: string;
  /** For each call. */
  readonly timeout_ms: number;
  /** The newest where it is left out, or is no more. */
  readonly adapter_version?: number;
}

export interface Sent {
  readonly outcome: 'delivered' | 'rate_limited' | 'gone' | 'refused' | 'failed';
  readonly status: number | null;
  readonly error: string | null;
  /** Before the next try; of what was delivered, before the next message. */
  readonly retry_after_ms: number | null;
  /** Whether this is about the plain form, the rich one having been refused. */
  readonly plain: boolean;
  readonly adapter_version: number;
  /** As it was sent, with what opens the chat masked. Empty where nothing was sent. */
  readonly request: {
    readonly url: string;
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
  };
  readonly response: {
    readonly headers: Readonly<Record<string, string>>;
    readonly body: string;
    readonly truncated: boolean;
  };
  /** The platform's name of the message, where it gives one. */
  readonly message_ref: string | null;
}
