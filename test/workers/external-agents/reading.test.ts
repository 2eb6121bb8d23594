import { runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { CreatedExternalAgent, Invocation, InvocationSummary, Usage } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, createKey, expectProblem, type Member, signUp } from '../../support/api.ts';
import { boundaryCalls } from '../../support/binding-calls.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent, invoke } from '../../support/external-agents.ts';

interface Page {
  readonly data: InvocationSummary[];
  readonly next_cursor: string | null;
}

const echo = {
  nodes: [agentNode('start', 'trigger.manual'), agentNode('answer', 'logic.transform', { expression: 'trigger.n' })],
  edges: agentEdges('start>answer'),
  input_schema: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } },
};
const waiting = {
  nodes: [agentNode('start', 'trigger.manual'), agentNode('wait', 'logic.delay', { seconds: 3600 })],
  edges: agentEdges('start>wait'),
};

function list(owner: Pick<Member, 'token'>, query: Record<string, string> = {}, path = '/invocations') {
  return api<Page>(`${path}?${new URLSearchParams(query)}`, { token: owner.token });
}

/** The ids that a list gives once it knows of so many calls. */
async function listed(owner: Member, count: number, query: Record<string, string> = {}): Promise<string[]> {
  const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
  return eventually(async () => {
    await runDurableObjectAlarm(desk);
    const { body } = await list(owner, query);
    return body.data.length === count ? body.data.map(({ id }) => id) : null;
  });
}

describe('Invocations', () => {
  let owner: Member;
  let outside: CreatedExternalAgent;
  let another: CreatedExternalAgent;
  let agentId: string;
  let ids: { one: string; two: string; other: string; failed: string };

  beforeAll(async () => {
    owner = await signUp();
    agentId = (await publishedAgent(owner, echo)).id;
    const failing = await publishedAgent(owner, {
      nodes: [
        agentNode('start', 'trigger.manual'),
        agentNode('stop', 'logic.stop', { status: 'failed', message: 'No.' }),
      ],
      edges: agentEdges('start>stop'),
    });
    outside = await externalAgent(owner);
    another = await externalAgent(owner, { name: 'Another', platform: 'chatgpt' });
    const one = await invoke(outside, agentId, { n: 1 }, { wait: 20 });
    const two = await invoke(outside, agentId, { n: 2 }, { wait: 20 });
    const other = await invoke(another, agentId, { n: 3 }, { wait: 20 });
    const failed = await invoke(outside, failing.id, {}, { wait: 20 });
    await invoke(outside, 'Nobody');
    ids = {
      one: one.body.invocation_id,
      two: two.body.invocation_id,
      other: other.body.invocation_id,
      failed: failed.body.invocation_id,
    };
    await listed(owner, 5);
  });

  it('are listed newest first, page by page, for those who may read them', async () => {
    const all = await list(owner);
    expect(all.body.data.map(({ id }) => id)).toEqual([...all.body.data.map(({ id }) => id)].sort().reverse());
    const first = await list(owner, { limit: '2' });
    const rest = await list(owner, { limit: '3', cursor: String(first.body.next_cursor) });
    expect([...first.body.data, ...rest.body.data]).toEqual(all.body.data);
    expect(rest.body.next_cursor).toBeNull();
    const { key } = await createKey(owner, ['agents:read']);
    expectProblem(await api('/invocations', { key }), 403, 'forbidden');
    expectProblem(await api('/invocations', { key: outside.api_key }), 403, 'forbidden');
    expect((await list(await signUp())).body.data).toEqual([]);
  });

  interface Filtered {
    readonly by: string;
    readonly index: string;
    readonly query: () => Record<string, string>;
    readonly found: () => readonly string[];
  }
  const filters: readonly Filtered[] = [
    {
      by: 'external agent',
      index: 'external_agent',
      query: () => ({ external_agent_id: another.id }),
      found: () => [ids.other],
    },
    { by: 'status', index: 'status', query: () => ({ status: 'error' }), found: () => [ids.failed] },
    {
      by: 'agent',
      index: 'agent',
      query: () => ({ agent_id: agentId }),
      found: () => [ids.other, ids.two, ids.one],
    },
    { by: 'error', index: 'error', query: () => ({ error_code: 'stopped' }), found: () => [ids.failed] },
    { by: 'door', index: 'door', query: () => ({ door: 'mcp' }), found: () => [] },
    {
      by: 'several at once',
      index: '',
      query: () => ({ door: 'rest', status: 'success', external_agent_id: outside.id }),
      found: () => [ids.two, ids.one],
    },
  ];

  it.each(filters)('are filtered by $by, by an index', async ({ index, query, found }) => {
    const { answer, asked } = await boundaryCalls(async (calls) => ({
      answer: await list(owner, query()),
      asked: calls,
    }));
    expect(answer.status).toBe(200);
    expect(answer.body.data.map(({ id }) => id)).toEqual(found());
    const read = asked.find(({ text }) => text.includes('from "invocations"'));
    const { results } = await env.DB.prepare(`EXPLAIN QUERY PLAN ${read?.text}`)
      .bind(...(read?.parameters ?? []))
      .all<{ detail: string }>();
    expect(results).toHaveLength(1);
    expect(results[0]?.detail).toMatch(new RegExp(`SEARCH invocations USING INDEX invocations_${index}`));
  });

  it('are filtered by their time, its ends included', async () => {
    const { body } = await list(owner);
    const at = (id: string) => String(body.data.find((each) => each.id === id)?.created_at);
    const found = await list(owner, { from: at(ids.two), to: at(ids.two) });
    expect(found.body.data.map(({ id }) => id)).toContain(ids.two);
    for (const { created_at } of found.body.data) expect(created_at).toBe(at(ids.two));
    expect((await list(owner, { to: '2020-01-01T00:00:00Z' })).body.data).toEqual([]);
  });

  it('take no SQL for a filter', async () => {
    const injected = "x' OR '1'='1";
    for (const name of ['external_agent_id', 'agent_id', 'status', 'error_code', 'door', 'from', 'to', 'cursor']) {
      expectProblem(await list(owner, { [name]: injected }), 422, 'validation_failed');
    }
  });

  it('of one external agent are those of its path', async () => {
    const path = `/external-agents/${another.id}/invocations`;
    expect((await list(owner, {}, path)).body.data.map(({ id }) => id)).toEqual([ids.other]);
    expect((await list(owner, { external_agent_id: outside.id }, path)).body.data.map(({ id }) => id)).toEqual([
      ids.other,
    ]);
    expectProblem(await list(await signUp(), {}, path), 404, 'not_found');
    expectProblem(await list(owner, {}, `/external-agents/${newId('externalAgent')}/invocations`), 404, 'not_found');
  });

  it('show what was asked and answered, to people and to the external agent itself', async () => {
    const { body } = await api<Invocation>(`/invocations/${ids.one}`, { token: owner.token });
    expect(body).toMatchObject({
      id: ids.one,
      external_agent_id: outside.id,
      agent_id: agentId,
      status: 'success',
      request_payload: { n: 1 },
      response_payload: 1,
      request_state: 'whole',
      response_state: 'whole',
      door: 'rest',
      archived: false,
      samples: null,
    });
    expect((await api(`/invocations/${ids.one}`, { key: outside.api_key })).body).toEqual(body);
    expectProblem(await api(`/invocations/${ids.one}`, { key: another.api_key }), 404, 'not_found');
    expectProblem(await api(`/invocations/${ids.one}`, { token: (await signUp()).token }), 404, 'not_found');
    expectProblem(await api(`/invocations/${newId('invocation')}`, { token: owner.token }), 404, 'not_found');
    const refused = (await list(owner, { status: 'denied' })).body.data[0];
    const shown = await api<Invocation>(`/invocations/${refused?.id}`, { token: owner.token });
    expect(shown.body).toMatchObject({ execution_id: null, samples: { first: { agent: 'Nobody' } } });
  });

  it('of a person’s own executions are not there', async () => {
    const { body } = await api<{ id: string }>(`/agents/${agentId}/execute`, {
      token: owner.token,
      body: { input: { n: 1 } },
    });
    expectProblem(await api(`/invocations/inv_${body.id.slice(4)}`, { token: owner.token }), 404, 'not_found');
  });
});

describe('An invocation that runs', () => {
  it('is there right after the answer, and is cancelled by whoever may', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, waiting);
    const outside = await externalAgent(owner, { operations: ['invoke', 'read', 'cancel'] });
    const another = await externalAgent(owner, { operations: ['invoke', 'read', 'cancel'] });
    const reader = await externalAgent(owner, { operations: ['invoke', 'read'] });
    const { status, body } = await invoke(outside, agent.id, { text: 'a' });
    expect(status).toBe(202);
    const path = `/invocations/${body.invocation_id}`;
    const running = await api<Invocation>(path, { key: outside.api_key });
    expect(running.body).toMatchObject({
      status: 'running',
      request_payload: { text: 'a' },
      response_payload: null,
      latency_ms: null,
      finished_at: null,
    });
    const cancel = { method: 'POST' };
    expectProblem(await api(`${path}/cancel`, { ...cancel, key: another.api_key }), 404, 'not_found');
    expectProblem(await api(`${path}/cancel`, { ...cancel, key: reader.api_key }), 403, 'forbidden');
    expectProblem(await api(`${path}/cancel`, { ...cancel, token: (await signUp()).token }), 404, 'not_found');
    const cancelled = await api<Invocation>(`${path}/cancel`, { ...cancel, key: outside.api_key });
    expect(cancelled.status).toBe(200);
    expect(cancelled.body).toMatchObject({ status: 'error', error_code: 'cancelled' });
    expectProblem(await api(`${path}/cancel`, { ...cancel, token: owner.token }), 409, 'execution_finished');
    const { results } = await env.DB.prepare(
      "SELECT * FROM audit_logs WHERE action = 'execution.cancelled' AND organization_id = ?",
    )
      .bind(owner.organization_id)
      .all<{ actor_id: string; resource_id: string }>();
    expect(results).toMatchObject([{ actor_id: outside.id, resource_id: body.execution.id }]);
    await invoke(outside, 'Nobody');
    const [refused] = await listed(owner, 1, { status: 'denied' });
    const answer = await api(`/invocations/${refused}/cancel`, { ...cancel, token: owner.token });
    expectProblem(answer, 409, 'execution_finished');
  });
});

describe('The usage of an external agent', () => {
  const row = async (owner: Member, agent: CreatedExternalAgent, at: string, fields: Record<string, unknown> = {}) => {
    const created_at = Date.parse(at);
    const values = {
      id: newId('invocation', created_at),
      organization_id: owner.organization_id,
      external_agent_id: agent.id,
      external_agent_name: agent.name,
      platform: agent.platform,
      door: 'rest',
      status: 'success',
      request_state: 'off',
      response_state: 'off',
      latency_ms: null,
      cost_microusd: 0,
      count: 1,
      created_at,
      webhook_delivery_status: 'none',
      webhook_delivery_attempts: 0,
      revision: 1,
      ...fields,
    };
    const names = Object.keys(values);
    await env.DB.prepare(`INSERT INTO invocations (${names}) VALUES (${names.map(() => '?')})`)
      .bind(...Object.values(values))
      .run();
  };
  let owner: Member;
  let agent: CreatedExternalAgent;
  const usage = (query: Record<string, string>, by: Pick<Member, 'token'> = owner) =>
    api<Usage>(`/external-agents/${agent.id}/usage?${new URLSearchParams(query)}`, { token: by.token });

  beforeAll(async () => {
    owner = await signUp();
    agent = await externalAgent(owner);
    const other = await externalAgent(owner);
    // The 4th of October 2026 is a Sunday.
    await row(owner, agent, '2026-10-04T23:59:59.999Z', { latency_ms: 100, cost_microusd: 1000 });
    await row(owner, agent, '2026-10-05T00:00:00.000Z', { latency_ms: 300, cost_microusd: 2000, status: 'error' });
    await row(owner, agent, '2026-10-07T12:30:00.000Z', { status: 'running' });
    const throttled = { status: 'throttled', error_code: 'rate_limited' };
    await row(owner, agent, '2026-10-07T12:31:00.000Z', { ...throttled, count: 40 });
    await row(owner, agent, '2026-10-07T12:32:00.000Z', { ...throttled, count: 2 });
    await row(owner, agent, '2026-10-07T12:32:00.000Z', { status: 'denied', error_code: 'not_found', count: 5 });
    await row(owner, other, '2026-10-07T12:32:00.000Z', { count: 5 });
  });

  it('is counted by day, with empty days, totals and refusals by code', async () => {
    const { status, body } = await usage({ from: '2026-10-04T00:00:00Z', to: '2026-10-08T00:00:00Z', group_by: 'day' });
    expect(status, JSON.stringify(body)).toBe(200);
    expect(body.totals).toEqual({
      invocations: 50,
      success: 1,
      error: 1,
      running: 1,
      throttled: 42,
      denied: 5,
      cost_usd: 0.003,
      average_latency_ms: 200,
    });
    expect(body.groups.map(({ at, invocations }) => [at.slice(0, 10), invocations])).toEqual([
      ['2026-10-04', 1],
      ['2026-10-05', 1],
      ['2026-10-06', 0],
      ['2026-10-07', 48],
    ]);
    expect(body.groups[2]).toMatchObject({ cost_usd: 0, average_latency_ms: null });
    expect(body.refusals).toMatchObject([
      { code: 'rate_limited', count: 42, last_at: '2026-10-07T12:32:00.000Z' },
      { code: 'not_found', count: 5 },
    ]);
  });

  it('is counted by weeks from Monday and by hours', async () => {
    const weeks = await usage({ from: '2026-10-01T00:00:00Z', to: '2026-10-08T00:00:00Z', group_by: 'week' });
    expect(weeks.body.groups).toMatchObject([
      { at: '2026-09-28T00:00:00.000Z', invocations: 1 },
      { at: '2026-10-05T00:00:00.000Z', invocations: 49 },
    ]);
    const hours = await usage({ from: '2026-10-07T12:31:30Z', to: '2026-10-07T14:00:00Z', group_by: 'hour' });
    expect(hours.body.groups).toMatchObject([
      { at: '2026-10-07T12:00:00.000Z', throttled: 2, denied: 5 },
      { at: '2026-10-07T13:00:00.000Z', invocations: 0 },
    ]);
  });

  it('is of a bounded range, in order, of an external agent that is there', async () => {
    const days = (await usage({})).body;
    expect(Date.parse(days.to) - Date.parse(days.from)).toBe(7 * 86_400_000);
    const year = { from: '2025-10-01T00:00:00Z', to: '2026-10-01T00:00:00Z' };
    expectProblem(await usage({ ...year, group_by: 'hour' }), 422, 'validation_failed');
    expect((await usage({ ...year, group_by: 'day' })).body.groups).toHaveLength(365);
    expectProblem(await usage({ from: year.to, to: year.from }), 422, 'validation_failed');
    expectProblem(await usage({ group_by: 'minute' }), 422, 'validation_failed');
    expectProblem(await usage({}, await signUp()), 404, 'not_found');
  });
});
