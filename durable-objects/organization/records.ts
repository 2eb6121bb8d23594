import type {
  AgentStatus,
  ConcurrencyPolicy,
  Door,
  ExternalConfig,
  ExternalOperation,
  ExternalPlatform,
  MaskedWebhookConfig,
  Permission,
  Plan,
  RateLimits,
  Recording,
  RetentionDays,
  SetOrganizationRateLimitsRequest,
} from '@agentflow/contracts';
import type { DisabledTarget } from './subscription-records.ts';

/** What the desk knows of an API key. The key itself is never stored, only its SHA-256 in hex. */
export interface KeyRecord {
  readonly id: string;
  readonly name: string;
  readonly prefix: string;
  readonly key_hash: string;
  readonly scopes: readonly Permission[];
  readonly created_at: number;
  readonly created_by: string;
  readonly expires_at: number | null;
  /** Of a key of an external agent, which has no scopes. */
  readonly external_agent_id?: string;
}

export interface CheckedKey {
  readonly id: string;
  readonly name: string;
  readonly scopes: readonly Permission[];
  readonly external_agent_id?: string;
}

/** An external agent as the desk holds it. Times in milliseconds since the epoch. */
export interface ExternalAgentRecord {
  readonly id: string;
  readonly name: string;
  readonly platform: ExternalPlatform;
  readonly description: string;
  readonly config: ExternalConfig;
  /** As the vault seals it, and as it is shown: the desk reads neither. */
  readonly webhook_sealed: string | null;
  readonly webhook_masked: MaskedWebhookConfig | null;
  /** Why nothing is sent to its webhook any more; set anew with the webhook. */
  readonly webhook_disabled?: DisabledTarget | null;
  /** The agents that it may call; null for all. */
  readonly agents: readonly string[] | null;
  readonly operations: readonly ExternalOperation[];
  readonly rate_limits: RateLimits | null;
  readonly max_concurrency: number | null;
  readonly recording: Recording;
  readonly is_active: boolean;
  readonly created_at: number;
  readonly created_by: string;
  readonly updated_at: number;
  readonly deleted_at: number | null;
  /** Counts its changes: its ETag, and the order of its projections. */
  readonly revision: number;
}

/** What a change of an external agent came to. `changed: false` where it says what was there before. */
export type ExternalAgentChange =
  | {
      readonly outcome: 'done';
      readonly agent: ExternalAgentRecord;
      readonly changed: boolean;
      /** It was active before. */
      readonly deactivated: boolean;
    }
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'stale'; readonly agent: ExternalAgentRecord };

/** The external agent on whose behalf an execution runs, also far below the one that it started. */
export interface ExternalOrigin {
  readonly external_agent_id: string;
  readonly key_id: string;
}

/** What an execution that an external agent started records of the call. */
export interface ExternalCall extends ExternalOrigin {
  readonly name: string;
  readonly platform: ExternalPlatform;
  readonly door: Door;
  /** `off`: not to be recorded; `sampled_out`: left out, because there are too many calls. */
  readonly payloads: 'on' | 'off' | 'sampled_out';
  readonly redact: readonly string[];
}

/** What admission needs to know of an agent; `revision` is that of its D1 row, so that an older head never replaces a newer. */
export interface AgentHead {
  readonly agent_id: string;
  readonly name: string;
  readonly status: AgentStatus;
  readonly live_version: number | null;
  readonly latest_version: number;
  readonly max_concurrency: number | null;
  /** What a start does that finds `max_concurrency` reached. Heads of an earlier release have none: `reject`. */
  readonly concurrency_policy?: ConcurrencyPolicy;
  /** Heads of an earlier release have none. */
  readonly tags?: readonly string[];
  readonly revision: number;
}

/** Who did it and from where, for the audit row that goes with a change made at the desk. */
export interface AuditOrigin {
  readonly actor_type: string;
  readonly actor_id: string;
  readonly ip: string;
  readonly user_agent: string;
  readonly request_id: string;
}

/** A key as the desk holds it. Times in milliseconds since the epoch. */
export interface StoredKey extends KeyRecord {
  readonly revoked_at: number | null;
  /** The key that a rotation made in its place. */
  readonly replaced_by: string | null;
  readonly last_used_at: number | null;
  readonly revision: number;
}

/** Whose executions are stopped. */
export interface StopSubject {
  readonly kind: 'key' | 'external_agent' | 'policy';
  readonly subject_id: string;
}

/** One use of the kill switch. Money in micro-dollars, times in milliseconds. */
export interface StopRecord extends StopSubject {
  readonly id: string;
  /** Executions that were alive, and how many of them have ended since, at what cost. */
  readonly targeted: number;
  readonly stopped: number;
  readonly spent_microusd: number;
  readonly created_at: number;
  readonly finished_at: number | null;
}

/** How many days executions are kept after their end, null for ever; nothing is deleted before `effective_at`. */
export interface RetentionRule {
  readonly days: RetentionDays;
  readonly effective_at: number;
}

/** Who may come from where, normalised networks; every change makes the next revision, and 0 is that of none at all. */
export interface StoredAllowlist {
  readonly entries: readonly { readonly network: string; readonly description: string }[];
  readonly revision: number;
}

/** What an organization limits besides its plan. */
export type OrganizationLimits = SetOrganizationRateLimitsRequest;

/** Every change makes the next revision; 0 is that of none at all. */
export interface StoredRateLimits {
  readonly limits: OrganizationLimits;
  readonly revision: number;
}

/**
 * Limits of the organization's plan, null where there is none: starts an hour by all API keys and external agents together,
 * executions alive at once, and what one signed-in person may start. Desks of an earlier release do not know the latter.
 */
export interface PlanLimits {
  readonly plan: Plan;
  readonly starts_per_hour: number | null;
  readonly concurrent_executions: number;
  readonly user_starts_per_hour?: number | null;
  /** Where the organization does not limit it by itself. */
  readonly user_starts_per_minute?: number | null;
}
