import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { EventType } from '@agentflow/contracts';
import { beforeEach, describe, expect, it } from 'vitest';
import type { OutgoingEvent, SubscriptionRecord } from '../../../durable-objects/organization/client.ts';
import { EventRelay } from '../../../durable-objects/organization/event-relay.ts';
import { DeskEvents } from '../../../durable-objects/organization/events.ts';
import { OrganizationStore } from '../../../durable-objects/organization/store/organization.ts';
import { SCHEMA_STEPS } from '../../../durable-objects/organization/store/schema.ts';
import { DeskSubscriptions } from '../../../durable-objects/organization/subscriptions.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { createLogger } from '../../../workers/platform/telemetry.ts';

const ORIGIN = { actor_type: 'user', actor_id: 'usr_1', ip: '', user_agent: '', request_id: '' };
const AGENT = newId('agent');

/** The rooms of a desk over real storage, with readers that the test looks through. */
class Log {
  readonly store: OrganizationStore;
  readonly subscriptions: DeskSubscriptions;
  readonly relay: EventRelay;
  readonly events: DeskEvents;
  readonly woken: string[] = [];
  readonly erased: string[] = [];
  readonly listed: string[] = [];
  outgoing: OutgoingEvent[] = [];
  failing = false;
  tidied = 0;

  constructor(storage: DurableObjectStorage) {
    this.store = new OrganizationStore(storage.sql);
    this.store.create('org_1');
    this.subscriptions = new DeskSubscriptions(storage, this.store, () => undefined);
    const guard = () => {
      if (this.failing) throw new Error('out of reach');
    };
    this.relay = new EventRelay(
      this.store,
      this.subscriptions,
      {
        list: async (events) => {
          guard();
          this.listed.push(...events.map(({ id }) => id));
        },
        tidy: async () => {
          this.tidied++;
          return this.tidied === 1;
        },
        wake: async (ids) => {
          guard();
          this.woken.push(...ids);
        },
        erase: async (id) => {
          guard();
          this.erased.push(id);
        },
        outgoing: async (limit) => this.outgoing.slice(0, limit),
        forgetOutgoing: async (ids) => {
          this.outgoing = this.outgoing.filter(({ id }) => !ids.includes(id));
        },
      },
      () => createLogger({}, { level: 'error' }),
      0,
    );
    const host = { armAt: () => undefined, relay: () => undefined, publish: () => undefined };
    this.events = new DeskEvents(this.store, this.subscriptions, host);
  }

  async read(): Promise<void> {
    await Promise.all([this.relay.relay(), this.relay.listSoon()]);
  }

  tell(type: EventType = 'agent.paused', data: OutgoingEvent['data'] = { agent_id: AGENT }): void {
    this.events.emit(type, data, Date.now());
  }

  subscribe(fields: Partial<SubscriptionRecord> = {}): string {
    const id = newId('webhook');
    const record: SubscriptionRecord = {
      id,
      name: '',
      events: ['agent.*'],
      filter: { agent_ids: null, project_ids: null },
      settings: {
        kind: 'webhook',
        url: 'https://example.com',
        headers: {},
        signature: 'v1',
        public_key: null,
        secret_hint: '',
        previous_secret_until: null,
        ordered: false,
        rate_per_second: null,
        timeout_seconds: 15,
        retry_seconds: [],
      },
      sealed: '',
      is_active: true,
      disabled: null,
      created_at: 1,
      created_by: 'usr_1',
      updated_at: 1,
      deleted_at: null,
      revision: 1,
      ...fields,
    };
    expect(this.subscriptions.create(record, ORIGIN)).toMatchObject({ outcome: 'done' });
    return id;
  }

  pull(target_id: string, after: number | null = null, revision = 1) {
    const pulled = this.subscriptions.pull({ target_id, after, revision });
    this.relay.pulled(target_id);
    return pulled.state === 'here' ? pulled : { events: [], upto: -1, more: false, subscription: null };
  }

  rows(): number {
    return this.store.eventLog.after(0, 1000).length;
  }
}

let stub: DurableObjectStub;
beforeEach(() => {
  stub = env.ORGANIZATION.get(env.ORGANIZATION.newUniqueId());
});

const inDesk = (test: (log: Log, again: () => Log) => Promise<void> | void) =>
  runInDurableObject(stub, async (_desk, { storage }) => test(new Log(storage), () => new Log(storage)));

describe("the log of an organization's events", () => {
  it('keeps what has still to be read, and no more', async () => {
    await inDesk(async (log) => {
      const [wants, others] = [log.subscribe(), log.subscribe({ events: ['budget.*'] })];
      log.tell();
      log.tell();
      await log.read();
      expect(log.listed).toHaveLength(2);
      expect(log.woken).toEqual([wants]);
      expect(log.rows()).toBe(2);
      const { events, upto } = log.pull(wants);
      expect(events.map(({ type }) => type)).toEqual(['agent.paused', 'agent.paused']);
      expect(log.rows()).toBe(2);
      expect(log.pull(wants, upto).events).toEqual([]);
      expect(log.rows()).toBe(0);
      log.tell('budget.overrun', {});
      expect(log.pull(others).events).toHaveLength(1);
    });
  });

  it('calls a target once until it has pulled, and tells a new instance what was not pulled', async () => {
    await inDesk(async (log, again) => {
      const id = log.subscribe();
      log.tell();
      await log.read();
      log.tell();
      await log.read();
      expect(log.woken).toEqual([id]);
      const later = again();
      await later.read();
      expect(later.woken).toEqual([id]);
      expect(later.listed).toEqual(log.listed);
      expect(later.pull(id).events).toHaveLength(2);
    });
  });

  it('comes again, more and more rarely, while somebody is out of reach', async () => {
    await inDesk(async (log) => {
      const id = log.subscribe();
      log.failing = true;
      log.tell();
      await log.read();
      expect(log.rows()).toBe(1);
      const waits: number[] = [];
      for (let round = 0; round < 4; round++) {
        const due = log.store.eventLog.nextDue() ?? 0;
        const before = Date.now();
        await log.relay.recall(due);
        waits.push(Math.round(((log.store.eventLog.nextDue() ?? 0) - before) / 1000));
      }
      expect(waits).toEqual([5, 10, 20, 40]);
      log.failing = false;
      await log.relay.recall(log.store.eventLog.nextDue() ?? 0);
      expect([log.woken, log.listed.length]).toEqual([[id], 1]);
      log.pull(id, log.pull(id).upto);
      await log.relay.recall(Number.MAX_SAFE_INTEGER);
      expect(log.store.eventLog.nextDue()).toBeNull();
    });
  });

  it('rids the list of what is old once a day, page by page', async () => {
    await inDesk(async (log) => {
      for (let round = 0; round < 4; round++) {
        log.tell();
        await log.read();
      }
      expect(log.tidied).toBe(2);
    });
  });

  it('gives what is told twice one event', async () => {
    await inDesk(async (log) => {
      const id = log.subscribe();
      const event = { id: newId('event'), type: 'agent.handoff', at: 1, data: { agent_id: AGENT } } as const;
      log.events.append(event);
      log.events.append(event);
      expect(log.pull(id).events).toHaveLength(1);
    });
  });

  it('pulls in pages, past what is not for the target', async () => {
    await inDesk(async (log) => {
      const id = log.subscribe({ filter: { agent_ids: [AGENT], project_ids: null } });
      for (let at = 0; at < 700; at++) log.tell('agent.paused', { agent_id: at % 3 === 0 ? AGENT : newId('agent') });
      const seen: number[] = [];
      for (let after: number | null = null, more = true; more; ) {
        const page = log.pull(id, after);
        expect(page.events.length).toBeLessThanOrEqual(100);
        seen.push(...page.events.map(({ seq }) => seq));
        [after, more] = [page.upto, page.more];
      }
      expect(seen).toHaveLength(234);
      expect(seen).toEqual([...new Set(seen)].sort((a, b) => a - b));
    });
  });

  it.each([
    ['an agent', { agent_ids: [AGENT], project_ids: null }, { agent_id: AGENT }, { agent_id: newId('agent') }],
    ['a project', { agent_ids: null, project_ids: ['prj_1'] }, { project_id: 'prj_1' }, { agent_id: AGENT }],
  ])('tells only events of %s that is asked for', async (_what, filter, hit, miss) => {
    await inDesk((log) => {
      const id = log.subscribe({ filter });
      log.tell('agent.paused', miss);
      log.tell('agent.paused', hit);
      expect(log.pull(id).events.map(({ data }) => data)).toEqual([hit]);
    });
  });

  it('tells once what is asked for by its name, by an alias and by its family', async () => {
    await inDesk((log) => {
      const id = log.subscribe({ events: ['workflow.completed', 'agent.completed', 'execution.*', '*'] });
      log.tell('execution.completed');
      expect(log.pull(id).events.map(({ type }) => type)).toEqual(['execution.completed']);
    });
  });

  it('does not tell what happened while a subscription was switched off', async () => {
    await inDesk((log) => {
      const id = log.subscribe();
      log.subscriptions.change(id, { is_active: false }, null, ORIGIN);
      log.tell();
      log.subscriptions.change(id, { is_active: true }, null, ORIGIN);
      log.tell('agent.archived');
      const pulled = log.pull(id);
      expect(pulled.subscription).toMatchObject({ revision: 3, is_active: true });
      expect(pulled.events.map(({ type }) => type)).toEqual(['agent.archived']);
    });
  });

  it('calls a target for a change of its subscription until it knows it', async () => {
    await inDesk(async (log) => {
      const id = log.subscribe();
      log.subscriptions.change(id, { sealed: 'new' }, 1, ORIGIN);
      expect(log.subscriptions.change(id, { sealed: 'other' }, 1, ORIGIN)).toMatchObject({ outcome: 'stale' });
      await log.read();
      expect(log.woken).toEqual([id]);
      expect(log.store.eventLog.nextDue()).not.toBeNull();
      expect(log.pull(id).subscription).toMatchObject({ revision: 2, sealed: 'new' });
      expect(log.store.eventLog.nextDue()).not.toBeNull();
      expect(log.pull(id, null, 2).subscription).toBeNull();
      expect(log.store.eventLog.nextDue()).toBeNull();
    });
  });

  it('has a deleted target deleted, and tells it nothing more', async () => {
    await inDesk(async (log, again) => {
      const id = log.subscribe();
      log.tell();
      expect(log.subscriptions.delete(id, ORIGIN)).toBe(true);
      expect(log.subscriptions.delete(id, ORIGIN)).toBe(false);
      expect(log.subscriptions.find(id)).toBeNull();
      expect(log.subscriptions.pull({ target_id: id, after: null, revision: 1 })).toEqual({ state: 'gone' });
      log.failing = true;
      await log.read();
      const later = again();
      await later.read();
      expect([later.woken, later.erased]).toEqual([[], [id]]);
      expect(later.subscriptions.deleted()).toEqual([]);
      expect(later.rows()).toBe(0);
    });
  });

  it('disables a target once', async () => {
    await inDesk((log) => {
      const id = log.subscribe();
      const disabled = { reason: 'gone', detail: 'It answered 410.', at: 5 } as const;
      expect(log.subscriptions.disable(id, disabled)).toMatchObject({ is_active: false, disabled });
      expect(log.subscriptions.disable(id, disabled)).toBeNull();
      log.subscriptions.change(id, { is_active: true }, null, ORIGIN);
      expect(log.subscriptions.find(id)).toMatchObject({ is_active: true, disabled: null });
    });
  });

  it('takes a limited number of targets', async () => {
    await inDesk((log) => {
      for (let made = 0; made < 100; made++) log.subscribe();
      const one = log.subscriptions.list()[0] as SubscriptionRecord;
      expect(log.subscriptions.create({ ...one, id: newId('webhook') }, ORIGIN)).toEqual({ outcome: 'too_many' });
    });
  });

  it("collects D1's outbox when it is told to, and by itself when nobody does", async () => {
    await inDesk(async (log) => {
      const row = { id: newId('event'), type: 'member.invited', at: 1, data: {} } as const;
      log.outgoing = [row];
      const due = log.relay.expect(Date.now());
      await log.relay.collect(due - 1, (event) => log.events.append(event));
      expect(log.rows()).toBe(0);
      await log.relay.collect(due, (event) => log.events.append(event));
      expect([log.rows(), log.outgoing]).toEqual([1, []]);
      expect(log.store.eventLog.relay().collect_at).toBeNull();
      log.outgoing = [row];
      await log.relay.collect(null, (event) => log.events.append(event));
      expect([log.rows(), log.outgoing]).toEqual([1, []]);
    });
  });
});

describe('a desk of the release before', () => {
  it('tells the events that it had still to tell, and has the webhooks of its external agents as targets', async () => {
    await runInDurableObject(stub, (_desk, { storage }) => {
      const before = SCHEMA_STEPS.findIndex((step) =>
        step.some((statement) => statement.includes('CREATE TABLE events')),
      );
      for (const step of SCHEMA_STEPS.slice(0, before)) for (const statement of step) storage.sql.exec(statement);
      storage.sql.exec('INSERT INTO schema_version (version) VALUES (?)', before);
      storage.sql.exec("INSERT INTO identity (organization_id) VALUES ('org_1')");
      const event = { id: newId('event'), type: 'budget.overrun', at: 7, data: { scope: 'organization', id: null } };
      const messages = [
        { organization_id: 'org_1', retention: {} },
        { organization_id: 'org_1', event },
      ];
      for (const message of messages) {
        storage.sql.exec('INSERT INTO outbox (message, attempts, next_at) VALUES (?, 0, 1)', JSON.stringify(message));
      }
      const outside = (id: string, webhook_sealed: string | null, deleted_at: number | null) => ({
        id,
        name: 'Outside',
        webhook_sealed,
        webhook_masked: webhook_sealed === null ? null : { platform: 'slack', webhook_url: 'https://hooks/***' },
        created_at: 1,
        created_by: 'usr_1',
        updated_at: 2,
        deleted_at,
      });
      const agents = [outside('ext_1', 'sealed', null), outside('ext_2', null, null), outside('ext_3', 'sealed', 3)];
      for (const agent of agents) {
        storage.sql.exec('INSERT INTO external_agents (id, record) VALUES (?, ?)', agent.id, JSON.stringify(agent));
      }

      const log = new Log(storage);
      expect(log.store.eventLog.after(0, 10)).toEqual([{ seq: 1, ...event }]);
      expect(log.store.dueMessages(Date.now(), 10).map(({ message }) => message)).toEqual([messages[0]]);
      expect(log.subscriptions.list()).toEqual([
        expect.objectContaining({
          id: 'ext_1',
          name: 'Outside',
          events: ['external_agent.invoked'],
          settings: { kind: 'external_agent', config: { platform: 'slack', webhook_url: 'https://hooks/***' } },
          sealed: 'sealed',
          is_active: true,
          disabled: null,
          deleted_at: null,
        }),
      ]);
      log.tell('external_agent.invoked', { external_agent_id: 'ext_1' });
      expect(log.pull('ext_1').events).toHaveLength(1);
    });
  });
});
