import { DurableObject } from 'cloudflare:workers';
import { ID_PREFIXES, type RetentionDays } from '@agentflow/contracts';
import type { Env } from '../../workers/platform/env.ts';
import { idBody, newId } from '../../workers/platform/ids.ts';
import { createLogger, describeError, type Logger } from '../../workers/platform/telemetry.ts';
import { executionObject } from '../execution/client.ts';
import { DeskAddresses } from './addresses.ts';
import { decide } from './admission.ts';
import type {
  Admission,
  AdmissionRequest,
  AgentHead,
  AuditOrigin,
  ErasureSubject,
  KeyCheck,
  KeyRecord,
  KeyRotation,
  PlanLimits,
  RequestClaim,
  RetentionRule,
  RotatedKey,
  StoredAllowlist,
} from './client.ts';
import { Erasures } from './erasure.ts';
import { DeskKeys, TELL_MS } from './keys.ts';
import type { WindowCount } from './limits.ts';
import { DeskRetention } from './retention.ts';
import { type Lease, OrganizationStore } from './store.ts';
import { erasureWork, project, readAgentHead, readPlan, tellRetention } from './wiring.ts';

/** A lease that no execution has been seen for is given up after this long. */
const PROVISIONAL_MS = 60_000;
/** A live execution's lease is asked about this often. */
const ACTIVE_MS = 15 * 60_000;
const REQUEST_TTL_MS = 24 * 3_600_000;
/** A create whose Worker died may be repeated after this long. */
const CLAIM_MS = 60_000;
const WATCH_MS = 10_000;
const OUTBOX_PAGE = 20;
const LEASE_PAGE = 100;
const MAX_BACKOFF_MS = 10 * 60_000;
/** How late the alarm may look at what is due: due times are spread, the alarm is set once for many of them. */
const ALARM_SLACK_MS = 250;

/**
 * The admission desk of one organization: the only authority on its API keys, starts, concurrency and spend. Every
 * method decides and writes within one turn of the object's single thread; reads from D1 happen before a decision, never
 * inside it. Its callers are this Worker's own routes, which have checked the caller; only `authenticate` and `admit` take
 * credentials that nobody has checked. Fields are a cache of the rows in store.ts. Nothing is stored for an organization that does not exist.
 */
export class OrganizationObject extends DurableObject<Env> {
  private readonly store: OrganizationStore;
  private readonly keys: DeskKeys;
  private readonly addresses: DeskAddresses;
  private readonly erasures: Erasures;
  private readonly keeping: DeskRetention;
  private readonly agents = new Map<string, AgentHead>();
  private plan: PlanLimits | null = null;
  private live: Map<string, number> | null = null;
  private liveTotal = 0;
  private armedAt: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.store = new OrganizationStore(ctx.storage.sql);
    this.keys = new DeskKeys(ctx.storage, this.store, (at) => this.armAt(at));
    this.addresses = new DeskAddresses(ctx.storage, this.store);
    const tell = (rule: RetentionRule, cursor: string) => tellRetention(env, this.store.organizationId(), rule, cursor);
    this.keeping = new DeskRetention(ctx.storage, this.store, tell, () => this.logger());
    const workOf = (subject: ErasureSubject) => erasureWork(env, this.store.organizationId(), subject);
    this.erasures = new Erasures(this.store, ctx.storage, workOf, () => this.logger());
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
  }

  /** Checks an API key outside of admission (reads, edits). From where it may be used is told to a good one alone. */
  async authenticate(input: { key_hash: string; ip: string }): Promise<KeyCheck> {
    const now = Date.now();
    const checked = this.store.exists() ? this.keys.check(input.key_hash, now) : null;
    if (checked === null) return { ok: false, code: 'unauthenticated' };
    if (checked === 'expired') return { ok: false, code: 'token_expired' };
    const addresses = this.addresses.list();
    if (!addresses.allows(input.ip)) return { ok: false, code: 'ip_not_allowed' };
    this.keys.noteUse(input.key_hash, now);
    return { ok: true, key: checked, restricted: addresses.restricted };
  }

  async createKey(organizationId: string, key: KeyRecord, origin: AuditOrigin): Promise<void> {
    this.store.create(organizationId);
    this.keys.create(key, origin);
    await this.drainOutbox(Date.now());
  }

  /** `found: false` for an unknown or already revoked key. The revocation holds when this answers. */
  async revokeKey(keyId: string, origin: AuditOrigin): Promise<{ found: boolean }> {
    if (!this.store.exists() || !this.keys.revoke(keyId, origin)) return { found: false };
    await this.drainOutbox(Date.now());
    return { found: true };
  }

  /** Puts a new key in the place of one that goes on for the overlap: see `DeskKeys.rotate`. */
  async rotateKey(rotation: KeyRotation, origin: AuditOrigin): Promise<RotatedKey> {
    if (!this.store.exists()) return { outcome: 'not_found' };
    const rotated = this.keys.rotate(rotation, origin);
    if (rotated.outcome === 'rotated') await this.drainOutbox(Date.now());
    return rotated;
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
    const now = Date.now();
    const stored = this.store.request(input.scope, input.key);
    if (stored !== null && stored.expires_at > now) {
      if (stored.body_hash !== input.body_hash) return { state: 'reused' };
      return stored.answer === null ? { state: 'in_progress' } : { state: 'replay', ...stored.answer };
    }
    const expiresAt = now + CLAIM_MS;
    this.store.writeRequest(input.scope, input.key, {
      body_hash: input.body_hash,
      execution_id: null,
      answer: null,
      expires_at: expiresAt,
    });
    this.armAt(expiresAt);
    return { state: 'new' };
  }

  /** Stores the first answer for 24 hours; `null` when the try failed and may be repeated. */
  async finishRequest(input: {
    scope: string;
    key: string;
    answer: { status: number; sealed_body: string; headers: Record<string, string> } | null;
  }): Promise<void> {
    const stored = this.store.exists() ? this.store.request(input.scope, input.key) : null;
    if (stored === null || stored.answer !== null) return;
    if (input.answer === null) this.store.deleteRequest(input.scope, input.key);
    else {
      const expiresAt = Date.now() + REQUEST_TTL_MS;
      this.store.writeRequest(input.scope, input.key, { ...stored, answer: input.answer, expires_at: expiresAt });
    }
  }

  /** Before an agent's row changes in D1: should the caller die before `putAgentHead`, the alarm reads the row again. */
  async expectAgentChange(organizationId: string, agentId: string): Promise<void> {
    this.store.create(organizationId);
    const checkAt = Date.now() + WATCH_MS;
    this.store.watchAgent(agentId, checkAt);
    this.armAt(checkAt);
  }

  async putAgentHead(organizationId: string, head: AgentHead): Promise<void> {
    this.store.create(organizationId);
    this.ctx.storage.transactionSync(() => {
      this.store.writeAgent(head);
      this.store.noteAgentTold(head.agent_id);
    });
    this.agents.delete(head.agent_id);
  }

  /** Decides a start and, when it is allowed, writes its lease: the one call of the hot path. */
  async admit(request: AdmissionRequest): Promise<Admission> {
    const plan = await this.knownPlan(request.organization_id);
    if (plan === null) return NOBODY;
    const agent = this.agent(request.agent_id) ?? (await this.readAgent(request.organization_id, request.agent_id));
    // The organization's erasure may have begun during a read.
    if (!this.store.exists()) return NOBODY;
    const now = Date.now();
    const live = this.liveExecutions();
    const scope = startScope(request);
    const stored = request.idempotency === null ? null : this.store.request(scope, request.idempotency.key);
    const held = request.lineage === undefined ? null : this.store.lease(leaseIdOf(request, now));
    const decision = decide(
      {
        plan,
        agent,
        key: request.caller.kind === 'api_key' ? this.keys.find(request.caller.key_hash) : null,
        address_allowed: this.addresses.list().allows(request.ip),
        request: stored !== null && stored.expires_at > now ? stored : null,
        starts: plan.starts_per_hour === null ? null : this.store.window('starts'),
        live_executions: this.liveTotal,
        live_of_agent: live.get(request.agent_id) ?? 0,
        admitted: held !== null,
      },
      request,
      now,
    );
    if (request.caller.kind === 'api_key' && decision.outcome !== 'deny')
      this.keys.noteUse(request.caller.key_hash, now);
    if (decision.outcome !== 'admit') return decision;
    const lease: Lease = held ?? {
      id: leaseIdOf(request, now),
      execution_id: request.execution_id,
      agent_id: request.agent_id,
      caller: decision.caller.id,
      root_execution_id: request.lineage?.root_execution_id ?? null,
      parent_execution_id: request.lineage?.parent_execution_id ?? null,
      state: 'provisional',
      created_at: now,
      expires_at: now + PROVISIONAL_MS,
    };
    if (held === null) this.grant(request, lease, scope, plan, decision.starts);
    return {
      outcome: 'allow',
      lease_id: lease.id,
      agent: decision.agent,
      version: decision.version,
      caller: decision.caller,
      limit: decision.limit,
    };
  }

  /** Writes the lease of a start and what goes with it, and counts it. */
  private grant(request: AdmissionRequest, lease: Lease, scope: string, plan: PlanLimits, starts: WindowCount): void {
    const live = this.liveExecutions();
    this.ctx.storage.transactionSync(() => {
      this.store.insertLease(lease);
      if (plan.starts_per_hour !== null) this.store.writeWindow('starts', starts.window_start, starts.used);
      if (request.idempotency !== null) {
        this.store.writeRequest(scope, request.idempotency.key, {
          body_hash: request.idempotency.body_hash,
          execution_id: request.execution_id,
          answer: null,
          expires_at: lease.created_at + REQUEST_TTL_MS,
        });
      }
    });
    live.set(request.agent_id, (live.get(request.agent_id) ?? 0) + 1);
    this.liveTotal++;
    this.armAt(lease.expires_at);
  }

  /**
   * Ends a lease with the execution's real cost. A lease that is not there was settled before: nothing changes. Answers how
   * long the execution is kept.
   */
  async settle(input: { lease_id: string; cost_microusd: number }): Promise<RetentionRule> {
    const lease = this.store.exists() ? this.store.lease(input.lease_id) : null;
    if (lease === null) return this.retention();
    this.ctx.storage.transactionSync(() => {
      this.store.deleteLease(lease.id);
      this.store.addSpend(new Date().toISOString().slice(0, 10), input.cost_microusd);
    });
    this.release(lease);
    return this.keeping.rule();
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

  /**
   * An execution waits, so that its place is free for others, or goes on. Going on is never refused: what was begun is
   * brought to its end, also where that makes one more than may begin.
   */
  async park(input: { lease_id: string; parked: boolean }): Promise<void> {
    const lease = this.store.exists() ? this.store.lease(input.lease_id) : null;
    if (lease === null || (lease.state === 'parked') === input.parked) return;
    this.store.parkLease(lease.id, input.parked);
    this.count(lease.agent_id, input.parked ? -1 : 1);
  }

  /** A start that was admitted but never made: its lease and its idempotency key are free again. */
  async forgo(input: { lease_id: string }): Promise<void> {
    const lease = this.store.exists() ? this.store.lease(input.lease_id) : null;
    if (lease !== null) this.giveUp(lease);
  }

  /** Live executions and settled spend of today (UTC), in micro-dollars. */
  async usage(): Promise<{ live_executions: number; spent_today_microusd: number; settled_today: number }> {
    if (!this.store.exists()) return { live_executions: 0, spent_today_microusd: 0, settled_today: 0 };
    this.liveExecutions();
    const spend = this.store.spend(new Date().toISOString().slice(0, 10));
    return {
      live_executions: this.liveTotal,
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
      () => this.checkLeases(due),
      () => this.checkWatchedAgents(due),
      () => this.keeping.turn(due),
      async () => this.store.deleteExpiredRequests(due),
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

  private async checkLeases(due: number): Promise<void> {
    const leases = this.store.expiringLeases(due, LEASE_PAGE);
    await Promise.all(
      leases.map(async (lease) => {
        const execution = executionObject(this.env.EXECUTION, lease.execution_id);
        // An object that does not answer may be alive: its lease is kept, and it is asked again.
        const state = await execution.leaseState(lease.id).catch(() => 'alive' as const);
        if (state === 'unknown') this.giveUp(lease);
        else this.store.extendLease(lease.id, Date.now() + (state === 'alive' ? ACTIVE_MS : PROVISIONAL_MS));
      }),
    );
  }

  /** Memory knows nothing more than the rows do after an erasure has begun or ended. */
  private noticeErasure(): void {
    this.store.reload();
    if (this.store.exists()) return;
    this.keys.forget();
    this.addresses.forget();
    this.keeping.forget();
    this.agents.clear();
    this.plan = null;
    this.live = null;
    this.liveTotal = 0;
  }

  private giveUp(lease: Lease): void {
    if (!this.store.exists()) return;
    this.ctx.storage.transactionSync(() => {
      this.store.deleteLease(lease.id);
      this.store.deleteRequestsOf(lease.execution_id);
    });
    this.release(lease);
  }

  private release(lease: Lease): void {
    if (lease.state !== 'parked') this.count(lease.agent_id, -1);
  }

  /** Keeps the count of live executions in step with the rows, where it is in memory. */
  private count(agentId: string, by: 1 | -1): void {
    const live = this.live;
    if (live === null) return;
    live.set(agentId, Math.max(0, (live.get(agentId) ?? 0) + by));
    this.liveTotal = Math.max(0, this.liveTotal + by);
  }

  private async checkWatchedAgents(due: number): Promise<void> {
    const organizationId = this.store.organizationId();
    for (const agentId of this.store.watchedAgents(due)) {
      const head = await readAgentHead(this.env, organizationId, agentId);
      this.ctx.storage.transactionSync(() => {
        if (head !== null) this.store.writeAgent(head);
        this.store.unwatchAgent(agentId);
      });
      this.agents.delete(agentId);
    }
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

  private agent(agentId: string): AgentHead | null {
    const known = this.agents.get(agentId) ?? this.store.agent(agentId);
    if (known !== null) this.agents.set(agentId, known);
    return known;
  }

  private async readAgent(organizationId: string, agentId: string): Promise<AgentHead | null> {
    const head = await readAgentHead(this.env, organizationId, agentId);
    if (head !== null) this.store.writeAgent(head);
    return head;
  }

  private liveExecutions(): Map<string, number> {
    if (this.live === null) {
      this.live = this.store.leaseCounts();
      this.liveTotal = [...this.live.values()].reduce((sum, count) => sum + count, 0);
    }
    return this.live;
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

const NOBODY: Admission = {
  outcome: 'deny',
  code: 'unauthenticated',
  detail: 'The credential is not valid.',
  retry_after_seconds: null,
  limit: null,
};

/** A start that may be asked for twice finds its lease by the execution. */
function leaseIdOf(request: AdmissionRequest, now: number): string {
  return request.lineage === undefined ? newId('lease', now) : `${ID_PREFIXES.lease}_${idBody(request.execution_id)}`;
}

/** Starts of different callers and agents do not share Idempotency-Keys. */
function startScope(request: AdmissionRequest): string {
  const { caller } = request;
  if (caller.kind === 'execution') return `${caller.actor.id} ${request.mode} ${request.agent_id}`;
  const who = caller.kind === 'user' ? caller.user_id : caller.kind === 'checked_key' ? caller.key_id : caller.key_hash;
  return `${who} ${request.mode} ${request.agent_id}`;
}
