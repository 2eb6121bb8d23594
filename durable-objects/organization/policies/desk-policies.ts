import {
  type JsonValue,
  MAX_POLICIES,
  MAX_POLICY_INPUTS,
  type PolicyEffect,
  type PolicyRequest,
  policyLeaves,
} from '@agentflow/contracts';
import { newId } from '../../../workers/platform/ids.ts';
import { tellInput } from '../../../workers/platform/told-input.ts';
import type { AgentHead, AuditOrigin } from '../client.ts';
import { TELL_MS } from '../keys.ts';
import type { OrganizationStore } from '../store/organization.ts';
import { compilePolicies, type PolicyRules, type PolicySet } from './compile.ts';
import { CostEstimates } from './cost-estimates.ts';
import { explain } from './explain.ts';
import type { PolicyState } from './judge-start.ts';
import type {
  AskedStart,
  ExplainedStart,
  PolicyChange,
  PolicyChanged,
  PolicyDefaultState,
  PolicyDraftAt,
  StoredPolicy,
} from './stored.ts';

/**
 * The policies of a desk that exists. Every method decides and writes within one turn, each write in one transaction with
 * the projection that tells it; whoever calls one that changes something empties the outbox afterwards.
 */
export class DeskPolicies {
  readonly costs: CostEstimates;
  /** A cache of the rows. */
  private known: { readonly stored: readonly StoredPolicy[]; readonly set: PolicySet } | null = null;

  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly store: OrganizationStore,
    private readonly armAt: (at: number) => void,
  ) {
    this.costs = new CostEstimates(() => store.policies);
  }

  /** Drops the cache: what the rows say now is asked again. */
  forget(): void {
    this.known = null;
    this.costs.forget();
  }

  /** What decides a start of this agent. */
  stateFor(agentId: string): PolicyState {
    const { set } = this.current();
    return { set, cost_estimate_microusd: set.reads_cost ? this.costs.of(agentId) : undefined };
  }

  find(id: string): StoredPolicy | null {
    return this.list().find((policy) => policy.id === id) ?? null;
  }

  private list(): readonly StoredPolicy[] {
    return this.current().stored;
  }

  default(): PolicyDefaultState {
    return this.store.policies.default();
  }

  change(change: PolicyChange, origin: AuditOrigin, now: number): PolicyChanged {
    const stored = this.list();
    const before = stored.find(({ id }) => id === change.id);
    if (change.kind === 'create') {
      if (stored.length >= MAX_POLICIES) return { outcome: 'too_many' };
    } else {
      if (before === undefined) return { outcome: 'not_found' };
      if (change.expected !== null && change.expected !== before.version) {
        return { outcome: 'stale', version: before.version };
      }
    }
    if (change.kind !== 'delete') {
      const others = stored.filter(({ id }) => id !== change.id);
      if (others.some(({ name }) => name === change.rules.name)) return { outcome: 'name_taken' };
      if (countInputs([...others, change.rules]) > MAX_POLICY_INPUTS) return { outcome: 'too_many_inputs' };
    }
    const rules = change.kind === 'delete' ? (before as StoredPolicy) : change.rules;
    const policy: StoredPolicy = {
      ...rules,
      id: change.id,
      version: (before?.version ?? 0) + 1,
      created_at: before?.created_at ?? now,
      created_by: before?.created_by ?? change.by,
      updated_at: now,
      updated_by: change.by,
    };
    this.write(change.kind, policy, origin, now);
    return { outcome: 'changed', policy };
  }

  private write(kind: PolicyChange['kind'], policy: StoredPolicy, origin: AuditOrigin, now: number): void {
    const made = { create: 'created', update: 'updated', delete: 'deleted' } as const;
    const audit = { id: newId('audit', now), at: now, action: `policy.${made[kind]}`, origin };
    const organization_id = this.store.organizationId();
    this.storage.transactionSync(() => {
      if (kind === 'delete') this.store.policies.delete(policy.id);
      else this.store.policies.write(policy);
      this.store.enqueue({ organization_id, policy, change: made[kind], audit }, now);
    });
    this.known = null;
    this.armAt(now + TELL_MS);
  }

  /** null where the default is not at the `expected` revision. What is set already changes nothing. */
  setDefault(
    effect: PolicyEffect,
    expected: number | null,
    origin: AuditOrigin,
    now: number,
  ): PolicyDefaultState | null {
    const before = this.default();
    if (expected !== null && expected !== before.revision) return null;
    if (before.effect === effect) return before;
    const after = { effect, revision: before.revision + 1 };
    const audit = { id: newId('audit', now), at: now, action: 'organization.policy_default_changed', origin };
    const organization_id = this.store.organizationId();
    const policy_default = { ...after, previous: before.effect };
    this.storage.transactionSync(() => {
      this.store.policies.writeDefault(after);
      this.store.enqueue({ organization_id, policy_default, audit }, now);
    });
    this.known = null;
    this.armAt(now + TELL_MS);
    return after;
  }

  /** Judges a start that somebody asks about, with drafts in the places of what is saved. */
  explain(asked: AskedStart, agent: AgentHead): ExplainedStart {
    const drafts = JSON.parse(asked.drafts) as readonly PolicyDraftAt[];
    const replaced = new Set(drafts.map(({ replaces }) => replaces));
    const rules: PolicyRules[] = [
      ...this.list().filter(({ id }) => !replaced.has(id)),
      ...drafts.map(({ replaces, policy }) => ({ ...policy, id: replaces })),
    ];
    const set = compilePolicies(rules, asked.default ?? this.default().effect);
    const start = {
      ...asked.start,
      agent: { id: asked.agent_id, tags: asked.agent_tags ?? agent.tags ?? [] },
      cost_estimate_microusd: asked.cost_estimate_microusd ?? this.costs.of(asked.agent_id),
    };
    const told = tellInput(set.input_paths, JSON.parse(asked.input) as JsonValue);
    return { explanation: JSON.stringify(explain(set, { ...start, told })), start };
  }

  private current() {
    if (this.known === null) {
      const stored = this.store.policies.all();
      this.known = { stored, set: compilePolicies(stored, this.default().effect) };
    }
    return this.known;
  }
}

/** Paths that they read; inactive ones count, since they can be switched on. */
function countInputs(policies: readonly Pick<PolicyRequest, 'conditions'>[]): number {
  const leaves = policies.flatMap(({ conditions }) => policyLeaves(conditions));
  return new Set(leaves.flatMap(({ leaf }) => (leaf.attribute === 'input' ? [leaf.path] : []))).size;
}
