import { evictDurableObject, runDurableObjectAlarm } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { expectProblem, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent, invoke, invokeStream } from '../../support/external-agents.ts';

const doubling = {
  nodes: [
    agentNode('start', 'trigger.manual'),
    agentNode('double', 'logic.transform', { expression: '{ "doubled": trigger.n * 2, "api_key": "shown" }' }),
  ],
  edges: agentEdges('start>double'),
  input_schema: { type: 'object', required: ['n'], properties: { n: { type: 'number' } } },
};

interface Row {
  readonly id: string;
  readonly status: string;
  readonly error_code: string | null;
  readonly count: number;
  readonly request_payload: string | null;
  readonly request_state: string;
  readonly response_payload: string | null;
  readonly latency_ms: number | null;
  readonly samples: string | null;
  readonly agent_id: string | null;
}

async function rowsOf(externalAgentId: string): Promise<Row[]> {
  const { results } = await env.DB.prepare('SELECT * FROM invocations WHERE external_agent_id = ? ORDER BY id')
    .bind(externalAgentId)
    .all<Row>();
  return results;
}

const settled = (externalAgentId: string, count: number) =>
  eventually(async () => {
    const rows = await rowsOf(externalAgentId);
    return rows.length === count && rows.every(({ status }) => status !== 'running') ? rows : null;
  });

describe('A call of an external agent', () => {
  it('is recorded with its execution: what was asked and answered, how it ended, how long it took', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, doubling);
    const outside = await externalAgent(owner, { recording: { redact: ['customer.email'] } });
    const input = { n: 3, password: 'secret!', customer: { email: 'a@example.com', name: 'A' } };
    const { status, body, headers } = await invoke(outside, agent.id, input, { wait: 20 });
    expect(status).toBe(200);
    expect(body).toMatchObject({ status: 'success', output: { doubled: 6, api_key: 'shown' } });
    expect(body.invocation_id).toBe(`inv_${body.execution.id.slice(4)}`);
    expect(headers.get('location')).toBe(`/api/v1/invocations/${body.invocation_id}`);
    expect(body.execution).toMatchObject({
      trigger: 'external',
      triggered_by: { type: 'external_agent', id: outside.id, name: 'Outside' },
    });
    const [row] = await settled(outside.id, 1);
    expect(row).toMatchObject({
      id: body.invocation_id,
      status: 'success',
      error_code: null,
      count: 1,
      request_state: 'whole',
      latency_ms: body.execution.duration_ms,
    });
    expect(JSON.parse(row?.request_payload ?? '')).toEqual({
      n: 3,
      password: '[redacted]',
      customer: { email: '[redacted]', name: 'A' },
    });
    expect(JSON.parse(row?.response_payload ?? '')).toEqual({ doubled: 6, api_key: '[redacted]' });
  });

  it('keeps the beginning of what is too large, and nothing where recording is off', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, doubling);
    const capped = await externalAgent(owner);
    await invoke(capped, agent.id, { n: 1, text: 'é'.repeat(20_000) }, { wait: 20 });
    const [row] = await settled(capped.id, 1);
    expect(row?.request_state).toBe('capped');
    expect(JSON.parse(row?.request_payload ?? '')).toMatch(/^\{"n":1,"text":"é+$/);
    const off = await externalAgent(owner, { recording: { payloads: false } });
    await invoke(off, agent.id, { n: 1 }, { wait: 20 });
    expect((await settled(off.id, 1))[0]).toMatchObject({ request_state: 'off', request_payload: null });
  });

  it('may bring a megabyte of input, and no more', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, doubling);
    const outside = await externalAgent(owner);
    const text = (bytes: number) => ({ n: 1, text: 'x'.repeat(bytes) });
    const large = await invoke(outside, agent.id, text(1024 * 1024 - 1024), { wait: 20 });
    expect(large.body).toMatchObject({ status: 'success', output: { doubled: 2 } });
    expectProblem(await invoke(outside, agent.id, text(1024 * 1024 + 64 * 1024)), 413, 'payload_too_large');
    expect(await settled(outside.id, 1)).toHaveLength(1);
  });

  it('is told as it happens to whoever asks for a stream', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, doubling);
    const outside = await externalAgent(owner);
    const response = await invokeStream(outside, agent.id, { n: 1 });
    expect(response.status).toBe(200);
    expect(response.headers.get('content-type')).toContain('text/event-stream');
    expect(response.headers.get('x-invocation-id')).toMatch(/^inv_/);
    const text = await response.text();
    expect(text).toContain('execution.started');
    expect(text).toContain('execution.completed');
  });

  it('counts once however often it is repeated with its Idempotency-Key', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, doubling);
    const outside = await externalAgent(owner);
    const headers = { 'idempotency-key': 'once' };
    const first = await invoke(outside, agent.id, { n: 1 }, { wait: 20, headers });
    const again = await invoke(outside, agent.id, { n: 1 }, { wait: 20, headers });
    expect(again.headers.get('idempotency-replayed')).toBe('true');
    expect(again.body.invocation_id).toBe(first.body.invocation_id);
    expectProblem(await invoke(outside, agent.id, { n: 2 }, { headers }), 422, 'idempotency_key_reused');
    expect(await settled(outside.id, 1)).toHaveLength(1);
  });
});

describe('Refused calls', () => {
  it('are one row per code and minute, with their exact count, the first and the last', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, doubling);
    const outside = await externalAgent(owner, { rate_limits: { minute: 5 } });
    const answers = await Promise.all(Array.from({ length: 60 }, () => invoke(outside, agent.id, { n: 1 })));
    const refused = answers.filter(({ status }) => status === 429).length;
    expect(refused).toBe(55);
    for (let n = 0; n < 3; n++) await invoke(outside, 'agt_00000000000000000000000000', { n });
    await invoke(outside, 'Nobody', { n: 1 });
    const rows = await eventually(async () => {
      await runDurableObjectAlarm(organizationDesk(env.ORGANIZATION, owner.organization_id));
      const found = (await rowsOf(outside.id)).filter(({ status }) => status === 'throttled' || status === 'denied');
      const total = found.reduce((sum, { count }) => sum + count, 0);
      return total === refused + 4 ? found : null;
    });
    const byCode = new Map(rows.map((row) => [row.error_code, row]));
    // A minute may end in between.
    expect([...byCode.keys()].sort()).toEqual(['not_found', 'rate_limited']);
    expect(byCode.get('rate_limited')?.status).toBe('throttled');
    expect(byCode.get('not_found')?.status).toBe('denied');
    expect(JSON.parse(byCode.get('not_found')?.samples ?? '')).toMatchObject({ last: { agent: 'Nobody' } });
  });

  it('are those too whose input is refused after their admission', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, doubling);
    const outside = await externalAgent(owner);
    expectProblem(await invoke(outside, agent.id, { n: 'three' }), 422, 'validation_failed');
    const rows = await eventually(async () => {
      await runDurableObjectAlarm(organizationDesk(env.ORGANIZATION, owner.organization_id));
      const found = await rowsOf(outside.id);
      return found.length === 1 ? found : null;
    });
    expect(rows[0]).toMatchObject({ status: 'denied', error_code: 'validation_failed', count: 1 });
  });

  it('survive an eviction of the desk', async () => {
    const owner = await signUp();
    const outside = await externalAgent(owner);
    const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
    for (let n = 0; n < 5; n++) await invoke(outside, 'Nobody');
    await evictDurableObject(desk);
    for (let n = 0; n < 5; n++) await invoke(outside, 'Nobody');
    await eventually(async () => {
      await runDurableObjectAlarm(desk);
      return (await rowsOf(outside.id)).reduce((sum, { count }) => sum + count, 0) === 10;
    });
  });

  it('count calls that come at once against the limit of running ones', async () => {
    const owner = await signUp();
    const waits = await publishedAgent(owner, {
      nodes: [agentNode('start', 'trigger.manual'), agentNode('wait', 'logic.delay', { seconds: 3 })],
      edges: agentEdges('start>wait'),
    });
    const outside = await externalAgent(owner, { max_concurrency: 3 });
    const answers = await Promise.all(Array.from({ length: 20 }, () => invoke(outside, waits.id)));
    expect(answers.filter(({ status }) => status === 202)).toHaveLength(3);
    const refused = answers.find(({ status }) => status === 429);
    expectProblem(refused ?? (answers[0] as never), 429, 'concurrency_limited');
  });
});
