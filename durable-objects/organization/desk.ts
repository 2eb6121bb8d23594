import { DurableObject } from 'cloudflare:workers';
import { type ExecutionSummary, eventType, type FeedFact } from '@agentflow/contracts';
import type { Env } from '../../workers/platform/env.ts';
import { createLogger, describeError, type Logger } from '../../workers/platform/telemetry.ts';
import { executionObject } from '../execution/client.ts';
import { DeskAddresses } from './addresses.ts';
import { DeskAgents } from './agents.ts';
import { DeskArchive } from './archive.ts';
import { tellBudget } from './budget-events.ts';
import type { AgentHead, ErasureSubject, PlanLimits, RetentionRule } from './client.ts';
import { DeskLedger } from './desk-ledger.ts';
import { DeskRates } from './desk-rates.ts';
import { DeskSuspicions } from './desk-suspicions.ts';
import { Erasures } from './erasure.ts';
import { EventRelay } from './event-relay.ts';
import { DeskEvents } from './events.ts';
import { DeskExternalAgents } from './external-agents.ts';
import { DeskFeed } from './feed.ts';
import { changed, moved } from './feed-facts.ts';
import { DeskKeys, TELL_MS } from './keys.ts';
import { LeaseNotices, NOTICE_RETRY_MS } from './notices.ts';
import { DeskPolicies } from './policies/desk-policies.ts';
import { DeskRefusals } from './refusals.ts';
import { DeskRequests } from './requests.ts';
import { DeskRetention } from './retention.ts';
import { DeskStarts } from './starts.ts';
import { DeskStops } from './stops.ts';
import { OrganizationStore } from './store/organization.ts';
import { DeskSubscriptions } from './subscriptions.ts';
import {
  agentsNamed,
  archivePage,
  erasureWork,
  eventReaders,
  project,
  readAgentHead,
  readPlan,
  tellRefusals,
  tellRetention,
} from './wiring.ts';

const OUTBOX_PAGE = 20;
const MAX_BACKOFF_MS = 10 * 60_000;
/** How late the alarm may look at what is due: due times are spread, the alarm is set once for many of them. */
const ALARM_SLACK_MS = 250;

/**
 * The rooms of an organization's desk, its one alarm and its outbox. What can be asked of a desk stands in settings.ts
 * and object.ts. Fields are a cache of the rows in store/.
 */
export abstract class Desk extends DurableObject<Env> {
  protected readonly store: OrganizationStore;
  protected readonly keys: DeskKeys;
  protected readonly externalAgents: DeskExternalAgents;
  protected readonly refusals: DeskRefusals;
  protected readonly subscriptions: DeskSubscriptions;
  protected readonly relay: EventRelay;
  protected readonly events: DeskEvents;
  protected readonly suspicions: DeskSuspicions;
  protected readonly addresses: DeskAddresses;
  protected readonly erasures: Erasures;
  protected readonly keeping: DeskRetention;
  protected readonly archive: DeskArchive;
  protected readonly requests: DeskRequests;
  protected readonly agents: DeskAgents;
  protected readonly ledger: DeskLedger;
  protected readonly rates: DeskRates;
  protected readonly stops: DeskStops;
  protected readonly starts: DeskStarts;
  protected readonly notices: LeaseNotices;
  protected readonly feed: DeskFeed;
  protected readonly policies: DeskPolicies;
  protected plan: PlanLimits | null = null;
  private armedAt: number | null = null;

  constructor(ctx: DurableObjectState, env: Env) {
    super(ctx, env);
    this.store = new OrganizationStore(ctx.storage.sql);
    this.keys = new DeskKeys(ctx.storage, this.store, (at) => this.armAt(at));
    this.subscriptions = new DeskSubscriptions(ctx.storage, this.store, () => this.relayEvents());
    this.relay = new EventRelay(
      this.store,
      this.subscriptions,
      eventReaders(env, () => this.store.organizationId()),
      () => this.logger(),
    );
    this.externalAgents = new DeskExternalAgents(ctx.storage, this.store, {
      armAt: (at) => this.armAt(at),
      changed: (agent) => this.subscriptions.follow(agent),
    });
    this.refusals = new DeskRefusals(
      ctx,
      this.store,
      (counted) => tellRefusals(env, this.store.organizationId(), counted),
      (at) => this.armAt(at),
    );
    this.events = new DeskEvents(this.store, this.subscriptions, {
      armAt: (at) => this.armAt(at),
      relay: () => this.relayEvents(),
      publish: (fact) => this.publish(fact),
    });
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
    const targets = () => this.store.subscriptions.all().map(({ record }) => record.id);
    const workOf = (subject: ErasureSubject) => erasureWork(env, this.store.organizationId(), subject, targets);
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
        wants: (type, data) => this.subscriptions.wants(type, data),
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
      () => this.relay.collect(due, (event) => this.events.append(event)),
      () => this.relay.recall(due),
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
  protected noticeErasure(): void {
    this.store.reload();
    if (this.store.exists()) return;
    this.keys.forget();
    this.externalAgents.forget();
    this.subscriptions.forget();
    this.relay.forget();
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

  protected async checkWatchedAgents(due: number): Promise<void> {
    for (const [agentId, before] of await this.agents.checkWatched(due)) {
      this.starts.agentChanged(agentId);
      this.tellAgent(before, agentId);
    }
  }

  protected tellAgent(before: AgentHead | null, agentId: string): void {
    const after = this.agents.find(agentId);
    const fact = after === null ? null : changed(before, after);
    if (after === null || fact === null) return;
    this.publish(fact);
    const told = eventType.safeParse(fact.type);
    if (!told.success) return;
    const { name: agent_name, status, live_version } = after;
    this.events.emit(told.data, { agent_id: agentId, agent_name, status, live_version }, Date.now());
  }

  /** That somebody watches never costs a start or its end. */
  protected publish(fact: FeedFact): void {
    try {
      this.feed.publish(fact);
    } catch (error) {
      this.logger().log('error', 'desk.feed_failed', describeError(error));
    }
  }

  protected tellMove(execution: ExecutionSummary | undefined): void {
    const fact = execution === undefined ? null : moved(execution);
    if (fact !== null) this.publish(fact);
  }

  /** After the turn that wrote what is to be read. */
  protected relayEvents(): void {
    this.ctx.waitUntil(Promise.resolve().then(() => Promise.all([this.relay.relay(), this.relay.listSoon()])));
  }

  /** The alarm is set in the turn that wrote them, and so stored with them. */
  protected tellNotices(): void {
    const at = Math.min(this.armedAt ?? Number.POSITIVE_INFINITY, Date.now() + NOTICE_RETRY_MS);
    this.armedAt = at;
    this.ctx.waitUntil(this.ctx.storage.setAlarm(at));
    this.ctx.waitUntil(this.notices.tell());
  }

  protected async tellOutbox(now: number): Promise<void> {
    this.armAt(now + TELL_MS);
    await this.drainOutbox(now);
  }

  protected async drainOutbox(now: number): Promise<void> {
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
  protected async knownPlan(organizationId: string): Promise<PlanLimits | null> {
    this.plan ??= this.store.exists() ? this.store.plan() : null;
    if (this.plan !== null) return this.plan;
    const plan = await readPlan(this.env, organizationId);
    if (plan !== null) await this.setPlan(organizationId, plan);
    return plan;
  }

  protected logger(): Logger {
    return createLogger(
      { object: 'organization', organization_id: this.store.organizationId() },
      { level: this.env.LOG_LEVEL },
    );
  }

  /** Only ever moves the alarm forward; the handler arms what is due later. */
  protected armAt(at: number): void {
    if (this.armedAt !== null && this.armedAt <= at) return;
    this.armedAt = at;
    this.ctx.waitUntil(this.arm(at));
  }

  protected async arm(at: number): Promise<void> {
    const set = await this.ctx.storage.getAlarm();
    if (set === null || set > at) await this.ctx.storage.setAlarm(at);
  }
}
