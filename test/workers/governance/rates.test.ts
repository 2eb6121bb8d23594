import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { OrganizationRateLimits } from '@agentflow/contracts';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import {
  type AdmissionRequest,
  organizationDesk,
  type PlanLimits,
} from '../../../durable-objects/organization/client.ts';
import type { OrganizationObject } from '../../../durable-objects/organization/object.ts';
import { planLimits } from '../../../workers/domains/organizations/index.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentNode, publishedAgent } from '../../support/agents.ts';
import { type ApiOptions, api, createKey, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { externalAgent, invoke } from '../../support/external-agents.ts';

const definition = { nodes: [agentNode('start', 'trigger.manual')], edges: [] };
const HOUR = 3_600_000;

const deskOf = (member: Member) => organizationDesk(env.ORGANIZATION, member.organization_id);
const limit = (member: Member, limits: object, headers: Record<string, string> = {}) =>
  api<OrganizationRateLimits>('/org/rate-limits', { method: 'PUT', token: member.token, body: limits, headers });

async function limited(limits: object) {
  const owner = await signUp();
  const agent = await publishedAgent(owner, definition);
  const answer = await limit(owner, limits);
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  const key = await createKey(owner, ['agents:execute', 'agents:read']);
  const start = (options: ApiOptions = { key: key.key }) =>
    api(`/agents/${agent.id}/execute`, { body: {}, ...options });
  return { owner, agent, key, start };
}

/** A start that is admitted and never made. */
function admission(owner: Member, agentId: string, caller: AdmissionRequest['caller'], ip = '203.0.113.7') {
  return {
    organization_id: owner.organization_id,
    caller,
    permission: 'agents:execute',
    agent_id: agentId,
    version: null,
    mode: 'live',
    execution_id: newId('execution'),
    idempotency: null,
    ip,
  } satisfies AdmissionRequest;
}

const keyCaller = (key_id: string): AdmissionRequest['caller'] => ({
  kind: 'checked_key',
  key_id,
  name: 'Key',
  scopes: ['agents:execute'],
});

async function setPlan(owner: Member, limits: PlanLimits): Promise<void> {
  await deskOf(owner).setPlan(owner.organization_id, limits);
}

/** The clock stands still at a half past twelve (UTC) to come, so that no window ends while a test runs. */
beforeEach(() => {
  const halfPastTwelve = 12.5 * HOUR;
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() - (Date.now() % (24 * HOUR)) + 24 * HOUR + halfPastTwelve });
});
afterEach(() => {
  vi.useRealTimers();
});

describe('starts', () => {
  it('of 200 concurrent callers pass exactly as often as the limit says', async () => {
    const { start } = await limited({ per_key: { hour: 60 } });
    const answers = await Promise.all(Array.from({ length: 200 }, () => start()));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(60);
    for (const answer of answers.filter(({ status }) => status !== 202)) expectProblem(answer, 429, 'rate_limited');
  });

  it('are counted exactly over evictions, by the minute, the hour and the day', async () => {
    const { owner, agent, key } = await limited({ per_key: { minute: 40, burst: 25, hour: 55, day: 70 } });
    const ask = () => deskOf(owner).admit(admission(owner, agent.id, keyCaller(key.id)));
    const flood = async () => {
      let allowed = 0;
      for (let batch = 0; batch < 4; batch++) {
        const answers = await Promise.all(Array.from({ length: 50 }, ask));
        allowed += answers.filter(({ outcome }) => outcome === 'allow').length;
        await evictDurableObject(deskOf(owner));
      }
      return allowed;
    };
    const later = (milliseconds: number) => vi.setSystemTime(Date.now() + milliseconds);
    expect(await flood()).toBe(25);
    later(15_000);
    expect(await flood()).toBe(10);
    later(60_000);
    expect(await flood()).toBe(20);
    later(HOUR);
    expect(await flood()).toBe(15);
  });

  it('tell the state of every limit, the tightest first, and which of them refused', async () => {
    const { start, key } = await limited({ per_key: { minute: 2, hour: 5 }, per_ip: { day: 50 } });
    const from = { key: key.key, headers: { 'cf-connecting-ip': '203.0.113.9' } };
    const first = await start(from);
    expect(first.headers.get('ratelimit-policy')).toBe(
      '"key-minute";q=2;w=60, "key-hour";q=5;w=3600, "ip-day";q=50;w=86400',
    );
    expect(first.headers.get('ratelimit')).toBe('"key-minute";r=1;t=30, "key-hour";r=4;t=1800, "ip-day";r=49;t=41400');
    expect((await start(from)).status).toBe(202);
    const refused = await start(from);
    expect(expectProblem(refused, 429, 'rate_limited').detail).toBe('The limit is 2 starts a minute for this API key.');
    expect(refused.headers.get('retry-after')).toBe('30');
    expect(refused.headers.get('ratelimit')).toMatch(/^"key-minute";r=0;t=60, "key-hour";r=3;t=1800, /);
  });

  it('that are asked for again with an Idempotency-Key count once', async () => {
    const { start, key } = await limited({ per_key: { hour: 1 } });
    const again = { key: key.key, headers: { 'idempotency-key': crypto.randomUUID() } };
    for (let ask = 0; ask < 3; ask++) expect((await start(again)).status).toBe(202);
    expectProblem(await start(), 429, 'rate_limited');
  });

  it('by another execution are not counted', async () => {
    const { owner, agent } = await limited({ per_user: { hour: 1 }, per_ip: { hour: 1 } });
    const actor = { type: 'user', id: owner.user_id, name: 'Owner' } as const;
    const lineage = { root_execution_id: newId('execution'), parent_execution_id: newId('execution') };
    for (let child = 0; child < 3; child++) {
      const request = { ...admission(owner, agent.id, { kind: 'execution', actor }), lineage };
      expect(await deskOf(owner).admit(request)).toMatchObject({ outcome: 'allow', limits: [] });
    }
  });

  it('that are refused for another reason count nothing', async () => {
    const { owner, agent, key, start } = await limited({ per_key: { hour: 1 } });
    await setPlan(owner, { ...planLimits('enterprise'), concurrent_executions: 0 });
    const refused = await start();
    expectProblem(refused, 429, 'concurrency_limited');
    expect(refused.headers.get('ratelimit')).toBe('"key-hour";r=1;t=1800');
    await setPlan(owner, planLimits('enterprise'));
    expect(await deskOf(owner).admit(admission(owner, agent.id, keyCaller(key.id)))).toMatchObject({
      outcome: 'allow',
      limits: [{ remaining: 0 }],
    });
  });

  it('are limited by person, by role and by network, each for itself', async () => {
    const { owner, agent } = await limited({
      per_user: { hour: 2 },
      per_role: { developer: { hour: 3 } },
      per_ip: { hour: 4 },
    });
    const people = await Promise.all([withRole(owner, 'developer'), withRole(owner, 'developer')]);
    const [one, two] = people as [Member, Member];
    const starts = async (who: Member, ip: string) => {
      const headers = { 'cf-connecting-ip': ip };
      return (await api<{ detail: string }>(`/agents/${agent.id}/execute`, { token: who.token, body: {}, headers }))
        .body.detail;
    };
    expect(await starts(one, '2001:db8::1')).toBeUndefined();
    expect(await starts(one, '2001:db8::2')).toBeUndefined();
    expect(await starts(one, '203.0.113.1')).toBe('The limit is 2 starts an hour for one person.');
    expect(await starts(two, '2001:db8::3')).toBeUndefined();
    expect(await starts(two, '203.0.113.1')).toBe(
      'The limit is 3 starts an hour for all with the role developer together.',
    );
    expect(await starts(owner, '2001:db8::4')).toBeUndefined();
    expect(await starts(owner, '2001:db8::5')).toBe('The limit is 4 starts an hour from this address.');
    expect(await starts(owner, '2001:db8:0:1::5')).toBeUndefined();
  });
});

describe('a plan', () => {
  it('limits programs apart from people, so that no program shuts anybody out', async () => {
    const { owner, agent, start } = await limited({});
    await setPlan(owner, { ...planLimits('free'), starts_per_hour: 2, user_starts_per_hour: 4 });
    const outside = await externalAgent(owner);
    const first = await start();
    expect(first.headers.get('ratelimit-policy')).toBe('"plan-hour";q=2;w=3600');
    expect((await invoke(outside, agent.id)).status).toBe(202);
    const refused = expectProblem(await start(), 429, 'rate_limited');
    expect(refused.detail).toBe(
      'The limit is 2 starts an hour for all API keys and external agents together on the free plan.',
    );
    for (let run = 0; run < 4; run++) expect((await start({ token: owner.token })).status).toBe(202);
    expect(expectProblem(await start({ token: owner.token }), 429, 'rate_limited').detail).toBe(
      'The limit is 4 starts an hour for one person on the free plan.',
    );
  });

  it('that is free lets a person start ten a minute, unless the organization chooses otherwise', async () => {
    const { owner, agent } = await limited({});
    await setPlan(owner, planLimits('free'));
    const caller = { kind: 'user', user_id: owner.user_id, name: 'Owner', role: 'owner' } as const;
    const ask = async () => {
      const answer = await deskOf(owner).admit(admission(owner, agent.id, caller));
      if (answer.outcome === 'allow') await deskOf(owner).forgo({ lease_id: answer.lease_id });
      return answer;
    };
    for (let start = 0; start < 10; start++) expect((await ask()).outcome).toBe('allow');
    expect(await ask()).toMatchObject({
      code: 'rate_limited',
      detail: 'The limit is 10 starts a minute for one person.',
      retry_after_seconds: 6,
    });
    await limit(owner, { starts_per_user: { minute: 12 } });
    expect((await ask()).outcome).toBe('allow');
  });

  it('without a payment provider limits no starts', async () => {
    const owner = await signUp();
    const { body } = await api<OrganizationRateLimits>('/org/rate-limits', { token: owner.token });
    expect(body).toEqual({
      per_key: null,
      per_user: null,
      per_role: {},
      per_ip: null,
      starts_per_user: null,
      reads_per_key: null,
      plan: { name: 'enterprise', keys_per_hour: null, person_per_hour: null, starts_per_user_per_minute: null },
    });
  });
});

describe('reads by keys', () => {
  it('are limited where the organization says so, and starts are not by it', async () => {
    const { key, owner, start } = await limited({ reads_per_key: { minute: 3, burst: 2 } });
    const read = () => api('/agents', { key: key.key });
    const first = await read();
    expect(first.headers.get('ratelimit')).toBe('"reads-minute";r=1;t=20');
    expect((await read()).status).toBe(200);
    const refused = await read();
    expect(expectProblem(refused, 429, 'rate_limited').detail).toBe(
      'The limit is 3 requests a minute for this API key.',
    );
    expect(refused.headers.get('retry-after')).toBe('20');
    expect((await start()).status).toBe(202);
    expect((await api('/agents', { token: owner.token })).status).toBe(200);
    expect(await rowsOf(owner)).toBe(0);
    vi.setSystemTime(Date.now() + 20_000);
    expect((await read()).status).toBe(200);
  });

  it('tell nothing of limits where there are none', async () => {
    const { key } = await limited({});
    expect((await api('/agents', { key: key.key })).headers.get('ratelimit')).toBeNull();
  });
});

function rowsOf(owner: Member): Promise<number> {
  return runInDurableObject(deskOf(owner), (_desk, { storage }) =>
    Number(storage.sql.exec('SELECT count(*) AS n FROM rates').one().n),
  );
}

describe('storage', () => {
  it('grows with those who are limited, not with 20,000 decisions, and is empty when their windows have passed', async () => {
    const { owner, agent } = await limited({ per_key: { minute: 10, hour: 10 }, per_ip: { hour: 10_000 } });
    const keys = Array.from({ length: 50 }, () => newId('apiKey'));
    const size = await runInDurableObject(deskOf(owner), async (desk: OrganizationObject, { storage }) => {
      let allowed = 0;
      for (let decision = 0; decision < 20_000; decision++) {
        const request = admission(owner, agent.id, keyCaller(keys[decision % 50] ?? ''));
        const answer = await desk.admit(request);
        if (answer.outcome !== 'allow') continue;
        allowed++;
        await desk.forgo({ lease_id: answer.lease_id });
      }
      expect(allowed).toBe(500);
      return storage.sql.databaseSize;
    });
    expect(await rowsOf(owner)).toBe(51);
    expect(size).toBeLessThan(1_000_000);
    vi.setSystemTime(Date.now() + HOUR);
    await runDurableObjectAlarm(deskOf(owner));
    expect(await rowsOf(owner)).toBe(0);
  });

  it('keeps what a window still counts', async () => {
    const { owner, start } = await limited({ per_key: { hour: 1 } });
    expect((await start()).status).toBe(202);
    vi.setSystemTime(Date.now() + HOUR / 2 - 1);
    await runDurableObjectAlarm(deskOf(owner));
    expect(await rowsOf(owner)).toBe(1);
    expectProblem(await start(), 429, 'rate_limited');
    vi.setSystemTime(Date.now() + 1);
    expect((await start()).status).toBe(202);
  });
});

describe('the setting', () => {
  it('is changed under its ETag, with an audit entry', async () => {
    const owner = await signUp();
    const before = await api('/org/rate-limits', { token: owner.token });
    const etag = before.headers.get('etag') ?? '';
    const changed = await limit(owner, { per_key: { minute: 5 } }, { 'if-match': etag });
    expect(changed.body).toMatchObject({ per_key: { minute: 5, hour: null, day: null }, per_user: null });
    expectProblem(await limit(owner, {}, { 'if-match': etag }), 412, 'precondition_failed');
    const stored = await api<OrganizationRateLimits>('/org/rate-limits', { token: owner.token });
    expect(stored.body).toEqual(changed.body);
    expect(stored.headers.get('etag')).toBe(changed.headers.get('etag'));
    const audit = await env.DB.prepare(
      "SELECT actor_id, details FROM audit_logs WHERE organization_id = ? AND action = 'organization.rate_limits_changed'",
    )
      .bind(owner.organization_id)
      .all<{ actor_id: string; details: string }>();
    expect(audit.results).toHaveLength(1);
    expect(audit.results[0]?.actor_id).toBe(owner.user_id);
    expect(JSON.parse(audit.results[0]?.details ?? '')).toMatchObject({ per_key: { minute: 5 } });
  });

  it('refuses what is no limit, naming the field, and stores nothing', async () => {
    const owner = await signUp();
    const cases: [object, string][] = [
      [{ per_key: { minute: 100, hour: 50 } }, 'per_key.minute'],
      [{ per_user: { hour: 0 } }, 'per_user.hour'],
      [{ per_ip: { day: -5 } }, 'per_ip.day'],
      [{ starts_per_user: { minute: 1e9 } }, 'starts_per_user.minute'],
      [{ per_role: { developer: { minute: 2, burst: 3 } } }, 'per_role.developer.burst'],
      [{ reads_per_key: { minute: 2, burst: 3 } }, 'reads_per_key.burst'],
    ];
    for (const [body, path] of cases) {
      const problem = expectProblem(await limit(owner, body), 422, 'validation_failed');
      expect(problem.errors?.map((each) => each.path)).toEqual([path]);
    }
    expectProblem(await limit(owner, { per_role: { emperor: { hour: 1 } } }), 422, 'validation_failed');
    expectProblem(await limit(owner, { per_planet: { hour: 1 } }), 422, 'validation_failed');
    expect((await deskOf(owner).rateLimits()).revision).toBe(0);
  });

  it('is read and written by those who govern alone', async () => {
    const owner = await signUp();
    const viewer = await withRole(owner, 'viewer');
    expectProblem(await api('/org/rate-limits', { token: viewer.token }), 403, 'forbidden');
    expectProblem(await limit(viewer, {}), 403, 'forbidden');
  });
});
