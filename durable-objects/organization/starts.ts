import { type EventType, type ExecutionError, type FeedFact, ID_PREFIXES, type JsonValue } from '@agentflow/contracts';
import { idBody, timeOfId } from '../../workers/platform/ids.ts';
import { type DeskState, decide } from './admission.ts';
import type { DeskAgents } from './agents.ts';
import type {
  Admission,
  AdmissionRequest,
  AgentHead,
  CallOutcome,
  ExternalAgentRecord,
  ExternalCall,
  ExternalOrigin,
  LeaseNotice,
  PlanLimits,
} from './client.ts';
import type { DeskLedger, LeaseCosts } from './desk-ledger.ts';
import type { DeskRates } from './desk-rates.ts';
import type { DeskExternalAgents } from './external-agents.ts';
import { admitted, promoted } from './feed-facts.ts';
import { holdsPlace, Places } from './places.ts';
import type { PolicyRules } from './policies/compile.ts';
import { policyStops, type RunningStart } from './policies/running.ts';
import { Pressure } from './pressure.ts';
import type { CountedSubject, RateRow } from './rates.ts';
import { REQUEST_TTL_MS } from './requests.ts';
import { scopesOf, spendingOf } from './spending.ts';
import type { DeskStops } from './stops.ts';
import type { Lease } from './store/leases.ts';
import type { OrganizationStore } from './store/organization.ts';

/** A lease that no execution has been seen for is given up after this long. */
const PROVISIONAL_MS = 60_000;
/** How long before that its start must have been made: clocks of two machines differ, and the desk asks at its own. */
const START_MARGIN_MS = 10_000;
/** A live execution's lease is asked about this often. */
const ACTIVE_MS = 15 * 60_000;
const LEASE_PAGE = 100;

const UNLIMITED: DeskState['money'] = { remaining: null, spent_up: null };

/** What an execution that waits has spent; `up_to`: the number of its last call. */
export interface SpentSoFar {
  readonly outcomes: readonly CallOutcome[];
  readonly up_to: number;
}

/** What the desk knows of a caller and the organization when a start is decided. */
export type StartState = Pick<DeskState, 'plan' | 'agent' | 'key' | 'external' | 'address_allowed' | 'policies'>;

/** Rooms of the desk that have a say in a start, or keep its books. */
interface Rooms {
  readonly agents: DeskAgents;
  readonly rates: DeskRates;
  readonly ledger: DeskLedger;
  readonly stops: DeskStops;
  readonly externalAgents: DeskExternalAgents;
}

interface StartsHost {
  plan(): PlanLimits | null;
  armAt(at: number): void;
  /** Notices were written: they are told now, and by the alarm if this instance dies first. */
  told(): void;
  publish(fact: FeedFact): void;
  /** Whether a subscription wants an event like this. */
  wants(type: EventType, data: Readonly<Record<string, JsonValue>>): boolean;
  /** Asks an execution's object what has become of a lease. */
  leaseState(lease: Lease): Promise<'alive' | 'ended' | 'unknown'>;
}

/**
 * Starts of executions, from their admission to the end of their lease. Every method decides and writes in one turn, so
 * that no more executions are given a place than the limits allow; what frees a place gives it to the next in line in the
 * same turn.
 */
export class DeskStarts {
  private known: { readonly places: Places; ord: number } | null = null;
  private readonly pressure = new Pressure();

  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly store: OrganizationStore,
    private readonly rooms: Rooms,
    private readonly host: StartsHost,
  ) {}

  /** Drops the cache: what the rows say now is asked again. */
  forget(): void {
    this.known = null;
    this.rooms.rates.forget();
  }

  get places(): Places {
    return this.counted.places;
  }

  private get counted() {
    this.known ??= { places: new Places(this.store.leases.counts()), ord: this.store.leases.lastOrd() };
    return this.known;
  }

  /** Decides a start and, when it is allowed, writes its lease and what goes with it. */
  admit(request: AdmissionRequest, state: StartState, now: number): Admission {
    const { agent_id, idempotency } = request;
    const stored = idempotency === null ? null : this.store.requests.find(startScope(request), idempotency.key);
    const known = stored !== null && stored.expires_at > now ? stored : null;
    const held = this.heldFor(request, known?.execution_id ?? null);
    const spends = spendingOf(request);
    // What an execution starts is paid call by call, like all that it does.
    const money =
      request.caller.kind === 'execution'
        ? UNLIMITED
        : this.rooms.ledger.left(scopesOf({ agent_id, external_agent_id: state.external?.id ?? null, spends }), now);
    const rates = held === null ? this.rooms.rates.subjectsOf(request, state) : [];
    const decision = decide(
      {
        ...state,
        request: known,
        rates,
        money,
        live_executions: this.places.total,
        live_of_agent: this.places.heldBy(agent_id),
        live_of_external: state.external === null ? 0 : this.places.callsOf(state.external.id),
        queued_of_agent: this.places.queuedOf(agent_id),
        admitted: held,
        stopped: held?.state === 'revoked' || this.wasStopped(request),
      },
      request,
      now,
    );
    if (decision.outcome === 'deny' && decision.code === 'budget_exceeded' && money.spent_up !== null) {
      this.rooms.ledger.refused(money.spent_up);
    }
    if (decision.outcome !== 'admit') return decision;
    const lease: Lease = held ?? {
      id: leaseIdOf(request.execution_id),
      execution_id: request.execution_id,
      agent_id,
      caller: decision.caller.id,
      root_execution_id: request.lineage?.root_execution_id ?? null,
      parent_execution_id: request.lineage?.parent_execution_id ?? null,
      external_agent_id: decision.external?.external_agent_id ?? null,
      key_id: decision.external?.key_id ?? decision.key_id,
      stop_id: null,
      state: decision.queued ? 'queued' : 'provisional',
      version: decision.version,
      brings_definition: request.brings_definition === true,
      spends,
      ord: this.nextOrd(),
      created_at: now,
      expires_at: now + PROVISIONAL_MS,
    };
    if (held === null) {
      this.grant(request, lease, { subjects: rates, counted: decision.counted }, decision.replaces);
      this.host.publish(admitted(request, lease, decision));
    }
    return {
      outcome: 'allow',
      execution_id: lease.execution_id,
      lease_id: lease.id,
      again: held !== null,
      start_by: (held === null ? lease.expires_at : this.renew(held, now)) - START_MARGIN_MS,
      queued: lease.state === 'queued',
      announce: this.announces(request),
      agent: decision.agent,
      version: decision.version,
      caller: decision.caller,
      remaining_microusd: leastOf(money.remaining, request.spends?.budget_microusd),
      limits: decision.limits,
      external: this.callOf(decision.external, state.external, request, now),
    };
  }

  private announces({ agent_id, mode, shown }: AdmissionRequest): boolean {
    return mode === 'live' && this.host.wants('execution.started', { agent_id, project_id: shown?.project_id ?? null });
  }

  /** What the execution records of the call; null for one that no external agent made. */
  private callOf(
    origin: ExternalOrigin | null,
    agent: ExternalAgentRecord | null,
    { external }: AdmissionRequest,
    now: number,
  ): ExternalCall | null {
    if (origin === null || agent === null || external === undefined) return null;
    const { name, platform, recording } = agent;
    const sampled = this.pressure.sample(now);
    const payloads = !recording.payloads ? 'off' : sampled ? 'on' : 'sampled_out';
    return { ...origin, name, platform, door: external.door, payloads, redact: recording.redact };
  }

  /** Of a start by an execution whose root began before a stop of its key or external agent. */
  private wasStopped({ lineage }: AdmissionRequest): boolean {
    const external = lineage?.external;
    if (lineage === undefined || external === undefined) return false;
    return this.rooms.stops.covers(external, timeOfId(lineage.root_execution_id));
  }

  /** Leases of live executions whose start a policy would deny now, with all that they started. */
  deniedBy(policy: PolicyRules, now: number): string[] {
    const stops = policyStops(policy);
    const roots = this.store.leases.liveOf(null).filter((lease) => stops(this.startOf(lease), now));
    const below = this.store.leases.liveOf(roots.map(({ execution_id }) => execution_id));
    return [...roots, ...below].map(({ id }) => id);
  }

  private startOf({ caller, external_agent_id, key_id, agent_id, version, brings_definition }: Lease): RunningStart {
    const kind = external_agent_id !== null ? 'external_agent' : key_id !== null ? 'api_key' : 'user';
    const platform = external_agent_id === null ? null : this.rooms.externalAgents.find(external_agent_id)?.platform;
    return {
      subject: { kind, id: caller, role: kind === 'user' ? undefined : null, platform },
      action: kind === 'external_agent' ? 'invoke' : version === null && !brings_definition ? 'test' : 'execute',
      agent: { id: agent_id, tags: this.rooms.agents.find(agent_id)?.tags ?? [] },
    };
  }

  /**
   * The lease of a start that is asked for again: by another execution, or with the key of one that was not seen to run.
   * null when there is none.
   */
  private heldFor(request: AdmissionRequest, executionId: string | null): Lease | null {
    if (request.lineage !== undefined) return this.store.leases.find(leaseIdOf(request.execution_id));
    const lease = executionId === null ? null : this.store.leases.find(leaseIdOf(executionId));
    return lease !== null && (lease.state === 'provisional' || lease.state === 'queued') ? lease : null;
  }

  /** Leaves time for the start; gives back when the lease runs out. */
  private renew(lease: Lease, now: number): number {
    if (lease.expires_at >= now + PROVISIONAL_MS / 2) return lease.expires_at;
    const expiresAt = now + PROVISIONAL_MS;
    this.write(() => this.store.leases.renew(lease.id, expiresAt));
    return expiresAt;
  }

  private grant(
    request: AdmissionRequest,
    lease: Lease,
    rates: { readonly subjects: readonly CountedSubject[]; readonly counted: readonly RateRow[] },
    replaces: number,
  ): void {
    const { places } = this;
    const now = lease.created_at;
    const replaced = replaces === 0 ? [] : this.store.leases.oldestHolding(lease.agent_id, replaces);
    const reason: ExecutionError = {
      code: 'replaced',
      message: `Replaced by a newer execution, ${lease.execution_id}.`,
    };
    places.add(lease, 1);
    for (const each of replaced) places.move(each, 'revoked');
    this.write(() => {
      this.store.leases.insert(lease);
      this.rooms.ledger.open(lease, request.spends?.budget_microusd);
      for (const { id } of replaced) this.store.leases.revoke(id, reason, now);
      this.rooms.rates.write(rates.subjects, rates.counted);
      if (request.idempotency !== null) {
        this.store.requests.write(startScope(request), request.idempotency.key, {
          body_hash: request.idempotency.body_hash,
          execution_id: request.execution_id,
          answer: null,
          expires_at: now + REQUEST_TTL_MS,
        });
      }
    });
    this.host.armAt(lease.expires_at);
    if (replaced.length > 0) this.host.told();
  }

  /** Ends a lease with the execution's real cost. False for one that is not there: it was settled before. */
  settle(leaseId: string, costMicrousd: number, costs: LeaseCosts): boolean {
    const lease = this.store.leases.find(leaseId);
    if (lease === null) return false;
    this.places.add(lease, -1);
    this.write(() => {
      this.store.leases.delete(lease.id);
      this.rooms.stops.noteEnded(lease.stop_id, costMicrousd, Date.now());
      this.store.addSpend(new Date().toISOString().slice(0, 10), costMicrousd);
      this.rooms.ledger.close(lease, costs, Date.now());
    });
    this.fillPlaces();
    return true;
  }

  /**
   * Only who holds a place can leave it: false for who does not. Going on is never refused, also where that makes one more
   * than may begin.
   */
  park(leaseId: string, parked: boolean, spent: SpentSoFar): boolean {
    const lease = this.store.leases.find(leaseId);
    if (lease === null) return false;
    const moves = parked ? holdsPlace(lease.state) : lease.state === 'parked';
    if (moves) this.places.move(lease, parked ? 'parked' : 'active');
    this.write(() => {
      if (moves) this.store.leases.park(lease.id, parked);
      if (parked) this.rooms.ledger.rest(lease, spent.outcomes, spent.up_to, Date.now());
    });
    if (parked) this.fillPlaces();
    // One that waited for money has its place back already.
    return moves || (!parked && lease.state === 'active');
  }

  /** The place of an execution that waited for money and has it now. Those that did not leave theirs keep it. */
  giveBackPlace(lease: Lease): boolean {
    if (lease.state !== 'parked') return true;
    const plan = this.host.plan();
    if (plan === null || this.places.total >= plan.concurrent_executions) return false;
    const most = this.rooms.agents.find(lease.agent_id)?.max_concurrency ?? null;
    if (most !== null && this.places.heldBy(lease.agent_id) >= most) return false;
    this.places.move(lease, 'active');
    this.store.leases.park(lease.id, false);
    return true;
  }

  /** The execution was never made: its lease and its idempotency key are free again. Gives back what there was. */
  giveUp(leaseId: string): Lease | null {
    const lease = this.store.leases.find(leaseId);
    if (lease === null) return null;
    this.places.add(lease, -1);
    this.write(() => {
      this.store.leases.delete(lease.id);
      this.rooms.stops.noteEnded(lease.stop_id, 0, Date.now());
      this.store.requests.deleteOf(lease.execution_id);
      this.rooms.ledger.close(lease, { outcomes: [], besides: 0 }, Date.now());
    });
    // It was told as a start.
    this.host.publish({ type: 'reset', data: {} });
    this.fillPlaces();
    return lease;
  }

  /** An agent's status, limit or policy may be another one now. */
  agentChanged(agentId: string): void {
    if (this.rooms.agents.find(agentId)?.status === 'archived') this.dismiss(agentId);
    this.fillPlaces();
  }

  /** What is queued of an archived agent would wait for ever. */
  private dismiss(agentId: string): void {
    if (this.places.queuedOf(agentId) === 0) return;
    const reason = { code: 'agent_archived', message: 'The agent was archived before a place was free.' };
    this.write(() => this.store.leases.revokeQueued(agentId, reason, Date.now()));
    this.forget();
    this.host.told();
  }

  /** Gives every place that is free to the next in line, in the order of their admission. */
  fillPlaces(): void {
    // Who waits for money was admitted before whoever is queued.
    this.rooms.ledger.wake();
    const plan = this.places.anyInLine() ? this.host.plan() : null;
    let filled = false;
    while (plan !== null && this.places.total < plan.concurrent_executions) {
      const next = this.nextInLine();
      if (next === null) break;
      const now = Date.now();
      const expiresAt = now + PROVISIONAL_MS;
      this.places.move(next, 'provisional');
      const ord = this.nextOrd();
      this.write(() => this.store.leases.promote(next.id, ord, now, expiresAt));
      this.host.publish(promoted(next, now));
      this.host.armAt(expiresAt);
      filled = true;
    }
    if (filled) this.host.told();
  }

  /** The one that was admitted first, of agents that may begin another execution now. */
  private nextInLine(): Lease | null {
    let next: Lease | null = null;
    for (const agentId of this.places.agentsInLine()) {
      const agent = this.rooms.agents.find(agentId);
      if (agent === null || !mayBegin(agent, this.places.heldBy(agentId))) continue;
      const first = this.store.leases.firstQueued(agentId);
      if (first !== null && (next === null || first.ord < next.ord)) next = first;
    }
    return next;
  }

  /** What an execution that is queued has missed; null while it is not its turn. */
  noticeFor(leaseId: string): LeaseNotice | null {
    const lease = this.store.leases.find(leaseId);
    if (lease?.state === 'queued') return null;
    const notice = lease === null ? null : this.store.leases.noticeOf(leaseId);
    if (notice !== null) return notice;
    if (lease !== null && lease.state !== 'revoked') return { kind: 'begin' };
    return { kind: 'cancel', reason: { code: 'start_lost', message: 'Its place in the queue was lost.' } };
  }

  /** Asks the executions of leases that run out: who is alive keeps its lease, who was never made loses it. */
  async checkLeases(due: number): Promise<void> {
    await Promise.all(
      this.store.leases.expiring(due, LEASE_PAGE).map(async (lease) => {
        // An object that does not answer may be alive: its lease is kept, and it is asked again.
        const state = await this.host.leaseState(lease).catch(() => 'alive' as const);
        if (!this.store.exists()) return;
        // Its start may have been asked for again meanwhile.
        if (this.store.leases.find(lease.id)?.expires_at !== lease.expires_at) return;
        if (state === 'unknown') this.giveUp(lease.id);
        else this.store.leases.extend(lease.id, Date.now() + (state === 'alive' ? ACTIVE_MS : PROVISIONAL_MS));
      }),
    );
  }

  /** Rows that the counts in memory have gone ahead of: where they can't be written, both are read anew. */
  private write(rows: () => void): void {
    try {
      this.storage.transactionSync(rows);
    } catch (error) {
      this.forget();
      this.rooms.ledger.forget();
      throw error;
    }
    this.rooms.ledger.follow();
  }

  private nextOrd(): number {
    this.counted.ord++;
    return this.counted.ord;
  }
}

function leastOf(remaining: number | null, budget: number | undefined): number | null {
  if (budget === undefined) return remaining;
  return remaining === null ? budget : Math.min(remaining, budget);
}

function mayBegin({ status, max_concurrency }: AgentHead, held: number): boolean {
  // A draft has nothing queued but what brings its definition.
  return (status === 'active' || status === 'draft') && (max_concurrency === null || held < max_concurrency);
}

/** A start that is asked for again finds its lease by the execution. */
function leaseIdOf(executionId: string): string {
  return `${ID_PREFIXES.lease}_${idBody(executionId)}`;
}

/** Starts of different callers and agents do not share Idempotency-Keys. */
function startScope(request: AdmissionRequest): string {
  const { caller } = request;
  if (caller.kind === 'execution') return `${caller.actor.id} ${request.mode} ${request.agent_id}`;
  const who = caller.kind === 'user' ? caller.user_id : caller.kind === 'checked_key' ? caller.key_id : caller.key_hash;
  return `${who} ${request.mode} ${request.agent_id}`;
}
