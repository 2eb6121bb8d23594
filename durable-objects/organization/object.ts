import { DurableObject } from 'cloudflare:workers';
import {
  type BudgetPeriod,
  ERROR_CODES,
  type ErrorCode,
  type ExecutionSummary,
  FEED_EVENT_TYPES,
  type FeedApproval,
  type FeedFact,
  INVOCATION_ARCHIVE_DAYS,
  type RetentionDays,
} from '@agentflow/contracts';
import type { Env } from '../../workers/platform/env.ts';
import { createLogger, describeError, type Logger } from '../../workers/platform/telemetry.ts';
import { executionObject } from '../execution/client.ts';
import type { Scope } from './accounts.ts';
import { DeskAddresses } from './addresses.ts';
import { DeskAgents } from './agents.ts';
import { DeskArchive } from './archive.ts';
import { tellBudget } from './budget-events.ts';
import {
  type Admission,
  type AdmissionRequest,
  type AgentHead,
  type AskedStart,
  type AuditOrigin,
  type BudgetChange,
  type BudgetStanding,
  type CallOutcome,
  type ErasureSubject,
  type ExplainedStart,
  type ExternalAgentChange,
  type ExternalAgentRecord,
  FEED_HEADERS,
  type KeyCheck,
  type KeyRecord,
  type KeyRotation,
  type LeaseMoney,
  type LeaseNotice,
  type MoneyAnswer,
  type MoneyRequest,
  type OrganizationLimits,
  type PlanLimits,
  type PolicyChange,
  type PolicyChanged,
  type PolicyDefaultState,
  type RequestClaim,
  type RetentionRule,
  type RotatedKey,
  type StopRecord,
  type StopSubject,
  type StoredAllowlist,
  type StoredPolicy,
  type StoredRateLimits,
} from './client.ts';
import { DeskLedger } from './desk-ledger.ts';
import { DeskRates, UNLIMITED } from './desk-rates.ts';
import { DeskSuspicions } from './desk-suspicions.ts';
import { Erasures } from './erasure.ts';
import { DeskEvents } from './events.ts';
import { DeskExternalAgents, type ExternalAgentFields } from './external-agents.ts';
import { DeskFeed } from './feed.ts';
import { asked, changed, moved } from './feed-facts.ts';
import { DeskKeys, TELL_MS } from './keys.ts';
import { LeaseNotices, NOTICE_RETRY_MS } from './notices.ts';
import { DeskPolicies } from './policies/desk-policies.ts';
import { countsAsRefused, DeskRefusals } from './refusals.ts';
import { DeskRequests } from './requests.ts';
import { DeskRetention } from './retention.ts';
import { DeskStarts, type SpentSoFar } from './starts.ts';
import { DeskStops } from './stops.ts';
import type { StopTarget } from './store/leases.ts';
import { OrganizationStore } from './store/organization.ts';
import {
  agentsNamed,
  archivePage,
  erasureWork,
  project,
  readAgentHead,
  readPlan,
  tellRefusals,
  tellRetention,
} from './wiring.ts';

const OUTBOX_PAGE = 20;
/** A stop answers after this long at most; whoever has not been told by then is told by the alarm. */
const STOP_TELL_MS = 1500;
const MAX_BACKOFF_MS = 10 * 60_000;
/** How late the alarm may look at what is due: due times are spread, the alarm is set once for many of them. */
const ALARM_SLACK_MS = 250;

/**
 * The admission desk of one organization: the only authority on its API keys, starts, concurrency and spend. Every
 * method decides and writes within one turn of the object's single thread; reads from D1 happen before a decision, never
 * inside it. Its callers are this Worker's own routes, which have checked the caller; only `authenticate` and `admit` take
 * credentials that nobody has checked. Fields are a cache of the rows in store/. Nothing is stored for an organization that does not exist.
 */
export class OrganizationObject extends DurableObject<Env> {
  private readonly store: OrganizationStore;
  private readonly keys: DeskKeys;
  private readonly externalAgents: DeskExternalAgents;
  private readonly refusals: DeskRefusals;
  private readonly events: DeskEvents;
  private readonly suspicions: DeskSuspicions;
  private readonly addresses: DeskAddresses;
  private readonly erasures: Erasures;
  private readonly keeping: DeskRetention;
  private readonly archive: DeskArchive;
  private readonly requests: DeskRequests;
  private readonly agents: DeskAgents;
  private readonly ledger: DeskLedger;
  private readonly rates: DeskRates;
  private readonly stops: DeskStops;
  private readonly starts: DeskStarts;
  private readonly notices: LeaseNotices;
  private readonly feed: DeskFeed;
  private readonly policies: DeskPolicies;
  private plan: PlanLimits | null = null;
  private armedAt: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.store = new OrganizationStore(ctx.storage.sql);
    this.keys = new DeskKeys(ctx.storage, this.store, (at) => this.armAt(at));
    this.externalAgents = new DeskExternalAgents(ctx.storage, this.store, (at) => this.armAt(at));
    this.refusals = new DeskRefusals(
      ctx,
      this.store,
      (counted) => tellRefusals(env, this.store.organizationId(), counted),
      (at) => this.armAt(at),
    );
    this.events = new DeskEvents(
      this.store,
      (at) => this.armAt(at),
      (fact) => this.publish(fact),
    );
    this.suspicions = new DeskSuspicions(ctx.storage, this.store, {
      emit: (type, data, now) => this.events.emit(type, data, now),
      armAt: (at) => this.armAt(at),
      failed: (error) => this.logger().log('error', 'desk.suspicions_failed', describeError(error)),
    });
    this.addresses = new DeskAddresses(ctx.storage, this.store);
    this.policies = new DeskPolicies(ctx.storage, this.store, (at) => this.armAt(at));
    const tell = (rule: RetentionRule, cursor: string) => tellRetention(env, this.store.organizationId(), rule, cursor);
    this.keeping = new DeskRetention(ctx.storage, this.store, tell, () => this.logger());
    const page = (before: number, cursor: string) => archivePage(env, this.store.organizationId(), before, cursor);
    this.archive = new DeskArchive(ctx.storage, this.store, page, () => this.logger());
    const workOf = (subject: ErasureSubject) => erasureWork(env, this.store.organizationId(), subject);
    this.erasures = new Erasures(this.store, ctx.storage, workOf, () => this.logger());
    this.requests = new DeskRequests(this.store);
    const readHead = (agentId: string) => readAgentHead(env, this.store.organizationId(), agentId);
    const readNamed = (name: string) => agentsNamed(env, this.store.organizationId(), name);
    this.agents = new DeskAgents(ctx.storage, this.store, readHead, readNamed);
    const execution = (id: string) => executionObject(env.EXECUTION, id);
    this.notices = new LeaseNotices(
      this.store,
      (executionId, leaseId, notice) => execution(executionId).heed(leaseId, notice),
      (leaseId) => this.starts.giveUp(leaseId),
      () => this.logger(),
    );
    this.feed = new DeskFeed(ctx, this.store.feed, (at) => this.armAt(at));
    this.ledger = new DeskLedger(ctx.storage, this.store, {
      armAt: (at) => this.armAt(at),
      told: () => this.tellNotices(),
      giveBackPlace: (lease) => this.starts.giveBackPlace(lease),
      emit: (event) => tellBudget(event, (type, data) => this.events.emit(type, data, Date.now())),
      spent: (id, today, now) => {
        const agent = this.externalAgents.find(id);
        if (agent !== null) this.suspicions.spent(agent, today, now);
      },
      forget: () => {
        this.ledger.forget();
        this.starts.forget();
      },
    });
    this.rates = new DeskRates(ctx.storage, this.store);
    this.stops = new DeskStops(ctx.storage, this.store);
    const { agents, rates, ledger, stops, externalAgents } = this;
    this.starts = new DeskStarts(
      ctx.storage,
      this.store,
      { agents, rates, ledger, stops, externalAgents },
      {
        plan: () => this.plan ?? this.store.plan(),
        armAt: (at) => this.armAt(at),
        told: () => this.tellNotices(),
        publish: (fact) => this.publish(fact),
        leaseState: (lease) => execution(lease.execution_id).leaseState(lease.id),
      },
    );
  }

  /** Answers readiness probes; leaves no storage. */
  async ping(): Promise<'ok'> {
    return 'ok';
  }

  /** Limits of the organization's plan; called by signup and by plan changes. */
  async setPlan(organizationId: string, limits: PlanLimits): Promise<void> {
    this.store.create(organizationId);
    this.store.writePlan(limits);
    this.plan = limits;
    this.starts.fillPlaces();
  }

  /** Checks an API key outside of admission (reads, edits). From where it may be used is told to a good one alone. */
  async authenticate(input: { key_hash: string; ip: string; country?: string | null }): Promise<KeyCheck> {
    const now = Date.now();
    const checked = this.store.exists() ? this.keys.check(input.key_hash, now) : null;
    if (checked === null) return { ok: false, code: 'unauthenticated' };
    if (checked === 'expired') return { ok: false, code: 'token_expired' };
    const { external_agent_id } = checked;
    const external = external_agent_id === undefined ? null : this.externalAgents.find(external_agent_id);
    if (external_agent_id !== undefined && external === null) return { ok: false, code: 'unauthenticated' };
    const addresses = this.addresses.list();
    if (!addresses.allows(input.ip)) return { ok: false, code: 'ip_not_allowed' };
    if (external?.is_active === false) return { ok: false, code: 'external_agent_inactive' };
    if (external !== null) {
      this.suspicions.called(external, { key_id: checked.id, ip: input.ip, country: input.country ?? null }, now);
    }
    const rate = this.rates.read(checked.id, now);
    if (rate?.ok === false) return { ...rate, code: 'rate_limited' };
    this.keys.noteUse(input.key_hash, now);
    return { ok: true, key: checked, external, restricted: addresses.restricted, limits: rate?.limits ?? [] };
  }

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

  async startedWith(keyHash: string, idempotencyKey: string): Promise<string | null> {
    return this.store.exists() ? this.store.requests.executionOf(keyHash, idempotencyKey) : null;
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

  /**
   * Claims an Idempotency-Key for a create. `scope` tells callers and routes apart: `<principal> <method> <path>`. `new`
   * must be followed by `finishRequest`; a claim that never was can be made again after a minute.
   */
  async claimRequest(input: {
    organization_id: string;
    scope: string;
    key: string;
    body_hash: string;
  }): Promise<RequestClaim> {
    this.store.create(input.organization_id);
    const { claim, expires_at } = this.requests.claim(input, Date.now());
    if (expires_at !== null) this.armAt(expires_at);
    return claim;
  }

  /** Stores the first answer for 24 hours; `null` when the try failed and may be repeated. */
  async finishRequest(input: {
    scope: string;
    key: string;
    answer: { status: number; sealed_body: string; headers: Record<string, string> } | null;
  }): Promise<void> {
    this.requests.finish(input, Date.now());
  }

  /** Before an agent's row changes in D1: should the caller die before `putAgentHead`, the alarm reads the row again. */
  async expectAgentChange(organizationId: string, agentId: string): Promise<void> {
    this.store.create(organizationId);
    this.armAt(this.agents.expectChange(agentId, Date.now()));
  }

  async putAgentHead(organizationId: string, head: AgentHead): Promise<void> {
    this.store.create(organizationId);
    const before = this.agents.find(head.agent_id);
    this.agents.put(head);
    this.starts.agentChanged(head.agent_id);
    this.tellAgent(before, head.agent_id);
  }

  /** Decides a start and, when it is allowed, writes its lease: the one call of the hot path. */
  async admit(request: AdmissionRequest): Promise<Admission> {
    const plan = await this.knownPlan(request.organization_id);
    if (plan === null) return NOBODY;
    const named = request.external?.agent_name;
    const agent =
      named === undefined ? await this.agents.require(request.agent_id) : await this.agents.requireNamed(named);
    if (agent === 'ambiguous') return ambiguous(named ?? '');
    // The organization's erasure may have begun during a read.
    if (!this.store.exists()) return NOBODY;
    const now = Date.now();
    const hash = request.caller.kind === 'api_key' ? request.caller.key_hash : null;
    const key = hash === null ? null : this.keys.find(hash);
    const address_allowed = this.addresses.list().allows(request.ip);
    const external = key?.external_agent_id === undefined ? null : this.externalAgents.find(key.external_agent_id);
    const asked = agent === null ? request : { ...request, agent_id: agent.agent_id };
    const policies = this.policies.stateFor(asked.agent_id);
    const state = { plan, agent, key, external, address_allowed, policies };
    const admission = this.starts.admit(asked, state, now);
    if (hash !== null && admission.outcome !== 'deny') this.keys.noteUse(hash, now);
    if (key !== null && external !== null) this.noteCall(admission, request, key.id, external, now);
    return admission;
  }

  private noteCall(
    admission: Admission,
    request: AdmissionRequest,
    key_id: string,
    agent: ExternalAgentRecord,
    now: number,
  ): void {
    const country = request.external?.country ?? null;
    const denied = admission.outcome === 'deny' ? admission : null;
    // A key that has ended says nothing of who has it now.
    if (denied === null || ERROR_CODES[denied.code].status !== 401) {
      this.suspicions.called(agent, { key_id, ip: request.ip, country }, now);
    }
    if (denied !== null) this.noteRefusal(denied, request, key_id, agent, now);
  }

  /** Never in the way of the answer: what cannot be counted is logged. */
  private noteRefusal(
    { code, detail }: { readonly code: ErrorCode; readonly detail: string },
    { ip, agent_id, external }: Pick<AdmissionRequest, 'ip' | 'agent_id' | 'external'>,
    key_id: string,
    agent: ExternalAgentRecord,
    now: number,
  ): void {
    if (external === undefined || !countsAsRefused(code)) return;
    const { door, country } = external;
    const call = { at: now, detail, ip, country, agent: external.agent_name ?? agent_id };
    try {
      this.refusals.count({ agent, code, door, key_id, call });
    } catch (error) {
      this.logger().log('error', 'desk.refusal_not_counted', describeError(error));
    }
    this.suspicions.refused(agent, code, now);
  }

  /**
   * Ends a lease with the execution's real cost, once; `outcomes` are of calls that were not told. Answers how long the
   * execution is kept. Objects of an earlier release do not say what has ended, and have reserved nothing.
   */
  async settle(input: {
    lease_id: string;
    cost_microusd: number;
    execution?: ExecutionSummary;
    outcomes?: readonly CallOutcome[];
    unreserved_microusd?: number;
  }): Promise<RetentionRule> {
    const { lease_id, cost_microusd, execution, outcomes = [], unreserved_microusd: besides = cost_microusd } = input;
    if (this.store.exists() && this.starts.settle(lease_id, cost_microusd, { outcomes, besides })) {
      if (execution !== undefined) this.policies.costs.note(execution.agent_id, cost_microusd);
      this.tellMove(execution);
    }
    return this.retention();
  }

  /** Before each model call that has a price. */
  async reserve(request: MoneyRequest): Promise<MoneyAnswer> {
    return this.store.exists() ? this.ledger.reserve(request, Date.now()) : ERASED;
  }

  /** What calls have cost, of an execution that has made none for a while. */
  async book(input: { lease_id: string; outcomes: readonly CallOutcome[] }): Promise<void> {
    if (this.store.exists()) this.ledger.book(input.lease_id, input.outcomes, Date.now());
  }

  /** Asked by a step that waits for money from time to time, should what it had to be told have been lost. */
  async isInLine(input: { lease_id: string; step: string }): Promise<boolean> {
    return this.store.exists() && this.ledger.isInLine(input.lease_id, input.step);
  }

  async budgets(scope: Scope): Promise<BudgetStanding[]> {
    return this.store.exists() ? this.ledger.budgets(scope, Date.now()) : [];
  }

  async moneyOf(input: { lease_id: string }): Promise<LeaseMoney> {
    return this.store.exists() ? this.ledger.moneyOf(input.lease_id, Date.now()) : { budgets: [], waiting: [] };
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

  /** An execution waits, so that its place is free for others, or goes on. */
  async park(input: {
    lease_id: string;
    parked: boolean;
    execution?: ExecutionSummary;
    spent?: SpentSoFar;
  }): Promise<void> {
    const { lease_id, parked, execution, spent = { outcomes: [], up_to: 0 } } = input;
    if (this.store.exists() && this.starts.park(lease_id, parked, spent)) this.tellMove(execution);
  }

  /** Questions that D1 has, for those who watch. */
  async approvalsChanged(approvals: readonly FeedApproval[]): Promise<void> {
    if (!this.store.exists()) return;
    for (const approval of approvals) this.publish(asked(approval));
  }

  /** A person's role has changed, or they have left: they watch again as what they are now. */
  async renewFeed(userId: string): Promise<void> {
    if (this.store.exists()) this.feed.renew(userId);
  }

  /** The feed only, already authorized by the Worker. 404 for an erased organization. */
  override async fetch(request: Request): Promise<Response> {
    const header = (name: keyof typeof FEED_HEADERS) => request.headers.get(FEED_HEADERS[name]) ?? '';
    this.store.create(header('organization'));
    if (!this.store.exists()) return new Response(null, { status: 404 });
    const after = new URL(request.url).searchParams.get('after');
    const named = header('types').split(',');
    return this.feed.open({
      caller: header('caller'),
      types: FEED_EVENT_TYPES.filter((type) => named.includes(type)),
      after: after === null ? null : Number(after),
      as:
        request.headers.get('upgrade') === 'websocket'
          ? 'socket'
          : request.headers.get('accept')?.includes('text/event-stream') === true
            ? 'stream'
            : 'page',
    });
  }

  override webSocketMessage(socket: WebSocket, message: string | ArrayBuffer): void {
    this.feed.acknowledge(socket, message);
  }

  override webSocketClose(socket: WebSocket, code: number): void {
    // Codes outside these ranges may be received but not sent (RFC 6455, 7.4).
    socket.close(code === 1000 || (code >= 3000 && code <= 4999) ? code : 1000);
  }

  /** A start that was admitted but never made; `refused`: why, where it is counted as a refused call. */
  async forgo(input: {
    lease_id: string;
    refused?: { code: ErrorCode; detail: string } & Pick<AdmissionRequest, 'ip' | 'agent_id' | 'external'>;
  }): Promise<void> {
    if (!this.store.exists()) return;
    const lease = this.starts.giveUp(input.lease_id);
    const agent = lease?.external_agent_id == null ? null : this.externalAgents.find(lease.external_agent_id);
    if (input.refused === undefined || agent === null || lease?.key_id == null) return;
    this.noteRefusal(input.refused, input.refused, lease.key_id, agent, Date.now());
  }

  /** Asked by a queued execution from time to time, should what it had to be told have been lost: null while it waits. */
  async noticeFor(input: { lease_id: string }): Promise<LeaseNotice | null> {
    return this.store.exists() ? this.starts.noticeFor(input.lease_id) : null;
  }

  /** Live executions and settled spend of today (UTC), in micro-dollars. */
  async usage(): Promise<{ live_executions: number; spent_today_microusd: number; settled_today: number }> {
    if (!this.store.exists()) return { live_executions: 0, spent_today_microusd: 0, settled_today: 0 };
    const spend = this.store.spend(new Date().toISOString().slice(0, 10));
    return {
      live_executions: this.starts.places.total,
      spent_today_microusd: spend.cost_microusd,
      settled_today: spend.executions,
    };
  }

  /** Before D1 erases the organization or a person: should the caller die before `beginErasure`, the alarm reads D1. */
  async expectErasure(organizationId: string, subject: ErasureSubject): Promise<void> {
    this.store.create(organizationId);
    // Durable before D1 is written, the alarm included.
    await this.arm(this.erasures.expect(subject, Date.now()));
  }

  /** D1 has the erasure that was expected. The organization's own: from now on the desk refuses everything. */
  async beginErasure(subject: string): Promise<void> {
    if (!this.store.made()) return;
    const now = Date.now();
    this.erasures.begin(subject, now);
    this.noticeErasure();
    if (this.store.exists()) this.feed.forgetEvents();
    await this.arm(now);
  }

  /** Looks at what is due; each part catches its own failure, and the next alarm is set whatever happens. */
  override async alarm(): Promise<void> {
    this.armedAt = null;
    if (!this.store.made()) return;
    const due = Date.now() + ALARM_SLACK_MS;
    await this.erasures.turn(due);
    this.noticeErasure();
    if (!this.store.exists()) {
      const next = this.store.nextDue();
      if (next !== null) await this.arm(Math.max(next, Date.now()));
      return;
    }
    for (const part of [
      () => this.drainOutbox(due),
      () => this.starts.checkLeases(due),
      () => this.checkWatchedAgents(due),
      async () => this.ledger.newPeriods(Date.now()),
      async () => this.starts.fillPlaces(),
      () => this.notices.tell(),
      () => this.keeping.turn(due),
      () => this.archive.turn(due),
      async () => this.store.requests.deleteExpired(due),
      () => this.refusals.tell(due),
      async () => this.rates.deleteExpired(Date.now()),
      async () => this.suspicions.deleteForgotten(Date.now()),
      async () => this.feed.rest(due),
    ]) {
      try {
        await part();
      } catch (error) {
        this.logger().log('error', 'desk.alarm_failed', describeError(error));
      }
    }
    const next = this.store.nextDue();
    if (next !== null) await this.arm(Math.max(next, Date.now() + 1000));
  }

  /** Memory knows nothing more than the rows do after an erasure has begun or ended. */
  private noticeErasure(): void {
    this.store.reload();
    if (this.store.exists()) return;
    this.keys.forget();
    this.externalAgents.forget();
    this.refusals.forget();
    this.suspicions.forget();
    this.addresses.forget();
    this.policies.forget();
    this.keeping.forget();
    this.agents.forget();
    this.ledger.forget();
    this.starts.forget();
    this.feed.forget();
    this.feed.closeAll();
    this.plan = null;
  }

  private async checkWatchedAgents(due: number): Promise<void> {
    for (const [agentId, before] of await this.agents.checkWatched(due)) {
      this.starts.agentChanged(agentId);
      this.tellAgent(before, agentId);
    }
  }

  private tellAgent(before: AgentHead | null, agentId: string): void {
    const after = this.agents.find(agentId);
    const fact = after === null ? null : changed(before, after);
    if (fact !== null) this.publish(fact);
  }

  /** That somebody watches never costs a start or its end. */
  private publish(fact: FeedFact): void {
    try {
      this.feed.publish(fact);
    } catch (error) {
      this.logger().log('error', 'desk.feed_failed', describeError(error));
    }
  }

  private tellMove(execution: ExecutionSummary | undefined): void {
    const fact = execution === undefined ? null : moved(execution);
    if (fact !== null) this.publish(fact);
  }

  /** The alarm is set in the turn that wrote them, and so stored with them. */
  private tellNotices(): void {
    const at = Math.min(this.armedAt ?? Number.POSITIVE_INFINITY, Date.now() + NOTICE_RETRY_MS);
    this.armedAt = at;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(at));
    this.ctx.waitUntil(this.notices.tell());
  }

  private async tellOutbox(now: number): Promise<void> {
    this.armAt(now + TELL_MS);
    await this.drainOutbox(now);
  }

  private async drainOutbox(now: number): Promise<void> {
    for (const row of this.store.dueMessages(now, OUTBOX_PAGE)) {
      try {
        await project(this.env, row.message);
        this.store.deleteMessages([row.id]);
      } catch (error) {
        const nextAt = now + Math.min(MAX_BACKOFF_MS, 1000 * 4 ** row.attempts);
        this.store.delayMessage(row.id, nextAt);
        this.armAt(nextAt);
        this.logger().log('warn', 'desk.projection_failed', describeError(error));
        return;
      }
    }
  }

  /** The plan from memory, the row, or D1 when signup could not tell it; null when there is no such organization. */
  private async knownPlan(organizationId: string): Promise<PlanLimits | null> {
    this.plan ??= this.store.exists() ? this.store.plan() : null;
    if (this.plan !== null) return this.plan;
    const plan = await readPlan(this.env, organizationId);
    if (plan !== null) await this.setPlan(organizationId, plan);
    return plan;
  }

  private logger(): Logger {
    return createLogger(
      { object: 'organization', organization_id: this.store.organizationId() },
      { level: this.env.LOG_LEVEL },
    );
  }

  /** Only ever moves the alarm forward; the handler arms what is due later. */
  private armAt(at: number): void {
    if (this.armedAt !== null && this.armedAt <= at) return;
    this.armedAt = at;
    this.ctx.waitUntil(this.arm(at));
  }

  private async arm(at: number): Promise<void> {
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > at) await this.ctx.storage.setAlarm(at);
  }
}

const ERASED: MoneyAnswer = {
  outcome: 'stopped',
  reason: { code: 'organization_erased', message: 'The organization is being erased.' },
};
function ambiguous(name: string): Admission {
  const detail = `Several agents are called ${name}. Name the one that is meant by its id.`;
  return { outcome: 'deny', code: 'agent_ambiguous', detail, retry_after_seconds: null, limits: [] };
}

const NOBODY: Admission = {
  outcome: 'deny',
  code: 'unauthenticated',
  detail: 'The credential is not valid.',
  retry_after_seconds: null,
  limits: [],
};
