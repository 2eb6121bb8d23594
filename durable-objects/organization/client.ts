import type { Actor, Door, ErrorCode, ExecutionError, ExecutionTrigger, Permission, Role } from '@agentflow/contracts';
import type { ToldInput } from '../../workers/platform/told-input.ts';
import type { Spending } from './money-requests.ts';
import type { OrganizationObject } from './object.ts';
import type {
  AgentHead,
  CheckedKey,
  ExternalAgentRecord,
  ExternalCall,
  ExternalOrigin,
  KeyRecord,
  StoredKey,
} from './records.ts';

export type * from './money-requests.ts';
export type * from './projections.ts';
export type * from './records.ts';
export type * from './subscription-records.ts';
export { subscriptionPlace } from './subscription-records.ts';
export type { SubscriptionFields } from './subscriptions.ts';

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
  /** Of a live start of a definition that is no version: none needs to be published, and `version` is ignored. */
  readonly brings_definition?: true;
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
      /** Somebody wants to be told that it has begun. */
      readonly announce?: boolean;
      readonly agent: AgentHead;
      /** The version to run; null in test mode, and where the start brings its definition. */
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
