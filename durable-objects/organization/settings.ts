import { type BudgetPeriod, INVOCATION_ARCHIVE_DAYS, type RetentionDays } from '@agentflow/contracts';
import type { Scope } from './accounts.ts';
import type {
  AskedStart,
  AuditOrigin,
  BudgetChange,
  BudgetStanding,
  ExplainedStart,
  ExternalAgentChange,
  ExternalAgentRecord,
  KeyRecord,
  KeyRotation,
  OrganizationLimits,
  PolicyChange,
  PolicyChanged,
  PolicyDefaultState,
  RetentionRule,
  RotatedKey,
  StopRecord,
  StopSubject,
  StoredAllowlist,
  StoredPolicy,
  StoredRateLimits,
  SubscriptionChange,
  SubscriptionFields,
  SubscriptionRecord,
} from './client.ts';
import { Desk } from './desk.ts';
import { UNLIMITED } from './desk-rates.ts';
import type { ExternalAgentFields } from './external-agents.ts';
import { TELL_MS } from './keys.ts';
import type { StopTarget } from './store/leases.ts';

/** A stop answers after this long at most; whoever has not been told by then is told by the alarm. */
const STOP_TELL_MS = 1500;

/**
 * What people set at the desk: keys, external agents, policies, limits, budgets, retention; and what is stopped by that.
 * Each holds when it answers, and is told to D1 with its audit row.
 */
export abstract class DeskSettings extends Desk {
  async createKey(organizationId: string, key: KeyRecord, origin: AuditOrigin): Promise<void> {
    this.store.create(organizationId);
    this.keys.create(key, origin);
    await this.drainOutbox(Date.now());
  }

  /** `found: false` for an unknown or already revoked key. The revocation holds when this answers. */
  async revokeKey(
    keyId: string,
    externalAgentId: string | null,
    origin: AuditOrigin,
    stops = false,
  ): Promise<{ found: false } | { found: true; stop: StopRecord | null }> {
    const key = this.store.exists() ? this.keys.revoke(keyId, externalAgentId, origin) : null;
    if (key === null) return { found: false };
    const stopping = stops ? this.stop({ kind: 'key', subject_id: keyId }, { key_id: keyId }) : null;
    if (externalAgentId !== null) {
      const data = { external_agent_id: externalAgentId, key_id: keyId, key: key.prefix };
      this.events.emit('external_agent.key_revoked', data, Date.now());
    }
    this.feed.renew(keyId);
    await this.drainOutbox(Date.now());
    return { found: true, stop: await stopping };
  }

  /** Puts a new key in the place of one that goes on for the overlap: see `DeskKeys.rotate`. */
  async rotateKey(rotation: KeyRotation, origin: AuditOrigin): Promise<RotatedKey> {
    if (!this.store.exists()) return { outcome: 'not_found' };
    const rotated = this.keys.rotate(rotation, origin);
    if (rotated.outcome === 'rotated' && rotation.overlap_ms === 0) this.feed.renew(rotation.key_id);
    if (rotated.outcome === 'rotated') await this.drainOutbox(Date.now());
    return rotated;
  }

  async createExternalAgent(
    organizationId: string,
    agent: ExternalAgentRecord,
    key: KeyRecord,
    budget: BudgetChange | null,
    origin: AuditOrigin,
  ): Promise<void> {
    this.store.create(organizationId);
    const now = Date.now();
    this.externalAgents.create(agent, origin);
    // In the turn that makes its key: no call is made without it.
    if (budget !== null) {
      this.ledger.setBudget(`external_agent:${agent.id}`, budget.period, budget.rule, origin, now);
    }
    this.keys.create(key, origin);
    this.armAt(this.archive.expect(now));
    await this.drainOutbox(Date.now());
  }

  async budgetsOfExternalAgents(ids: readonly string[]): Promise<Record<string, BudgetStanding[]>> {
    if (!this.store.exists()) return {};
    const now = Date.now();
    return Object.fromEntries(ids.map((id) => [id, this.ledger.budgets(`external_agent:${id}`, now)]));
  }

  async externalAgent(id: string): Promise<ExternalAgentRecord | null> {
    return this.store.exists() ? this.externalAgents.find(id) : null;
  }

  /** Holds when this answers. `expected` is the revision that the change was made for; null for whatever it is. */
  async changeExternalAgent(
    id: string,
    fields: ExternalAgentFields,
    expected: number | null,
    origin: AuditOrigin,
    stops: boolean,
  ): Promise<ExternalAgentChange & { readonly stop?: StopRecord | null }> {
    if (!this.store.exists()) return { outcome: 'not_found' };
    const change = this.externalAgents.change(id, fields, expected, origin, Date.now());
    if (change.outcome !== 'done' || !change.changed) return change;
    const stopping = stops && change.deactivated ? this.stopAgent(id) : null;
    await this.drainOutbox(Date.now());
    return { ...change, stop: await stopping };
  }

  /**
   * Ends what is running for a subject: in the turn in which it is called, nothing of it gets money or starts anything
   * more. Answers when whoever can be told at once has been told; the others are told by the alarm.
   */
  private async stop(subject: StopSubject, target: StopTarget): Promise<StopRecord> {
    const begun = this.beginStop(subject, target, Date.now());
    let timer: ReturnType<typeof setTimeout> | undefined;
    const enough = new Promise<void>((resolve) => {
      timer = setTimeout(resolve, STOP_TELL_MS);
    });
    await Promise.race([this.notices.tell(), enough]).finally(() => clearTimeout(timer));
    return (this.store.exists() ? this.stops.find(begun.id) : null) ?? begun;
  }

  private stopAgent(id: string): Promise<StopRecord> {
    return this.stop({ kind: 'external_agent', subject_id: id }, { external_agent_id: id });
  }

  async stopOf(id: string): Promise<StopRecord | null> {
    return this.store.exists() ? this.stops.find(id) : null;
  }

  private beginStop(subject: StopSubject, target: StopTarget, now: number): StopRecord {
    const stop = this.stops.begin(subject, target, now);
    this.starts.forget();
    this.tellNotices();
    this.starts.fillPlaces();
    if (stop.targeted > 0) {
      const { id, targeted } = stop;
      this.events.emit('external_agent.stopped', { stop_id: id, ...subject, targeted }, now);
    }
    return stop;
  }

  /** Its keys are refused from now on; what runs for it is stopped or goes on. */
  async deleteExternalAgent(
    id: string,
    origin: AuditOrigin,
    stops: boolean,
  ): Promise<{ found: false } | { found: true; stop: StopRecord | null }> {
    if (!this.store.exists() || this.externalAgents.delete(id, origin, Date.now()) === null) return { found: false };
    const stopping = stops ? this.stopAgent(id) : null;
    await this.drainOutbox(Date.now());
    return { found: true, stop: await stopping };
  }

  async createSubscription(
    organizationId: string,
    record: SubscriptionRecord,
    origin: AuditOrigin,
  ): Promise<SubscriptionChange> {
    this.store.create(organizationId);
    const change = this.subscriptions.create(record, origin);
    await this.drainOutbox(Date.now());
    return change;
  }

  async subscription(id: string): Promise<SubscriptionRecord | null> {
    return this.store.exists() ? this.subscriptions.find(id) : null;
  }

  /** `expected` is the revision that the change was made for; null for whatever it is. `action`: as the audit log calls it. */
  async changeSubscription(
    id: string,
    fields: SubscriptionFields,
    expected: number | null,
    origin: AuditOrigin,
    action?: string,
  ): Promise<SubscriptionChange> {
    if (!this.store.exists()) return { outcome: 'not_found' };
    const change = this.subscriptions.change(id, fields, expected, origin, action);
    await this.drainOutbox(Date.now());
    return change;
  }

  /** Nothing is sent from now on; what its target has is deleted after the answer. */
  async deleteSubscription(id: string, origin: AuditOrigin): Promise<boolean> {
    if (!this.store.exists() || !this.subscriptions.delete(id, origin)) return false;
    await this.drainOutbox(Date.now());
    return true;
  }

  async ipAllowlist(): Promise<StoredAllowlist> {
    return this.store.exists() ? this.store.ipAllowlist() : { entries: [], revision: 0 };
  }

  /**
   * Replaces the IP allowlist while its revision is `expected` (null: whatever it is). It holds here when this answers,
   * and for people as soon as D1 has it. `entries` are normalised and let their author in: the caller has seen to it.
   */
  async setIpAllowlist(
    organizationId: string,
    change: { entries: StoredAllowlist['entries']; expected: number | null },
    origin: AuditOrigin,
  ): Promise<{ ok: boolean; current: StoredAllowlist }> {
    this.store.create(organizationId);
    const now = Date.now();
    const after = this.addresses.replace(change.entries, change.expected, origin, now);
    if (after === null) return { ok: false, current: this.store.ipAllowlist() };
    this.feed.renew();
    this.armAt(now + TELL_MS);
    await this.drainOutbox(now);
    return { ok: true, current: after };
  }

  async policyDefault(): Promise<PolicyDefaultState> {
    return this.store.exists() ? this.policies.default() : { effect: 'allow', revision: 0 };
  }

  async findPolicy(id: string): Promise<StoredPolicy | null> {
    return this.store.exists() ? this.policies.find(id) : null;
  }

  /** Holds for every start from the answer on. Rules and what they refer to were checked by the caller. */
  async changePolicy(organizationId: string, change: PolicyChange, origin: AuditOrigin): Promise<PolicyChanged> {
    this.store.create(organizationId);
    const now = Date.now();
    const changed = this.policies.change(change, origin, now);
    if (changed.outcome !== 'changed') return changed;
    const { policy } = changed;
    const stopping =
      change.kind !== 'delete' && policy.stop_running && policy.is_active
        ? this.stop({ kind: 'policy', subject_id: policy.id }, { lease_ids: this.starts.deniedBy(policy, now) })
        : null;
    await this.drainOutbox(now);
    return { ...changed, stop: await stopping };
  }

  async setPolicyDefault(
    organizationId: string,
    change: { effect: PolicyDefaultState['effect']; expected: number | null },
    origin: AuditOrigin,
  ): Promise<{ ok: boolean; current: PolicyDefaultState }> {
    this.store.create(organizationId);
    const now = Date.now();
    const after = this.policies.setDefault(change.effect, change.expected, origin, now);
    await this.drainOutbox(now);
    return { ok: after !== null, current: this.policies.default() };
  }

  /** A dry run: decides and stores nothing. null for an agent that is not there. */
  async explainPolicies(asked: AskedStart): Promise<ExplainedStart | null> {
    this.store.create(asked.organization_id);
    const agent = await this.agents.require(asked.agent_id);
    return agent === null || !this.store.exists() ? null : this.policies.explain(asked, agent);
  }

  async rateLimits(): Promise<StoredRateLimits> {
    return this.store.exists() ? this.rates.stored() : { limits: UNLIMITED, revision: 0 };
  }

  /** Replaces the rate limits while their revision is `expected` (null: whatever it is). They hold when this answers. */
  async setRateLimits(
    organizationId: string,
    change: { limits: OrganizationLimits; expected: number | null },
    origin: AuditOrigin,
  ): Promise<{ ok: boolean; current: StoredRateLimits }> {
    this.store.create(organizationId);
    const now = Date.now();
    const after = this.rates.replace(change.limits, change.expected, origin, now);
    if (after === null) return { ok: false, current: this.rates.stored() };
    this.armAt(now + TELL_MS);
    await this.drainOutbox(now);
    return { ok: true, current: after };
  }

  async budgets(scope: Scope): Promise<BudgetStanding[]> {
    return this.store.exists() ? this.ledger.budgets(scope, Date.now()) : [];
  }

  /** Holds when this answers: calls that it lets go on are told. */
  async setBudget(
    organizationId: string,
    scope: Scope,
    change: BudgetChange,
    origin: AuditOrigin,
  ): Promise<BudgetStanding[]> {
    this.store.create(organizationId);
    const now = Date.now();
    this.ledger.setBudget(scope, change.period, change.rule, origin, now);
    await this.tellOutbox(now);
    return this.budgets(scope);
  }

  /** null where the period has no limit. */
  async topUp(
    organizationId: string,
    scope: Scope,
    { period, amount }: { period: BudgetPeriod; amount: number },
    origin: AuditOrigin,
  ): Promise<BudgetStanding[] | null> {
    this.store.create(organizationId);
    const now = Date.now();
    if (!this.ledger.topUp(scope, period, amount, origin, now)) return null;
    await this.tellOutbox(now);
    return this.budgets(scope);
  }

  async retention(): Promise<RetentionRule> {
    return this.store.exists() ? this.keeping.rule() : { days: null, effective_at: 0 };
  }

  /** Executions that have ended are told soon after, page by page. */
  async setRetention(organizationId: string, days: RetentionDays, origin: AuditOrigin): Promise<RetentionRule> {
    this.store.create(organizationId);
    const now = Date.now();
    if (this.keeping.set(days, origin, now)) {
      this.armAt(now + TELL_MS);
      await this.drainOutbox(now);
    }
    return this.keeping.rule();
  }

  /** After how many days the payloads of invocations move to the archive. */
  async archiveDays(): Promise<number> {
    return this.store.exists() ? this.archive.days() : INVOCATION_ARCHIVE_DAYS;
  }

  async setArchiveDays(organizationId: string, days: number, origin: AuditOrigin): Promise<number> {
    this.store.create(organizationId);
    const now = Date.now();
    if (this.archive.set(days, origin, now)) {
      this.armAt(now + TELL_MS);
      await this.drainOutbox(now);
    }
    return this.archive.days();
  }
}
