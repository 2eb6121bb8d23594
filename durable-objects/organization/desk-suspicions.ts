import { ERROR_CODES, type ErrorCode, type EventType, type JsonValue } from '@agentflow/contracts';
import { clientNetwork } from '../../workers/platform/ip-networks.ts';
import type { OrganizationStore } from './store/organization.ts';
import {
  addDenial,
  COUNTRIES,
  type Denials,
  forgottenAt,
  MANY_DENIALS,
  MANY_NETWORKS,
  NETWORKS,
  type Seen,
  type Suspicion,
  see,
  spend,
} from './suspicion.ts';

/** An agent is told of once in so long for each reason. */
const SUSPICION_MS = 3_600_000;
const THROTTLED_MS = 60_000;
/** Subjects in memory: with more, they are read anew. */
const MAX_KNOWN = 5000;

interface SuspicionsHost {
  /** Writes the event in the transaction that is open. */
  emit(type: EventType, data: Details, now: number): void;
  armAt(at: number): void;
  /** What cannot be noted is logged, and never in the way of an answer. */
  failed(error: unknown): void;
}

type Agent = { readonly id: string; readonly name: string };
type Details = Readonly<Record<string, JsonValue>>;

/**
 * Watches the calls of external agents and tells what is unusual: one durable event per agent and reason within an hour.
 * What is usual costs no write on the way of a call; denials are counted in memory, since a flood of them must not become
 * a flood of writes.
 */
export class DeskSuspicions {
  /** By subject, a cache of the rows. */
  private readonly known = new Map<string, Seen>();
  private readonly denials = new Map<string, Denials>();

  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly store: OrganizationStore,
    private readonly host: SuspicionsHost,
  ) {}

  /** Drops the cache: what the rows say now is asked again. */
  forget(): void {
    this.known.clear();
    this.denials.clear();
  }

  /** A call with a good key, whatever was answered. */
  called(
    agent: Agent,
    { key_id, ip, country }: { readonly key_id: string; readonly ip: string; readonly country: string | null },
    now: number,
  ): void {
    this.watch(() => {
      if (country !== null) {
        const { before, known } = this.note(`country:${agent.id}`, country, now, COUNTRIES);
        if (!known && before > 0) this.suspect(agent, 'new_country', { key_id, country }, now);
      }
      const network = clientNetwork(ip);
      if (network === null) return;
      const { before, known } = this.note(`network:${key_id}`, network, now, NETWORKS);
      if (!known && before >= MANY_NETWORKS - 1) {
        this.suspect(agent, 'many_addresses', { key_id, addresses: before + 1 }, now);
      }
    });
  }

  /** A call that was refused: throttled (429), or denied for what it is or wanted. */
  refused(agent: Agent, code: ErrorCode, now: number): void {
    this.watch(() => {
      const { status } = ERROR_CODES[code];
      if (status === 429)
        this.tellOnce('external_agent.throttled', `throttled:${agent.id}`, agent, { code }, THROTTLED_MS, now);
      if (status !== 403 && status !== 404) return;
      const denials = addDenial(this.denials.get(agent.id) ?? { level: 0, at: now }, now);
      if (this.denials.size >= MAX_KNOWN) this.denials.clear();
      this.denials.set(agent.id, denials);
      if (denials.level >= MANY_DENIALS) this.suspect(agent, 'denials', { code }, now);
    });
  }

  /** What the agent has spent today, in micro-dollars. */
  spent(agent: Agent, amount: number, now: number): void {
    this.watch(() => {
      const subject = `spend:${agent.id}`;
      const { changed, days, usual, unusual, forget_at } = spend(this.find(subject), amount, now);
      if (changed) this.write(subject, days, forget_at);
      if (!unusual || usual === null) return;
      this.suspect(agent, 'spend', { spent_usd: amount / 1e6, usual_usd: Math.round(usual) / 1e6 }, now);
    });
  }

  deleteForgotten(now: number): void {
    this.store.noted.deleteForgotten(now);
    this.known.clear();
  }

  private watch(noting: () => void): void {
    try {
      noting();
    } catch (error) {
      this.forget();
      this.host.failed(error);
    }
  }

  private suspect(agent: Agent, reason: Suspicion, details: Details, now: number): void {
    const subject = `told:${reason}:${agent.id}`;
    this.tellOnce('external_agent.suspicious', subject, agent, { reason, ...details }, SUSPICION_MS, now);
  }

  private tellOnce(type: EventType, subject: string, agent: Agent, details: Details, each: number, now: number): void {
    const told = this.find(subject).told;
    if (told !== undefined && told + each > now) return;
    this.storage.transactionSync(() => {
      this.write(subject, { told: now }, now + each);
      this.host.emit(type, { external_agent_id: agent.id, name: agent.name, ...details }, now);
    });
  }

  private note(subject: string, value: string, now: number, memory: typeof NETWORKS) {
    const result = see(this.find(subject), value, now, memory);
    if (result.changed) this.write(subject, result.seen, forgottenAt(result.seen, memory));
    return result;
  }

  private find(subject: string): Seen {
    const known = this.known.get(subject) ?? this.store.noted.find(subject) ?? {};
    this.remember(subject, known);
    return known;
  }

  private write(subject: string, seen: Seen, forgetAt: number): void {
    this.store.noted.write(subject, seen, forgetAt);
    this.remember(subject, seen);
    this.host.armAt(forgetAt);
  }

  private remember(subject: string, seen: Seen): void {
    if (this.known.size >= MAX_KNOWN && !this.known.has(subject)) this.known.clear();
    this.known.set(subject, seen);
  }
}
