import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env, exports } from 'cloudflare:workers';
import type { CreatedExternalAgent } from '@agentflow/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import type { OrganizationObject } from '../../../durable-objects/organization/object.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentNode, publishedAgent } from '../../support/agents.ts';
import { type Member, ORIGIN, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent } from '../../support/external-agents.ts';

const HOUR = 3_600_000;
const definition = { nodes: [agentNode('start', 'trigger.manual')], edges: [] };
const deskOf = ({ organization_id }: Member) => organizationDesk(env.ORGANIZATION, organization_id);

interface Event {
  readonly type: string;
  readonly data: Readonly<Record<string, unknown>>;
}

/** What was told of external agents, but for their calls. */
async function events(owner: Member): Promise<Event[]> {
  const { results } = await env.DB.prepare(
    `SELECT type, data FROM events WHERE organization_id = ? AND type LIKE 'external_agent.%' AND type <> 'external_agent.invoked' ORDER BY id`,
  )
    .bind(owner.organization_id)
    .all<{ type: string; data: string }>();
  return results.map(({ type, data }) => ({ type, data: JSON.parse(data) }));
}

/** All that the desk has to tell is in D1. */
async function told(owner: Member): Promise<Event[]> {
  await eventually(async () => {
    await runDurableObjectAlarm(deskOf(owner));
    return runInDurableObject(
      deskOf(owner),
      (_desk, { storage }) =>
        storage.sql.exec('SELECT (SELECT count(*) FROM outbox) + (SELECT count(*) FROM events) AS n').one().n === 0,
    );
  });
  return events(owner);
}

async function outside(fields: Parameters<typeof externalAgent>[1] = {}) {
  const owner = await signUp();
  const agent = await publishedAgent(owner, definition);
  const caller = await externalAgent(owner, fields);
  return { owner, agent, caller };
}

/** A call as the edge hands it on: from an address, in a country. */
async function call(
  caller: CreatedExternalAgent,
  agentId: string,
  { ip = '203.0.113.7', country = null }: { ip?: string; country?: string | null } = {},
): Promise<number> {
  const request = new Request(`${ORIGIN}/api/v1/external-agents/${caller.id}/invoke`, {
    method: 'POST',
    headers: {
      authorization: `Bearer ${caller.api_key}`,
      'content-type': 'application/json',
      'cf-connecting-ip': ip,
    },
    body: JSON.stringify({ agent_id: agentId }),
    ...(country === null ? {} : { cf: { country } }),
  });
  const response = await exports.default.fetch(request);
  await response.text();
  return response.status;
}

/** The clock stands still, so that no hour ends while a test runs. */
beforeEach(() => {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + HOUR });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('suspicious calls of an external agent', () => {
  it('from a country that it has never called from are told, the first country being its own', async () => {
    const { owner, agent, caller } = await outside();
    for (const country of ['DE', 'DE', null]) expect(await call(caller, agent.id, { country })).toBe(202);
    expect(await told(owner)).toEqual([]);
    await evictDurableObject(deskOf(owner));
    for (const country of ['FR', 'FR', 'DE']) expect(await call(caller, agent.id, { country })).toBe(202);
    const event = {
      type: 'external_agent.suspicious',
      data: {
        external_agent_id: caller.id,
        name: caller.name,
        reason: 'new_country',
        key_id: caller.key_id,
        country: 'FR',
      },
    };
    expect(await told(owner)).toEqual([event]);
  });

  it('are told once an hour for each reason', async () => {
    const { owner, agent, caller } = await outside();
    for (const country of ['DE', 'FR', 'IT', 'ES']) await call(caller, agent.id, { country });
    await evictDurableObject(deskOf(owner));
    await call(caller, agent.id, { country: 'PL' });
    expect(await told(owner)).toHaveLength(1);
    vi.setSystemTime(Date.now() + HOUR);
    await runDurableObjectAlarm(deskOf(owner));
    await call(caller, agent.id, { country: 'PT' });
    expect((await told(owner)).map(({ data }) => data.country)).toEqual(['FR', 'PT']);
  });

  it('from many addresses within an hour are told, those from one network of IPv6 counting as one', async () => {
    const { owner, agent, caller } = await outside();
    for (let host = 1; host <= 20; host++) await call(caller, agent.id, { ip: `2001:db8::${host}` });
    for (let host = 1; host <= 8; host++) await call(caller, agent.id, { ip: `203.0.113.${host}` });
    expect(await told(owner)).toEqual([]);
    await evictDurableObject(deskOf(owner));
    await call(caller, agent.id, { ip: '203.0.113.9' });
    expect(await told(owner)).toMatchObject([{ data: { reason: 'many_addresses', addresses: 10 } }]);
  });

  it('from other addresses in other hours are nothing', async () => {
    const { owner, agent, caller } = await outside();
    for (let host = 1; host <= 20; host++) {
      if (host % 9 === 0) vi.setSystemTime(Date.now() + HOUR);
      await call(caller, agent.id, { ip: `203.0.113.${host}` });
    }
    expect(await told(owner)).toEqual([]);
  });

  it('that are denied again and again are told', async () => {
    const { owner, agent, caller } = await outside();
    const hidden = await publishedAgent(owner, definition);
    const scoped = await externalAgent(owner, { agents: [agent.id] });
    for (let denial = 0; denial < 19; denial++) expect(await call(scoped, hidden.id)).toBe(404);
    for (let other = 0; other < 19; other++) expect(await call(caller, 'agt_00000000000000000000000000')).toBe(404);
    expect(await told(owner)).toEqual([]);
    for (let denial = 0; denial < 30; denial++) await call(scoped, hidden.id);
    expect(await told(owner)).toMatchObject([
      {
        type: 'external_agent.suspicious',
        data: { external_agent_id: scoped.id, reason: 'denials', code: 'not_found' },
      },
    ]);
  });

  it('that cost far more than on the days before are told, while they run and once', async () => {
    const { owner, agent, caller } = await outside();
    const { key_hash } = await runInDurableObject(deskOf(owner), (_desk, { storage }) =>
      storage.sql.exec<{ key_hash: string }>('SELECT key_hash FROM keys WHERE id = ?', caller.key_id).one(),
    );
    const admitted = async () => {
      const admission = await deskOf(owner).admit({
        organization_id: owner.organization_id,
        caller: { kind: 'api_key', key_hash },
        permission: 'agents:execute',
        agent_id: agent.id,
        version: null,
        mode: 'live',
        execution_id: newId('execution'),
        idempotency: null,
        ip: '',
        external: { door: 'rest', claimed: caller.id, country: null },
      });
      if (admission.outcome !== 'allow') throw new Error('not admitted');
      return admission.lease_id;
    };
    const settled = async (cost_microusd: number) =>
      deskOf(owner).settle({ lease_id: await admitted(), cost_microusd });
    for (const cost of [400_000, 300_000, 500_000]) {
      await settled(cost);
      vi.setSystemTime(Date.now() + 24 * HOUR);
      await evictDurableObject(deskOf(owner));
    }
    await settled(1_500_000);
    await settled(500_000);
    expect(await told(owner)).toEqual([]);
    const lease_id = await admitted();
    const reserved = { lease_id, step: 'ask', number: 1, amount: 100_000, outcomes: [], may_wait: false };
    expect(await deskOf(owner).reserve(reserved)).toEqual({ outcome: 'granted' });
    const outcomes = [{ step: 'ask', number: 1, cost_microusd: 100_001 }];
    await deskOf(owner).book({ lease_id, outcomes });
    await settled(500_000);
    const data = {
      external_agent_id: caller.id,
      name: caller.name,
      reason: 'spend',
      spent_usd: 2.100001,
      usual_usd: 0.4,
    };
    expect(await told(owner)).toEqual([{ type: 'external_agent.suspicious', data }]);
  });

  it('by a key that was revoked say nothing of who has it', async () => {
    const { owner, agent, caller } = await outside();
    await call(caller, agent.id, { country: 'DE' });
    const origin = { actor_type: 'user', actor_id: owner.user_id, ip: '', user_agent: '', request_id: 'req_test' };
    await deskOf(owner).revokeKey(caller.key_id, caller.id, origin);
    expect(await call(caller, agent.id, { country: 'FR' })).toBe(401);
    expect((await told(owner)).map(({ type }) => type)).toEqual(['external_agent.key_revoked']);
  });

  it('leave few rows: of 20,000 addresses ten, and none when the hour is over', async () => {
    const { owner, agent, caller } = await outside();
    await call(caller, agent.id);
    const rows = () =>
      runInDurableObject(deskOf(owner), (_desk, { storage }) =>
        storage.sql.exec<{ subject: string; noted: string }>('SELECT subject, noted FROM noted').toArray(),
      );
    const writes = await runInDurableObject(deskOf(owner), async (desk: OrganizationObject, { storage }) => {
      const { key_hash } = storage.sql
        .exec<{ key_hash: string }>('SELECT key_hash FROM keys WHERE id = ?', caller.key_id)
        .one();
      const changes = () => Number(storage.sql.exec('SELECT total_changes() AS n').one().n);
      const before = changes();
      for (let host = 0; host < 20_000; host++) {
        const ip = `10.${host % 100}.${Math.floor(host / 100)}.1`;
        expect(await desk.authenticate({ key_hash, ip, country: null })).toMatchObject({ ok: true });
      }
      return changes() - before;
    });
    // The networks, what was told of them, its place in the outbox and in the feed.
    expect(writes).toBeLessThan(20);
    const kept = await rows();
    expect(kept.map(({ subject }) => subject).sort()).toEqual([
      `network:${caller.key_id}`,
      `told:many_addresses:${caller.id}`,
    ]);
    expect(Math.max(...kept.map(({ noted }) => Object.keys(JSON.parse(noted)).length))).toBe(10);
    vi.setSystemTime(Date.now() + HOUR);
    await runDurableObjectAlarm(deskOf(owner));
    expect(await rows()).toEqual([]);
  });
});

describe('throttled calls of an external agent', () => {
  it('are told once a minute, and count on its own limit', async () => {
    const { owner, agent, caller } = await outside({ rate_limits: { hour: 2 } });
    const statuses = [];
    for (let asked = 0; asked < 5; asked++) statuses.push(await call(caller, agent.id));
    expect(statuses).toEqual([202, 202, 429, 429, 429]);
    await evictDurableObject(deskOf(owner));
    expect(await call(caller, agent.id)).toBe(429);
    const data = { external_agent_id: caller.id, name: caller.name, code: 'rate_limited' };
    expect(await told(owner)).toEqual([{ type: 'external_agent.throttled', data }]);
    vi.setSystemTime(Date.now() + 60_000);
    expect(await call(caller, agent.id)).toBe(429);
    expect(await told(owner)).toHaveLength(2);
  });
});
