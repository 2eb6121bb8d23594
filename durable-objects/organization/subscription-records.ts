import type {
  ChatPlatform,
  EventScope,
  EventType,
  JsonValue,
  MaskedChatConfig,
  MessageTemplates,
  SignatureScheme,
} from '@agentflow/contracts';

/** An event as the desk's log has it. Times in milliseconds since the epoch. */
export interface LoggedEvent {
  /** Grows by the order of events; gaps mean nothing. */
  readonly seq: number;
  readonly id: string;
  readonly type: EventType;
  readonly at: number;
  readonly data: Readonly<Record<string, JsonValue>>;
}

/** An event on its way to the log; its id is the same however often it is told. */
export type OutgoingEvent = Omit<LoggedEvent, 'seq'>;

/** What a webhook says of itself beyond its subscription, as it may be shown. */
export interface WebhookSettings {
  readonly kind: 'webhook';
  readonly url: string;
  /** Values masked. */
  readonly headers: Readonly<Record<string, string>>;
  readonly signature: SignatureScheme;
  readonly public_key: string | null;
  readonly secret_hint: string;
  readonly previous_secret_until: number | null;
  readonly ordered: boolean;
  readonly rate_per_second: number | null;
  readonly timeout_seconds: number;
  readonly retry_seconds: readonly number[];
}

export interface ChannelSettings {
  readonly kind: 'channel';
  readonly config: MaskedChatConfig;
  readonly templates: MessageTemplates;
  readonly buttons: boolean;
}

/** The webhook_config of an external agent: its own calls only. */
export interface ExternalAgentTarget {
  readonly kind: 'external_agent';
  readonly config: MaskedChatConfig;
}

/**
 * Who is told which events. The desk reads `events`, `filter` and `is_active`; the target what it needs to deliver.
 * Of an external agent the id is the agent's own, and its webhook is part of its record.
 */
export interface SubscriptionRecord {
  readonly id: string;
  /** Of a webhook its description. */
  readonly name: string;
  /** Patterns as they were given. */
  readonly events: readonly string[];
  readonly filter: EventScope;
  readonly settings: WebhookSettings | ChannelSettings | ExternalAgentTarget;
  /** JSON of `WebhookSecrets` or a `ChatConfig`, as the vault seals it for `subscriptionPlace`. */
  readonly sealed: string;
  readonly is_active: boolean;
  readonly disabled: DisabledTarget | null;
  readonly created_at: number;
  readonly created_by: string;
  readonly updated_at: number;
  readonly deleted_at: number | null;
  /** Counts its changes: its ETag, and the order of its projections. */
  readonly revision: number;
}

export interface DisabledTarget {
  readonly reason: 'gone' | 'failing';
  readonly detail: string;
  readonly at: number;
}

/** What a webhook keeps secret. */
export interface WebhookSecrets {
  /** The newest first. `until`: in milliseconds, of those that a rotation has replaced. */
  readonly secrets: readonly { readonly secret: string; readonly until: number | null }[];
  readonly headers: Readonly<Record<string, string>>;
}

/** What the vault binds a sealed subscription to. */
export function subscriptionPlace(organizationId: string, targetId: string): string {
  return targetId.startsWith('ext_')
    ? `external_agent_webhook:${organizationId}:${targetId}`
    : `subscription:${organizationId}:${targetId}`;
}

/** What a change of a subscription came to. */
export type SubscriptionChange =
  | { readonly outcome: 'done'; readonly subscription: SubscriptionRecord; readonly changed: boolean }
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'too_many' }
  | { readonly outcome: 'stale'; readonly subscription: SubscriptionRecord };

/** A target asks for what is for it. */
export interface PullRequest {
  readonly target_id: string;
  /** Of the last event that it has stored; what is up to there is confirmed by it. Null for a target that has stored none. */
  readonly after: number | null;
  /** Of the subscription that it knows; 0 for none. */
  readonly revision: number;
}

export type Pulled =
  /** There is no such subscription any more: the target deletes what it has. */
  | { readonly state: 'gone' }
  | {
      readonly state: 'here';
      /** Where it is newer than what the target knows. */
      readonly subscription: SubscriptionRecord | null;
      readonly events: readonly LoggedEvent[];
      /** Number up to which everything is in `events` or not for this target. */
      readonly upto: number;
      readonly more: boolean;
    };

/** A target that is not sent to any more. */
export interface TargetFailure {
  readonly target_id: string;
  readonly reason: DisabledTarget['reason'];
  readonly detail: string;
  readonly failing_since: number | null;
}

/** What came of sending to a chat platform lately. */
export interface PlatformAttempts {
  readonly platform: ChatPlatform;
  readonly delivered: number;
  readonly failed: number;
  readonly last_error: string | null;
}
