import type { PolicyEffect, PolicyRequest } from '@agentflow/contracts';
import type { ProjectedAudit, StopRecord } from '../client.ts';
import type { PolicyRules } from './compile.ts';
import type { JudgedStart } from './facts.ts';

/** A policy as the desk holds it. Times in milliseconds since the epoch. */
export interface StoredPolicy extends PolicyRules {
  readonly id: string;
  /** Counts changes; orders the projections. */
  readonly version: number;
  readonly created_at: number;
  readonly created_by: string;
  readonly updated_at: number;
  readonly updated_by: string;
}

/** What holds where no policy decides; 0 is the revision of what nobody has set. */
export interface PolicyDefaultState {
  readonly effect: PolicyEffect;
  readonly revision: number;
}

export type PolicyChangeKind = 'created' | 'updated' | 'deleted';

/** A policy's row in D1, and the audit row of the change that made it. */
export interface PolicyProjection {
  readonly organization_id: string;
  readonly policy: StoredPolicy;
  readonly change: PolicyChangeKind;
  readonly audit: ProjectedAudit;
}

/** The audit row of another default. */
export interface PolicyDefaultProjection {
  readonly organization_id: string;
  readonly policy_default: PolicyDefaultState & { readonly previous: PolicyEffect };
  readonly audit: ProjectedAudit;
}

/** `expected`: the version that it must still have; null for whatever it is. */
export type PolicyChange =
  | { readonly kind: 'create'; readonly id: string; readonly rules: PolicyRequest; readonly by: string }
  | {
      readonly kind: 'update';
      readonly id: string;
      readonly rules: PolicyRequest;
      readonly expected: number | null;
      readonly by: string;
    }
  | { readonly kind: 'delete'; readonly id: string; readonly expected: number | null; readonly by: string };

export type PolicyChanged =
  | {
      readonly outcome: 'changed';
      readonly policy: StoredPolicy;
      /** Of a deny that stops what runs. */
      readonly stop?: StopRecord | null;
    }
  | { readonly outcome: 'not_found' | 'name_taken' | 'too_many' | 'too_many_inputs' }
  | { readonly outcome: 'stale'; readonly version: number };

/** In the place of a saved policy, or, with null, besides them. */
export interface PolicyDraftAt {
  readonly replaces: string | null;
  readonly policy: PolicyRequest;
}

/** A start that somebody asks about. What is left out of it is the agent's own. */
export interface AskedStart {
  readonly organization_id: string;
  readonly start: Omit<JudgedStart, 'agent' | 'cost_estimate_microusd' | 'told'>;
  readonly agent_id: string;
  readonly agent_tags?: readonly string[];
  readonly cost_estimate_microusd?: number;
  /** JSON of the input. */
  readonly input: string;
  /** JSON of a list of drafts. */
  readonly drafts: string;
  readonly default: PolicyEffect | null;
}

export interface ExplainedStart {
  /** JSON of an Explanation. */
  readonly explanation: string;
  /** What was judged, with all that was not said. */
  readonly start: Omit<JudgedStart, 'told'>;
}
