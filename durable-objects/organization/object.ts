import {
  ERROR_CODES,
  type ErrorCode,
  type ExecutionSummary,
  FEED_EVENT_TYPES,
  type FeedApproval,
  type PlatformHealth,
} from '@agentflow/contracts';
import { describeError } from '../../workers/platform/telemetry.ts';
import {
  type Admission,
  type AdmissionRequest,
  type AgentHead,
  type CallOutcome,
  type ErasureSubject,
  type ExternalAgentRecord,
  FEED_HEADERS,
  type KeyCheck,
  type LeaseMoney,
  type LeaseNotice,
  type MoneyAnswer,
  type MoneyRequest,
  type OutgoingEvent,
  type PlatformAttempts,
  type Pulled,
  type PullRequest,
  type RequestClaim,
  type RetentionRule,
  type TargetFailure,
} from './client.ts';
import { asked } from './feed-facts.ts';
import { afterAttempts, presentHealth } from './platform-health.ts';
import { countsAsRefused } from './refusals.ts';
import { DeskSettings } from './settings.ts';
import type { SpentSoFar } from './starts.ts';

/**
 * The admission desk of one organization: the only authority on its API keys, starts, concurrency and spend. Every
 * method decides and writes within one turn of the object's single thread; reads from D1 happen before a decision, never
 * inside it. Its callers are this Worker's own routes, which have checked the caller; only `authenticate` and `admit` take
 * credentials that nobody has checked. Fields are a cache of the rows in store/. Nothing is stored for an organization that does not exist.
 */
export class OrganizationObject extends DeskSettings {
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

  async startedWith(keyHash: string, idempotencyKey: string): Promise<string | null> {
    return this.store.exists() ? this.store.requests.executionOf(keyHash, idempotencyKey) : null;
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
    events?: readonly OutgoingEvent[];
  }): Promise<RetentionRule> {
    const { lease_id, cost_microusd, execution, outcomes = [], unreserved_microusd: besides = cost_microusd } = input;
    if (this.store.exists() && this.starts.settle(lease_id, cost_microusd, { outcomes, besides })) {
      // In the turn that ends the lease, which is done once.
      for (const event of input.events ?? []) this.events.append(event);
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

  async moneyOf(input: { lease_id: string }): Promise<LeaseMoney> {
    return this.store.exists() ? this.ledger.moneyOf(input.lease_id, Date.now()) : { budgets: [], waiting: [] };
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

  /** Questions that D1 has, for those who watch, and what is told of them. */
  async approvalsChanged(approvals: readonly FeedApproval[], events: readonly OutgoingEvent[] = []): Promise<void> {
    if (!this.store.exists()) return;
    for (const approval of approvals) this.publish(asked(approval));
    for (const event of events) this.events.append(event);
  }

  /** What has happened elsewhere and is told until this answers. */
  async tellEvents(events: readonly OutgoingEvent[]): Promise<void> {
    if (this.store.exists()) for (const event of events) this.events.append(event);
  }

  /** Before rows of D1's `event_outbox` are written: should the caller die before `collectEvents`, the alarm looks. */
  async expectEvents(organizationId: string): Promise<void> {
    this.store.create(organizationId);
    if (this.store.exists()) await this.arm(this.relay.expect(Date.now()));
  }

  async collectEvents(): Promise<void> {
    if (this.store.exists()) await this.relay.collect(null, (event) => this.events.append(event));
  }

  /** A target asks for what is for it; see `PullRequest`. */
  async pullEvents(request: PullRequest): Promise<Pulled> {
    if (!this.store.exists()) return { state: 'gone' };
    const pulled = this.subscriptions.pull(request);
    this.relay.pulled(request.target_id);
    return pulled;
  }

  /** A target gives up: nothing is sent to it until somebody activates it again. */
  async disableTarget({ target_id, reason, detail, failing_since }: TargetFailure): Promise<void> {
    const now = Date.now();
    const disabled = this.store.exists() ? this.subscriptions.disable(target_id, { reason, detail, at: now }) : null;
    if (disabled === null) return;
    const { name, settings } = disabled;
    const since = failing_since === null ? null : new Date(failing_since).toISOString();
    const data = { target_id, kind: settings.kind, name, reason, detail, failing_since: since };
    this.events.emit('webhook.disabled', data, now);
    if (settings.kind === 'external_agent') {
      const webhook_disabled = { reason, detail, at: now };
      const origin = { actor_type: 'system', actor_id: target_id, ip: '', user_agent: '', request_id: '' };
      this.externalAgents.change(target_id, { webhook_disabled }, null, origin, now);
    }
    await this.drainOutbox(now);
  }

  /** What came of sending to a chat platform. */
  async noteAttempts(attempts: PlatformAttempts): Promise<void> {
    if (!this.store.exists()) return;
    const now = Date.now();
    const { health, event } = afterAttempts(this.store.platformHealth.find(attempts.platform), attempts, now);
    this.store.platformHealth.write(health);
    if (event !== null) this.events.emit(event.type, event.data, now);
  }

  async adapterHealth(): Promise<PlatformHealth[]> {
    const now = Date.now();
    return this.store.exists() ? this.store.platformHealth.all().map((health) => presentHealth(health, now)) : [];
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
