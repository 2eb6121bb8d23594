import type { Door, ErrorCode, ExternalPlatform, RetentionDays } from '@agentflow/contracts';
import type { PolicyDefaultProjection, PolicyProjection } from './policies/stored.ts';
import type { AuditOrigin, ExternalAgentRecord, StoredAllowlist, StoredKey, StoredRateLimits } from './records.ts';
import type { SubscriptionRecord } from './subscription-records.ts';

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

/** A subscription, and the audit row of the change that made it. */
export interface SubscriptionProjection {
  readonly organization_id: string;
  readonly subscription: SubscriptionRecord;
  readonly audit: ProjectedAudit;
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
  | SubscriptionProjection;

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
