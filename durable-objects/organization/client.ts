import type {
  Actor,
  AgentStatus,
  BudgetPeriod,
  ConcurrencyPolicy,
  Door,
  ErrorCode,
  EventType,
  ExecutionError,
  ExecutionTrigger,
  ExternalConfig,
  ExternalOperation,
  ExternalPlatform,
  JsonValue,
  MaskedWebhookConfig,
  OnExceeded,
  Permission,
  Plan,
  RateLimits,
  Recording,
  RetentionDays,
  Role,
  SetOrganizationRateLimitsRequest,
} from '@agentflow/contracts';
import type { ToldInput } from '../../workers/platform/told-input.ts';
import type { OrganizationObject } from './object.ts';
import type { PolicyDefaultProjection, PolicyProjection } from './policies/stored.ts';

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

/** The audit row that a projection brings with it; its id is minted with the change, so that it is written once. */
export interface ProjectedAudit {
  readonly id: string;
  readonly at: number;
  readonly action: string;
  readonly origin: AuditOrigin;
  readonly details?: Readonly<Record<string, string>>;
}

/** A projection that D1 must hold: the key's row, and the audit row of the change that made it. */
export interface KeyProjection {
  readonly organization_id: string;
  readonly key: StoredKey;
  readonly audit: ProjectedAudit | null;
}

/** The same of the organization's IP allowlist. */
export interface AllowlistProjection {
  readonly organization_id: string;
  readonly ip_allowlist: StoredAllowlist;
  readonly audit: ProjectedAudit;
}

/** The audit row of changed rate limits. */
export interface RateLimitsProjection {
  readonly organization_id: string;
  readonly rate_limits: StoredRateLimits;
  readonly audit: ProjectedAudit;
}

/** The audit row of a changed retention. */
export interface RetentionProjection {
  readonly organization_id: string;
  readonly retention:
    | { readonly days: RetentionDays; readonly previous_days: RetentionDays }
    | { readonly invocation_archive_days: number; readonly previous_days: number };
  readonly audit: ProjectedAudit;
}

/** The audit row of a changed budget. */
export interface BudgetProjection {
  readonly organization_id: string;
  readonly budget: {
    readonly scope: string;
    readonly details: Readonly<Record<string, string | number | null>>;
  };
  readonly audit: ProjectedAudit;
}

/** An external agent, and the audit row of the change that made it. */
export interface ExternalAgentProjection {
  readonly organization_id: string;
  readonly external_agent: ExternalAgentRecord;
  readonly audit: ProjectedAudit;
}

/** Something that happened and is told. */
export interface EventProjection {
  readonly organization_id: string;
  readonly event: DeskEvent;
}

export type Projection =
  | KeyProjection
  | AllowlistProjection
  | RateLimitsProjection
  | RetentionProjection
  | BudgetProjection
  | PolicyProjection
  | PolicyDefaultProjection
  | ExternalAgentProjection
  | EventProjection;

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

export interface DeskEvent {
  readonly id: string;
  readonly type: EventType;
  readonly at: number;
  readonly data: Readonly<Record<string, JsonValue>>;
}

export interface RefusedCall {
  readonly at: number;
  readonly detail: string;
  readonly ip: string;
  readonly country: string | null;
  /** The agent that it asked for, by id or name. */
  readonly agent: string;
}

export interface CountedRefusals {
  readonly id: string;
  readonly external_agent_id: string;
  readonly external_agent_name: string;
  readonly platform: ExternalPlatform;
  readonly door: Door;
  readonly key_id: string;
  readonly code: ErrorCode;
  /** When the minute began. */
  readonly minute: number;
  readonly count: number;
  readonly first: RefusedCall;
  readonly last: RefusedCall;
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

/** What a rotation asks for: who the new key is, and what its caller may hand on. Times in milliseconds. */
export interface KeyRotation {
  readonly organization_id: string;
  readonly key_id: string;
  readonly overlap_ms: number;
  readonly now: number;
  readonly replacement: Pick<KeyRecord, 'id' | 'prefix' | 'key_hash' | 'created_by'>;
  /** Permissions that the caller has: a key that holds others is not theirs to rotate. */
  readonly grantable: readonly Permission[];
  /** Whose key it must be; null for a key of the organization's own. */
  readonly external_agent_id: string | null;
}

export type RotatedKey =
  | { readonly outcome: 'rotated'; readonly key: StoredKey }
  | { readonly outcome: 'not_found' }
  | { readonly outcome: 'beyond'; readonly scopes: readonly Permission[] }
  | { readonly outcome: 'rotated_before'; readonly replaced_by: string };

/** `restricted`: the organization has an IP allowlist, and the caller's address is on it. */
export type KeyCheck =
  | {
      readonly ok: true;
      readonly key: CheckedKey;
      readonly external: ExternalAgentRecord | null;
      readonly restricted: boolean;
      /** Limits of reads; none where reads are not limited. */
      readonly limits: readonly LimitState[];
    }
  | {
      readonly ok: false;
      readonly code: 'unauthenticated' | 'token_expired' | 'ip_not_allowed' | 'external_agent_inactive';
    }
  | {
      readonly ok: false;
      readonly code: 'rate_limited';
      readonly detail: string;
      readonly retry_after_seconds: number;
      readonly limits: readonly LimitState[];
    };

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

export type AdmissionCaller =
  | { readonly kind: 'api_key'; readonly key_hash: string }
  | {
      readonly kind: 'checked_key';
      readonly key_id: string;
      readonly name: string;
      readonly scopes: readonly Permission[];
    }
  /** Jobs that an earlier release stored have no role. */
  | { readonly kind: 'user'; readonly user_id: string; readonly name: string; readonly role?: Role }
  /** An execution of the organization, on behalf of whoever started it: it was admitted before. */
  | { readonly kind: 'execution'; readonly actor: Actor };

export interface AdmissionRequest {
  readonly organization_id: string;
  readonly caller: AdmissionCaller;
  readonly permission: Permission;
  /** Empty where the agent is named: see `external`. */
  readonly agent_id: string;
  /** A published version, or null for the live one. Ignored in test mode. */
  readonly version: number | null;
  readonly mode: 'live' | 'test';
  /** Minted by the caller, so that a replay is told apart from a first start. */
  readonly execution_id: string;
  readonly idempotency: { readonly key: string; readonly body_hash: string } | null;
  readonly ip: string;
  /** The version whose input schema has taken the input: asked for by `check_first`. */
  readonly checked_version?: number | null;
  /** Of a start by another execution. Its id is derived, so the same start may be asked for twice and has one lease. */
  readonly lineage?: {
    readonly root_execution_id: string;
    readonly parent_execution_id: string;
    readonly external?: ExternalOrigin;
  };
  /** Of a call through a door that is open to external agents; without it their keys open nothing. */
  readonly external?: {
    readonly door: Door;
    /** Who the request says it is; null where it does not. */
    readonly claimed: string | null;
    /** Where the request came from, as the edge tells it: ISO 3166-1 alpha-2. */
    readonly country: string | null;
    /** The agent's name, instead of its id. */
    readonly agent_name?: string;
  };
  /**
   * On whose budgets it spends, besides the organization's, its agent's and its external agent's; below another execution
   * those of that one's root.
   */
  readonly spends?: Spending;
  /** What the input has where policies read it: asked for by `tell`. */
  readonly told?: ToldInput;
  /** What the feed shows of it besides; policies look at the project. */
  readonly shown?: { readonly trigger: ExecutionTrigger; readonly project_id: string | null };
}

export interface Spending {
  readonly project_id: string | null;
  /** The execution whose own budget it is, for itself and for all that it starts; null where there is none. */
  readonly budget_of: string | null;
  /** That budget, where it begins with this start. In integer micro-dollars. */
  readonly budget_microusd?: number;
}

/** What a call cost that has ended, by the number under which money was reserved for it. */
export interface CallOutcome {
  readonly step: string;
  readonly number: number;
  readonly cost_microusd: number;
}

/** Asks for money before a model is called. */
export interface MoneyRequest {
  readonly lease_id: string;
  /** A step makes one call at a time. A later call of the lease has a higher number; the same one is reserved once. */
  readonly step: string;
  readonly number: number;
  /** The most that the call can cost, in integer micro-dollars. */
  readonly amount: number;
  /** Calls that have ended and were not told. */
  readonly outcomes: readonly CallOutcome[];
  /** Whether the step can wait for money. */
  readonly may_wait: boolean;
}

export type MoneyAnswer =
  | { readonly outcome: 'granted' }
  | {
      readonly outcome: 'no_money';
      /** `park`: the step is in line, and is told when there is money for it. */
      readonly on_exceeded: OnExceeded;
      /** The budget that has least. */
      readonly scope: string;
      readonly period: BudgetPeriod;
      /** When a new period may make room; null where none will. */
      readonly resume_at: number | null;
    }
  /** The execution has lost its place, or the desk knows nothing of it: it has to end. */
  | { readonly outcome: 'stopped'; readonly reason: ExecutionError };

/** The limit of a period, in integer micro-dollars; without a rule it is taken away. */
export interface BudgetChange {
  readonly period: BudgetPeriod;
  readonly rule: { readonly limit: number; readonly on_exceeded: OnExceeded | null } | null;
}

/** A budget as it stands. Money in integer micro-dollars, times in milliseconds. */
export interface BudgetStanding {
  readonly scope: string;
  readonly period: BudgetPeriod;
  readonly limit: number;
  readonly top_up: number;
  readonly spent: number;
  readonly reserved: number;
  readonly resets_at: number | null;
  readonly on_exceeded: OnExceeded;
}

/** The budgets that an execution spends from, and its steps that wait for money, with how many came before each. */
export interface LeaseMoney {
  readonly budgets: readonly BudgetStanding[];
  readonly waiting: readonly { readonly step: string; readonly amount: number; readonly place: number }[];
}

/** IETF draft-ietf-httpapi-ratelimit-headers: what `RateLimit` and `RateLimit-Policy` tell. */
export interface LimitState {
  readonly policy: string;
  readonly quota: number;
  readonly window_seconds: number;
  readonly remaining: number;
  readonly reset_seconds: number;
}

export type Admission =
  | {
      readonly outcome: 'allow';
      /** To be started: that of the request, or of the one before it with the same key. */
      readonly execution_id: string;
      readonly lease_id: string;
      /** It was admitted before, and may have been made. */
      readonly again: boolean;
      /** A start that reaches its object later is not made: its lease may be gone. In milliseconds. */
      readonly start_by: number;
      /** It waits for a place: its execution is made, and begins when the desk tells it. */
      readonly queued: boolean;
      readonly agent: AgentHead;
      /** The version to run; null in test mode. */
      readonly version: number | null;
      readonly caller: Actor;
      /** What its budgets have left, in micro-dollars; null where none limits it. */
      readonly remaining_microusd: number | null;
      /** Of every limited window, the tightest first. */
      readonly limits: readonly LimitState[];
      /** Of a call by an external agent. */
      readonly external: ExternalCall | null;
    }
  | { readonly outcome: 'replay'; readonly execution_id: string; readonly caller: CheckedKey | null }
  /** Policies read the input at these paths: it is to be asked for again with what is there. */
  | { readonly outcome: 'tell'; readonly paths: readonly string[] }
  /** The start would cost others their places: it is to be asked for again once this version has taken its input. */
  | { readonly outcome: 'check_first'; readonly agent_id: string; readonly version: number | null }
  | {
      readonly outcome: 'deny';
      readonly code: ErrorCode;
      readonly detail: string;
      readonly retry_after_seconds: number | null;
      /** Of a refusal for want of money. */
      readonly remaining_microusd?: number;
      readonly limits: readonly LimitState[];
    };

/** What an execution must do because of a decision at the desk. */
export type LeaseNotice =
  /** It was queued, and its turn has come. */
  | { readonly kind: 'begin' }
  /** It has lost its place, or will get none. */
  | {
      readonly kind: 'cancel';
      readonly reason: ExecutionError;
      /** One that is not there yet is not to be made, however late its start comes. */
      readonly bury?: true;
    }
  /** These steps waited for money, which is set aside for them now. */
  | { readonly kind: 'resume'; readonly steps: readonly string[] };

/** Begin of a create with an Idempotency-Key: `new` must be followed by `finishRequest`. */
export type RequestClaim =
  | { readonly state: 'new' }
  | {
      readonly state: 'replay';
      readonly status: number;
      readonly sealed_body: string;
      readonly headers: Record<string, string>;
    }
  | { readonly state: 'in_progress' }
  | { readonly state: 'reused' };

/** What is to be erased: the organization itself, or a person in it. */
export interface ErasureSubject {
  readonly kind: 'organization' | 'person';
  /** Id of the organization or the person. */
  readonly subject: string;
  /** The person's address, by which rows that name it are found. */
  readonly email: string | null;
}

/** Objects that one page of an erasure speaks to: a turn of the alarm stays far from the limit of subrequests. */
export const ERASED_PER_PAGE = 50;

/** Erases in the objects of these executions, at most ERASED_PER_PAGE; gives back those that have confirmed it. */
export type EraseObjects = (executionIds: readonly string[]) => Promise<ReadonlySet<string>>;

/** Where the next page begins, or that this was the last; `failed` when something is left that must be tried again. */
export interface ErasurePage {
  readonly done: boolean;
  readonly cursor: string;
  readonly failed: boolean;
}

/** Erases one page of one kind of storage. May be done again. */
export type ErasePage = (cursor: string, objects: EraseObjects) => Promise<ErasurePage>;

/** Path and headers by which the Worker hands a checked request for the feed to the desk. */
export const FEED_URL = 'https://organization.internal/feed';
export const FEED_HEADERS = {
  organization: 'x-agentflow-organization',
  caller: 'x-agentflow-caller',
  types: 'x-agentflow-types',
} as const;

export type { Explanation } from './policies/explain.ts';
export type {
  AskedStart,
  ExplainedStart,
  PolicyChange,
  PolicyChanged,
  PolicyDefaultProjection,
  PolicyDefaultState,
  PolicyProjection,
  StoredPolicy,
} from './policies/stored.ts';

export type OrganizationStub = DurableObjectStub<OrganizationObject>;

/** The desk of an organization. Ids are minted here alone, so that a residency can fix the jurisdiction later. */
export function organizationDesk(
  namespace: DurableObjectNamespace<OrganizationObject>,
  organizationId: string,
): OrganizationStub {
  return namespace.get(namespace.idFromName(organizationId));
}
