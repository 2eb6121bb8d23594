import { type EventType, MAX_TARGETS, typesOf } from '@agentflow/contracts';
import { newId } from '../../workers/platform/ids.ts';
import type {
  AuditOrigin,
  DisabledTarget,
  ExternalAgentRecord,
  LoggedEvent,
  ProjectedAudit,
  Pulled,
  PullRequest,
  SubscriptionChange,
  SubscriptionRecord,
} from './client.ts';
import type { OrganizationStore } from './store/organization.ts';
import type { StoredSubscription } from './store/subscriptions.ts';

/** Events that one pull looks at, and gives at most. */
const PULL_SCANNED = 500;
const PULL_GIVEN = 100;

export type SubscriptionFields = Partial<
  Pick<SubscriptionRecord, 'name' | 'events' | 'filter' | 'settings' | 'sealed' | 'is_active'>
>;

/** A subscription in memory. `wanted`: the last event for it, as far as this instance knows; its target may have it already. */
interface Subscription extends StoredSubscription {
  readonly types: ReadonlySet<EventType>;
  wanted: number;
}

/**
 * Who is told which events. The rows are the truth, `known` a cache of them with what each target has still to pull, which
 * an eviction forgets and the log tells again.
 */
export class DeskSubscriptions {
  private known: Map<string, Subscription> | null = null;

  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly store: OrganizationStore,
    /** Somebody has to be called: now, and by the alarm if this instance dies first. */
    private readonly relay: () => void,
  ) {}

  /** Drops the cache: what the rows say now is asked again. */
  forget(): void {
    this.known = null;
  }

  find(id: string): SubscriptionRecord | null {
    const found = this.all.get(id)?.record;
    return found === undefined || found.deleted_at !== null ? null : found;
  }

  list(): SubscriptionRecord[] {
    return [...this.all.values()].map(({ record }) => record).filter(({ deleted_at }) => deleted_at === null);
  }

  /** Whether a type is wanted by anybody, of this agent and project. */
  wants(type: EventType, data: LoggedEvent['data']): boolean {
    return [...this.all.values()].some((each) => isFor(each, type, data));
  }

  /** In the turn of the append. */
  note(event: LoggedEvent): void {
    for (const each of this.all.values()) if (isFor(each, event.type, event.data)) each.wanted = event.seq;
  }

  create(record: SubscriptionRecord, origin: AuditOrigin): SubscriptionChange {
    if (this.list().filter((each) => each.settings.kind !== 'external_agent').length >= MAX_TARGETS) {
      return { outcome: 'too_many' };
    }
    this.write(record, this.store.eventLog.head(), { action: `${nounOf(record)}.created`, origin });
    return { outcome: 'done', subscription: record, changed: true };
  }

  /** Writes what is given over what is there, while its revision is `expected` (null: whatever it is). */
  change(
    id: string,
    fields: SubscriptionFields,
    expected: number | null,
    origin: AuditOrigin,
    action?: string,
  ): SubscriptionChange {
    const before = this.find(id);
    if (before === null) return { outcome: 'not_found' };
    if (expected !== null && expected !== before.revision) return { outcome: 'stale', subscription: before };
    const activated = fields.is_active === true && !before.is_active;
    const after = { ...before, ...fields, ...(activated ? { disabled: null } : {}) };
    if (JSON.stringify(after) === JSON.stringify(before)) {
      return { outcome: 'done', subscription: before, changed: false };
    }
    const now = Date.now();
    const record = { ...after, updated_at: Math.max(now, before.updated_at + 1), revision: before.revision + 1 };
    const deactivated = fields.is_active === false && before.is_active;
    const what = action ?? (activated ? 'activated' : deactivated ? 'deactivated' : 'updated');
    // What happened while it was not active is not for it.
    const cursor = activated ? this.store.eventLog.head() : undefined;
    this.write(record, cursor, { action: `${nounOf(record)}.${what}`, origin });
    return { outcome: 'done', subscription: record, changed: true };
  }

  delete(id: string, origin: AuditOrigin): boolean {
    const before = this.find(id);
    if (before === null) return false;
    const now = Date.now();
    const record = { ...before, is_active: false, updated_at: now, deleted_at: now, revision: before.revision + 1 };
    this.write(record, undefined, { action: `${nounOf(record)}.deleted`, origin });
    return true;
  }

  /** Nothing is sent to it any more, by what came of sending. False where that was decided before. */
  disable(id: string, disabled: DisabledTarget): SubscriptionRecord | null {
    const before = this.find(id);
    if (before === null || !before.is_active) return null;
    const record = { ...before, is_active: false, disabled, updated_at: disabled.at, revision: before.revision + 1 };
    const origin = { actor_type: 'system', actor_id: id, ip: '', user_agent: '', request_id: '' };
    const audit = { action: `${nounOf(record)}.disabled`, origin, details: { reason: disabled.reason } };
    this.write(record, undefined, record.settings.kind === 'external_agent' ? null : audit);
    return record;
  }

  /** The webhook of an external agent is part of it: written with the agent's record, and told with it. */
  follow(agent: ExternalAgentRecord): void {
    const before = this.all.get(agent.id)?.record;
    const { webhook_sealed: sealed, webhook_masked: config } = agent;
    const deleted = agent.deleted_at !== null || sealed === null || config === null;
    if (before === undefined && deleted) return;
    const same = before !== undefined && before.sealed === sealed && before.name === agent.name;
    if (same && !deleted && before.deleted_at === null) return;
    const now = agent.updated_at;
    const revision = (before?.revision ?? 0) + 1;
    const kept = before ?? { created_at: now, created_by: agent.created_by };
    this.write(
      {
        created_at: kept.created_at,
        created_by: kept.created_by,
        id: agent.id,
        name: agent.name,
        events: ['external_agent.invoked'],
        filter: { agent_ids: null, project_ids: null },
        settings: { kind: 'external_agent', config: config ?? { platform: 'generic' } },
        sealed: sealed ?? '',
        is_active: !deleted,
        disabled: null,
        updated_at: now,
        deleted_at: deleted ? now : null,
        revision,
      },
      before?.is_active === true ? undefined : this.store.eventLog.head(),
      null,
    );
  }

  /** What is for a target after what it has stored; what it has stored is confirmed by it. */
  pull({ target_id, after, revision }: PullRequest): Pulled {
    const known = this.all.get(target_id);
    if (known === undefined || known.record.deleted_at !== null) return { state: 'gone' };
    const cursor = Math.max(known.cursor, after ?? 0);
    const changed_at = revision >= known.record.revision ? null : known.changed_at;
    if (cursor !== known.cursor || changed_at !== known.changed_at) {
      this.store.subscriptions.writeCursor(target_id, cursor, changed_at);
      this.all.set(target_id, { ...known, cursor, changed_at });
    }
    const scanned = this.store.eventLog.after(cursor, PULL_SCANNED);
    const matching = scanned.filter(({ type, data }) => isFor(known, type, data));
    const events = matching.slice(0, PULL_GIVEN);
    const cut = matching.length > PULL_GIVEN ? events.at(-1)?.seq : scanned.at(-1)?.seq;
    return {
      state: 'here',
      subscription: revision < known.record.revision ? known.record : null,
      events,
      upto: cut ?? cursor,
      more: matching.length > PULL_GIVEN || scanned.length === PULL_SCANNED,
    };
  }

  /** Targets that have something to pull, or have not heard of a change. */
  behind(): string[] {
    return [...this.all.values()]
      .filter((each) => each.record.deleted_at === null && (each.wanted > each.cursor || each.changed_at !== null))
      .map(({ record }) => record.id);
  }

  /** Deleted ones whose target has still to delete what it has. */
  deleted(): string[] {
    return [...this.all.values()].flatMap(({ record }) => (record.deleted_at === null ? [] : [record.id]));
  }

  /** Its target has deleted everything; one that was made again meanwhile stays. */
  gone(id: string): void {
    if (this.all.get(id)?.record.deleted_at == null) return;
    this.store.subscriptions.delete(id);
    this.all.delete(id);
  }

  /** Up to where nobody has to read any more. */
  readUpto(head: number): number {
    const cursors = [...this.all.values()].flatMap((each) =>
      each.record.deleted_at === null && each.wanted > each.cursor ? [each.cursor] : [],
    );
    return Math.min(head, ...cursors);
  }

  private get all(): Map<string, Subscription> {
    if (this.known === null) {
      this.known = new Map(this.store.subscriptions.all().map((each) => [each.record.id, compiled(each)]));
      // What this instance has not seen appended.
      for (let last = this.store.eventLog.after(0, PULL_SCANNED); last.length > 0; ) {
        for (const event of last) this.note(event);
        last = this.store.eventLog.after(last.at(-1)?.seq ?? 0, PULL_SCANNED);
      }
    }
    return this.known;
  }

  /** In one transaction with the projection that tells it; of an external agent's webhook its own record tells. */
  private write(
    record: SubscriptionRecord,
    cursor: number | undefined,
    audit: Pick<ProjectedAudit, 'action' | 'origin' | 'details'> | null,
  ): void {
    const before = this.all.get(record.id);
    const now = record.updated_at;
    const isNew = before === undefined;
    const stored = { record, cursor: cursor ?? before?.cursor ?? 0, changed_at: isNew ? null : now };
    this.storage.transactionSync(() => {
      this.store.subscriptions.write(stored);
      if (audit === null) return;
      const organization_id = this.store.organizationId();
      const told = { id: newId('audit', now), at: now, ...audit };
      this.store.enqueue({ organization_id, subscription: record, audit: told }, now);
    });
    const known = compiled(stored);
    this.all.set(record.id, known);
    for (const event of this.store.eventLog.after(stored.cursor, PULL_SCANNED)) {
      if (isFor(known, event.type, event.data)) known.wanted = event.seq;
    }
    if (!isNew) this.relay();
  }
}

function compiled(stored: StoredSubscription): Subscription {
  return { ...stored, types: new Set(stored.record.events.flatMap(typesOf)), wanted: 0 };
}

function isFor({ record, types }: Subscription, type: EventType, data: LoggedEvent['data']): boolean {
  if (!record.is_active || !types.has(type)) return false;
  if (record.settings.kind === 'external_agent') return data.external_agent_id === record.id;
  const { agent_ids, project_ids } = record.filter;
  return includes(agent_ids, data.agent_id) && includes(project_ids, data.project_id);
}

function includes(wanted: readonly string[] | null, id: unknown): boolean {
  return wanted === null || (typeof id === 'string' && wanted.includes(id));
}

/** What audit rows call it. */
function nounOf({ settings }: SubscriptionRecord): string {
  return settings.kind === 'channel' ? 'notification_channel' : settings.kind;
}
