import {
  createExecutionContext,
  evictDurableObject,
  runDurableObjectAlarm,
  runInDurableObject,
  waitOnExecutionContext,
} from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution, IpAllowlist } from '@agentflow/contracts';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { createApp } from '../../../workers/app.ts';
import { forgetMemberships } from '../../../workers/domains/accounts/index.ts';
import { agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import {
  type ApiOptions,
  api,
  createKey,
  expectProblem,
  type Member,
  ORIGIN,
  PASSWORD,
  rawApi,
  signInAgain,
  signUp,
  withRole,
} from '../../support/api.ts';

const OFFICE = '203.0.113.7';
const ELSEWHERE = '198.51.100.9';

/** A request that comes from an address. */
const from = <T = Record<string, unknown>>(ip: string, path: string, options: ApiOptions = {}) =>
  api<T>(path, { ...options, headers: { ...options.headers, 'cf-connecting-ip': ip } });

const read = (who: Member, ip = OFFICE) => from<IpAllowlist>(ip, '/org/ip-allowlist', { token: who.token });
const etagOf = (answer: { headers: Headers }) => answer.headers.get('etag') ?? '';
const set = (who: Member, networks: readonly string[], options: { ip?: string; ifMatch?: string } = {}) =>
  from<IpAllowlist>(options.ip ?? OFFICE, '/org/ip-allowlist', {
    method: 'PUT',
    token: who.token,
    body: { entries: networks.map((network) => ({ network })) },
    headers: options.ifMatch === undefined ? {} : { 'if-match': options.ifMatch },
  });

/** An organization that lets in one network, the one that OFFICE is in. */
async function closed(): Promise<Member> {
  const owner = await signUp();
  const answer = await set(owner, ['203.0.113.0/24']);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return owner;
}

const deskOf = (owner: Member) => env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id));
const changes = async (owner: Member) =>
  (
    await env.DB.prepare(
      "SELECT actor_id, ip, details FROM audit_logs WHERE organization_id = ? AND action = 'organization.ip_allowlist_changed' ORDER BY id",
    )
      .bind(owner.organization_id)
      .all<{ actor_id: string; ip: string; details: string }>()
  ).results.map(({ details, ...row }) => ({ ...row, ...JSON.parse(details) }));

afterEach(() => {
  vi.useRealTimers();
  forgetMemberships();
});

describe('the list', () => {
  it('is empty at first, is kept in one spelling, and tells who changed it', async () => {
    const owner = await signUp();
    const before = await read(owner);
    expect(before.body).toEqual({ entries: [], your_ip: OFFICE });
    const answer = await from<IpAllowlist>(OFFICE, '/org/ip-allowlist', {
      method: 'PUT',
      token: owner.token,
      body: {
        entries: [
          { network: '203.0.113.0/24', description: ' Office ' },
          { network: '2001:DB8:0::/48' },
          { network: '198.51.100.1' },
        ],
      },
      headers: { 'if-match': etagOf(before) },
    });
    const entries = [
      { network: '203.0.113.0/24', description: 'Office' },
      { network: '2001:db8::/48', description: '' },
      { network: '198.51.100.1/32', description: '' },
    ];
    expect([answer.status, answer.body]).toEqual([200, { entries, your_ip: OFFICE }]);
    const after = await read(owner);
    expect([after.body, etagOf(after)]).toEqual([answer.body, etagOf(answer)]);
    expect(etagOf(after)).not.toBe(etagOf(before));
    expect(await changes(owner)).toEqual([
      { actor_id: owner.user_id, ip: OFFICE, networks: ['203.0.113.0/24', '2001:db8::/48', '198.51.100.1/32'] },
    ]);
    await evictDurableObject(deskOf(owner));
    expect((await read(owner)).body.entries).toEqual(entries);
  });

  it('is not overwritten by the second of two, one after the other or at once', async () => {
    const owner = await signUp();
    const seen = etagOf(await read(owner));
    const answers = await Promise.all(
      ['203.0.113.0/24', '203.0.113.0/25', '203.0.113.0/26'].map((network) => set(owner, [network], { ifMatch: seen })),
    );
    expect(answers.map(({ status }) => status).sort()).toEqual([200, 412, 412]);
    const late = await set(owner, [], { ifMatch: seen });
    expectProblem(late, 412, 'precondition_failed');
    expect(etagOf(late)).toBe(etagOf(await read(owner)));
    expect((await read(owner)).body.entries).toHaveLength(1);
    expect(await changes(owner)).toHaveLength(1);
    expect((await set(owner, [], { ifMatch: etagOf(late) })).status).toBe(200);
  });

  it('never shuts its author out', async () => {
    const owner = await signUp();
    const refused = [
      await set(owner, ['198.51.100.0/24']),
      await set(owner, ['::/0']),
      // Nobody knows where this one comes from, so no list can be seen to contain it.
      await set(owner, ['0.0.0.0/0', '::/0'], { ip: '' }),
    ];
    for (const answer of refused) {
      expect(expectProblem(answer, 422, 'validation_failed').errors?.[0]?.path).toBe('entries');
    }
    expect([(await read(owner)).body.entries, await changes(owner)]).toEqual([[], []]);
    expect((await set(owner, ['203.0.113.0/24'], { ip: '::ffff:203.0.113.7' })).status).toBe(200);
    expect((await set(owner, [])).status).toBe(200);
    expect((await set(owner, [], { ip: '' })).status).toBe(200);
  });

  it.each([
    ['203.0.113.7/24', 'entries.1.network'],
    ['203.0.113.256', 'entries.1.network'],
    ['example.com', 'entries.1.network'],
    ['203.0.113.7/32', 'entries.1.network'],
    ['', 'entries.1.network'],
  ])('refuses %j and names it', async (network, path) => {
    const owner = await signUp();
    const problem = expectProblem(await set(owner, ['203.0.113.7', network]), 422, 'validation_failed');
    expect(problem.errors?.[0]?.path).toBe(path);
    expect((await read(owner)).body.entries).toEqual([]);
  });

  it('has a hundred entries at most', async () => {
    const owner = await signUp();
    const many = Array.from({ length: 101 }, (_, index) => `203.0.113.${index}`);
    expectProblem(await set(owner, many), 422, 'validation_failed');
    expect((await set(owner, many.slice(0, 100))).status).toBe(200);
  });

  it('is for those who manage the organization, and another organization keeps its own', async () => {
    const owner = await closed();
    const stranger = await signUp();
    for (const role of ['manager', 'viewer'] as const) {
      const member = await withRole(owner, role);
      expectProblem(await read(member), 403, 'forbidden');
      expectProblem(await set(member, []), 403, 'forbidden');
    }
    expect((await read(stranger)).body.entries).toEqual([]);
    expect((await set(stranger, [])).status).toBe(200);
    expect((await read(owner)).body.entries).toHaveLength(1);
  });
});

describe('people', () => {
  it('are refused from elsewhere, by an address that the edge vouches for and by nothing else', async () => {
    const owner = await closed();
    const { token } = owner;
    expect((await from(OFFICE, '/org', { token })).status).toBe(200);
    expect((await from(`::ffff:${OFFICE}`, '/org', { token })).status).toBe(200);
    expectProblem(await from(ELSEWHERE, '/org', { token }), 403, 'ip_not_allowed');
    expectProblem(await api('/org', { token }), 403, 'ip_not_allowed');
    for (const header of ['x-forwarded-for', 'x-real-ip', 'forwarded', 'true-client-ip', 'x-client-ip']) {
      const value = header === 'forwarded' ? `for=${OFFICE}` : OFFICE;
      const answer = await from(ELSEWHERE, '/org', { token, headers: { [header]: value } });
      expectProblem(answer, 403, 'ip_not_allowed');
      expectProblem(await api('/org', { token, headers: { [header]: value } }), 403, 'ip_not_allowed');
    }
  });

  it('are not told whether they may, when their credential is wrong', async () => {
    const { token } = await closed();
    expectProblem(await from(ELSEWHERE, '/org', { token: `${token}x` }), 401, 'unauthenticated');
    expectProblem(await from(ELSEWHERE, '/org'), 401, 'unauthenticated');
  });

  it('hear of the address before the permission, and of nothing else', async () => {
    const owner = await closed();
    const viewer = await withRole(owner, 'viewer');
    expectProblem(await from(ELSEWHERE, '/agents', { token: viewer.token, body: '{' }), 403, 'ip_not_allowed');
    expectProblem(await from(OFFICE, '/agents', { token: viewer.token, body: '{' }), 403, 'forbidden');
  });

  it('can see who they are, look after their own, and leave, wherever they are', async () => {
    const owner = await closed();
    const { token } = owner;
    const other = await signInAgain(owner);
    expect((await from(ELSEWHERE, '/auth/me', { token })).status).toBe(200);
    expect((await from(ELSEWHERE, '/auth/sessions', { token })).status).toBe(200);
    const ended = await from(ELSEWHERE, `/auth/sessions/${other.session_id}`, { method: 'DELETE', token });
    expect(ended.status).toBe(204);
    expect((await from(ELSEWHERE, '/auth/sessions/revoke-others', { method: 'POST', token })).status).toBe(200);
    const body = { current_password: PASSWORD, new_password: 'another long passphrase' };
    expect((await from(ELSEWHERE, '/auth/password', { token, body })).status).toBe(204);
    const out = await from(ELSEWHERE, '/auth/logout', { method: 'POST', headers: { 'X-AgentFlow-CSRF': '1' } });
    expect(out.status).toBe(204);
  });

  it('are let in and out as soon as the list changes, and within five seconds in other isolates', async () => {
    const owner = await signUp();
    const { token } = owner;
    const asked = () => from(ELSEWHERE, '/org', { token });
    expect((await asked()).status).toBe(200);
    await set(owner, ['203.0.113.0/24']);
    expectProblem(await asked(), 403, 'ip_not_allowed');
    await set(owner, ['203.0.113.0/24', ELSEWHERE]);
    expect((await asked()).status).toBe(200);
    // As another isolate would have changed it: behind the back of this one.
    const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
    const origin = { actor_type: 'user', actor_id: owner.user_id, ip: OFFICE, user_agent: '', request_id: 'req_test' };
    const entries = [{ network: '203.0.113.0/24', description: '' }];
    await desk.setIpAllowlist(owner.organization_id, { entries, expected: null }, origin);
    expect((await asked()).status).toBe(200);
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 5001 });
    expectProblem(await asked(), 403, 'ip_not_allowed');
  });

  it('start nothing from elsewhere, at the desk either, which knows at once', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [agentNode('start', 'trigger.manual')], edges: [] });
    const start = (ip: string) => from(ip, `/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    expect((await start(ELSEWHERE)).status).toBe(202);
    const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
    const origin = { actor_type: 'user', actor_id: owner.user_id, ip: OFFICE, user_agent: '', request_id: 'req_test' };
    const entries = [{ network: '203.0.113.0/24', description: '' }];
    // This isolate still holds what it read of the membership.
    await desk.setIpAllowlist(owner.organization_id, { entries, expected: null }, origin);
    expect((await from(ELSEWHERE, '/org', { token: owner.token })).status).toBe(200);
    expectProblem(await start(ELSEWHERE), 403, 'ip_not_allowed');
    expect((await start(OFFICE)).status).toBe(202);
  });
});

describe('API keys', () => {
  it('are refused from elsewhere at once, and only when they are good', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [agentNode('start', 'trigger.manual')], edges: [] });
    const { key, id } = await createKey(owner, ['org:read', 'agents:execute']);
    const narrow = await createKey(owner, ['agents:read']);
    const forged = `${key.slice(0, -4)}aaaa`;
    const asks = [
      (ip: string, credential: string, body?: unknown) =>
        from(ip, `/agents/${agent.id}/execute`, { key: credential, body: body ?? {} }),
      (ip: string, credential: string) => from(ip, '/org', { key: credential }),
      // Keys have no other organization to go to: what lets people out is closed to them.
      (ip: string, credential: string) => from(ip, '/auth/me', { key: credential }),
    ];
    for (const ask of asks) expect((await ask(ELSEWHERE, key)).status).toBeLessThan(300);
    await set(owner, ['203.0.113.0/24']);
    await evictDurableObject(deskOf(owner));
    for (const ask of asks) {
      expect((await ask(OFFICE, key)).status).toBeLessThan(300);
      expectProblem(await ask(ELSEWHERE, key), 403, 'ip_not_allowed');
      expectProblem(await ask('', key), 403, 'ip_not_allowed');
      expectProblem(await ask(ELSEWHERE, forged), 401, 'unauthenticated');
      expectProblem(await ask(ELSEWHERE, narrow.key), 403, 'ip_not_allowed');
    }
    // What is wrong with a body is not told to somebody who may not be here.
    expectProblem(await from(ELSEWHERE, `/agents/${agent.id}/execute`, { key, body: '{' }), 403, 'ip_not_allowed');
    await from(OFFICE, `/org/api-keys/${id}`, { method: 'DELETE', token: owner.token });
    expectProblem(await from(ELSEWHERE, '/org', { key }), 401, 'unauthenticated');
    await set(owner, []);
    expect((await from(ELSEWHERE, '/agents', { key: narrow.key })).status).toBe(200);
  });
});

describe('a start by an API key', () => {
  it('reads nothing from D1, with a list or without', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [agentNode('start', 'trigger.manual')], edges: [] });
    const { key } = await createKey(owner, ['agents:execute']);
    // The version's definition is in this isolate's cache from here on.
    expect((await from(OFFICE, `/agents/${agent.id}/execute`, { key, body: {} })).status).toBe(202);
    const away = new Proxy(env.DB, {
      get: () => {
        throw new Error('D1 was asked');
      },
    });
    const start = async (ip: string) => {
      const ctx = createExecutionContext();
      const request = new Request(`${ORIGIN}/api/v1/agents/${agent.id}/execute`, {
        method: 'POST',
        headers: { authorization: `Bearer ${key}`, 'content-type': 'application/json', 'cf-connecting-ip': ip },
        body: '{}',
      });
      const response = await createApp().fetch(request, { ...env, DB: away }, ctx);
      await waitOnExecutionContext(ctx);
      return response.status;
    };
    expect(await start(ELSEWHERE)).toBe(202);
    await set(owner, ['203.0.113.0/24']);
    expect([await start(OFFICE), await start(ELSEWHERE)]).toEqual([202, 403]);
  });
});

describe('streams', () => {
  const connect = async (ip: string, path: string, headers: Record<string, string> = {}) => {
    const response = await rawApi(path, { headers: { upgrade: 'websocket', 'cf-connecting-ip': ip, ...headers } });
    response.webSocket?.accept();
    response.webSocket?.close();
    return response.status === 101 ? 101 : ((await response.json()) as { code: string }).code;
  };
  const ticketFrom = async (ip: string, id: string, token: string) => {
    const answer = await from<{ ticket: string }>(ip, `/executions/${id}/stream-ticket`, { method: 'POST', token });
    expect(answer.status).toBe(200);
    return answer.body.ticket;
  };

  it('open with a ticket from the address alone that it was made for', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, { nodes: [agentNode('start', 'trigger.manual')], edges: [] });
    const { id }: Execution = await runToEnd(owner, agent.id);
    const path = `/executions/${id}/stream`;
    // Without a list a ticket is good from anywhere, as a telephone between two networks needs it.
    const free = await ticketFrom(OFFICE, id, owner.token);
    expect(await connect(ELSEWHERE, `${path}?ticket=${free}`)).toBe(101);

    await set(owner, ['203.0.113.0/24']);
    expectProblem(
      await from(ELSEWHERE, `/executions/${id}/stream-ticket`, { method: 'POST', token: owner.token }),
      403,
      'ip_not_allowed',
    );
    const ticket = await ticketFrom(OFFICE, id, owner.token);
    expect(await connect(OFFICE, `${path}?ticket=${ticket}`)).toBe(101);
    expect(await connect(`::ffff:${OFFICE}`, `${path}?ticket=${ticket}`)).toBe(101);
    expect(await connect(ELSEWHERE, `${path}?ticket=${ticket}`)).toBe('ip_not_allowed');
    expect(await connect('', `${path}?ticket=${ticket}`)).toBe('ip_not_allowed');
    const { key } = await createKeyFrom(owner);
    for (const credential of [owner.token, key]) {
      const authorization = `Bearer ${credential}`;
      expect(await connect(OFFICE, path, { authorization })).toBe(101);
      expect(await connect(ELSEWHERE, path, { authorization })).toBe('ip_not_allowed');
    }
    const byKey = await ticketFrom(OFFICE, id, key);
    expect(await connect(ELSEWHERE, `${path}?ticket=${byKey}`)).toBe('ip_not_allowed');
  });

  const createKeyFrom = async (owner: Member) => {
    const body = { name: 'Watcher', scopes: ['executions:read'] };
    return (await from<{ key: string }>(OFFICE, '/org/api-keys', { token: owner.token, body })).body;
  };
});

describe('the projection', () => {
  it('reaches D1 later when it was away, and an older one never replaces a newer', async () => {
    const owner = await signUp();
    await env.DB.exec('ALTER TABLE audit_logs RENAME TO audit_logs_away');
    const answer = await set(owner, ['203.0.113.0/24']);
    await env.DB.exec('ALTER TABLE audit_logs_away RENAME TO audit_logs');
    expect(answer.status).toBe(200);
    const { key } = await createKey(owner, ['org:read']);
    // The desk holds it already; people follow as soon as D1 has it.
    expectProblem(await from(ELSEWHERE, '/org', { key }), 403, 'ip_not_allowed');
    expect((await from(ELSEWHERE, '/org', { token: owner.token })).status).toBe(200);
    const queued = await runInDurableObject(deskOf(owner), (_desk, state) => {
      state.storage.sql.exec('UPDATE outbox SET next_at = 0');
      return state.storage.sql.exec('SELECT message FROM outbox ORDER BY id').toArray();
    });
    await runDurableObjectAlarm(deskOf(owner));
    forgetMemberships();
    expectProblem(await from(ELSEWHERE, '/org', { token: owner.token }), 403, 'ip_not_allowed');
    expect(await changes(owner)).toHaveLength(1);

    await set(owner, ['203.0.113.0/24', ELSEWHERE]);
    // The first one is told again, as after a crash between the telling and its confirmation.
    await runInDurableObject(deskOf(owner), (_desk, state) => {
      for (const { message } of queued) {
        state.storage.sql.exec('INSERT INTO outbox (message, attempts, next_at) VALUES (?, 0, 0)', message as string);
      }
    });
    await runDurableObjectAlarm(deskOf(owner));
    forgetMemberships();
    expect((await from(ELSEWHERE, '/org', { token: owner.token })).status).toBe(200);
    expect(await changes(owner)).toHaveLength(2);
  });
});
