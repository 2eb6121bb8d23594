import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { CreatedExternalAgent, Invocation, JsonValue, Retention } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent, invoke } from '../../support/external-agents.ts';
import { deskStub, executionStub } from '../erasure/erasing.ts';

const start = agentNode('start', 'trigger.manual');
const echo = {
  nodes: [start, agentNode('answer', 'logic.transform', { expression: '{ "got": trigger }' })],
  edges: agentEdges('start>answer'),
};

interface Row {
  readonly id: string;
  readonly archive: string | null;
  readonly request_payload: string | null;
  readonly response_payload: string | null;
  readonly status: string;
  readonly cost_microusd: number;
}

async function rowsOf(owner: Member): Promise<Row[]> {
  const { results } = await env.DB.prepare('SELECT * FROM invocations WHERE organization_id = ? ORDER BY id')
    .bind(owner.organization_id)
    .all<Row>();
  return results;
}

const read = (owner: Member, id: string) => api<Invocation>(`/invocations/${id}`, { token: owner.token });

/** A call that has ended, as D1 knows it. */
async function called(owner: Member, outside: CreatedExternalAgent, agentId: string, input: JsonValue) {
  const { body } = await invoke(outside, agentId, input, { wait: 20 });
  await eventually(async () =>
    (await rowsOf(owner)).some(({ id, status }) => id === body.invocation_id && status === 'success'),
  );
  return body;
}

/** Every call is old enough, and the walk is due. */
function due(owner: Member, fields = "cursor = ''"): Promise<void> {
  return runInDurableObject(deskStub(owner.organization_id), async (_desk, { storage }) => {
    storage.sql.exec(`UPDATE archive SET days = -1, next_at = 0, ${fields}`);
    await storage.setAlarm(Date.now() + 60_000);
  });
}

async function walked(owner: Member): Promise<void> {
  const desk = deskStub(owner.organization_id);
  await eventually(async () => {
    await runDurableObjectAlarm(desk);
    return runInDurableObject(desk, (_desk, { storage }) => {
      return Number(storage.sql.exec('SELECT next_at FROM archive').one().next_at) > Date.now() + 3_600_000;
    });
  });
}

describe('The archive of invocations', () => {
  it('takes the payloads of what has ended, which are read as before', async () => {
    const owner = await signUp();
    const outside = await externalAgent(owner);
    const waits = await publishedAgent(owner, {
      nodes: [start, agentNode('wait', 'logic.delay', { seconds: 3600 })],
      edges: agentEdges('start>wait'),
    });
    const one = await called(owner, outside, (await publishedAgent(owner, echo)).id, { text: 'über' });
    const running = (await invoke(outside, waits.id, { n: 1 })).body;
    await eventually(async () => (await rowsOf(owner)).length === 2);
    const before = (await read(owner, one.invocation_id)).body;
    await due(owner);
    await walked(owner);
    const [archived, waiting] = await rowsOf(owner);
    expect(archived).toMatchObject({ request_payload: null, response_payload: null });
    expect(archived?.archive).toBe(`${owner.organization_id}/${one.execution.id}/invocation`);
    expect(waiting).toMatchObject({ id: running.invocation_id, archive: null, request_payload: '{"n":1}' });
    expect((await read(owner, one.invocation_id)).body).toEqual({ ...before, archived: true });
    expect(before).toMatchObject({ request_payload: { text: 'über' }, response_payload: { got: { text: 'über' } } });
    expect((await api(`/invocations/${one.invocation_id}`, { key: outside.api_key })).status).toBe(200);
    expectProblem(await read(await signUp(), one.invocation_id), 404, 'not_found');
  });

  it('goes through page by page, and over what a crash has left behind', async () => {
    const owner = await signUp();
    const outside = await externalAgent(owner);
    const many = Array.from({ length: 230 }, (_, index) => {
      const id = newId('invocation', Date.now() - (230 - index) * 1000);
      return { id, execution_id: `exe_${id.slice(4)}`, request: JSON.stringify({ index }) };
    });
    await env.DB.prepare(
      `INSERT INTO invocations (id, organization_id, external_agent_id, external_agent_name, platform, door, execution_id, status,
        request_payload, request_state, response_state, cost_microusd, count, created_at, webhook_delivery_status,
        webhook_delivery_attempts, revision)
      SELECT value ->> 'id', ?, ?, 'Outside', 'custom', 'rest', value ->> 'execution_id', 'success', value ->> 'request', 'whole', 'off',
        7, 1, 0, 'none', 0, 1 FROM json_each(?)`,
    )
      .bind(owner.organization_id, outside.id, JSON.stringify(many))
      .run();
    // As after a crash between the two writes: R2 has the payloads, and the row does not know.
    const key = `${owner.organization_id}/${many[3]?.execution_id}/invocation`;
    await env.VALUES.put(key, JSON.stringify({ request: many[3]?.request, response: null }));
    await due(owner);
    await runDurableObjectAlarm(deskStub(owner.organization_id));
    const half = (await rowsOf(owner)).filter(({ archive }) => archive !== null);
    expect(half).toHaveLength(100);
    await evictDurableObject(deskStub(owner.organization_id));
    await walked(owner);
    const rows = await rowsOf(owner);
    expect(rows).toHaveLength(230);
    for (const { archive, request_payload, cost_microusd } of rows) {
      expect([archive === null, request_payload, cost_microusd]).toEqual([false, null, 7]);
    }
    for (const index of [0, 3, 229]) {
      expect((await read(owner, many[index]?.id ?? '')).body.request_payload).toEqual({ index });
    }
    // A second walk has nothing to do, and nothing to undo.
    await due(owner);
    await walked(owner);
    expect(await rowsOf(owner)).toEqual(rows);
  });

  it('begins anew after a month, for what was running when it passed', async () => {
    const owner = await signUp();
    const outside = await externalAgent(owner);
    const one = await called(owner, outside, (await publishedAgent(owner, echo)).id, { n: 1 });
    await due(owner, "cursor = 'inv_zzz', began_at = 1");
    await walked(owner);
    expect((await rowsOf(owner))[0]?.archive).toBeNull();
    await due(owner, 'attempts = 0');
    await walked(owner);
    expect((await rowsOf(owner))[0]?.archive).not.toBeNull();
    expect((await read(owner, one.invocation_id)).body.archived).toBe(true);
  });

  it('holds after the days that the organization has chosen, 90 unless it has', async () => {
    const owner = await signUp();
    const get = () => api<Retention>('/org/retention', { token: owner.token });
    const put = (body: object) => api<Retention>('/org/retention', { method: 'PUT', token: owner.token, body });
    expect((await get()).body.invocation_archive_days).toBe(90);
    expect((await put({ days: null, invocation_archive_days: 30 })).body.invocation_archive_days).toBe(30);
    expect((await put({ days: null })).body.invocation_archive_days).toBe(30);
    expect((await put({ days: 365 })).body).toMatchObject({ days: 365, invocation_archive_days: 30 });
    expect((await put({ invocation_archive_days: 31 })).body).toMatchObject({ days: 365, invocation_archive_days: 31 });
    expect((await put({ days: null, invocation_archive_days: 30 })).body.days).toBeNull();
    expect((await get()).body.invocation_archive_days).toBe(30);
    for (const wrong of [0, -1, 1.5, 4000, '30', null]) {
      expectProblem(await put({ days: 30, invocation_archive_days: wrong }), 422, 'validation_failed');
    }
    expect((await get()).body).toMatchObject({ days: null, invocation_archive_days: 30 });
    const { results } = await env.DB.prepare(
      "SELECT details FROM audit_logs WHERE organization_id = ? AND action = 'organization.invocation_archive_changed'",
    )
      .bind(owner.organization_id)
      .all<{ details: string }>();
    expect(results.map(({ details }) => JSON.parse(details))).toEqual([
      { invocation_archive_days: 30, previous_days: 90 },
      { invocation_archive_days: 31, previous_days: 30 },
      { invocation_archive_days: 30, previous_days: 31 },
    ]);
  });

  it('does not keep what was asked and answered for longer than its execution is kept', async () => {
    const owner = await signUp();
    const outside = await externalAgent(owner);
    const agent = await publishedAgent(owner, echo);
    const archived = await called(owner, outside, agent.id, { n: 1 });
    await due(owner);
    await walked(owner);
    const fresh = await called(owner, outside, agent.id, { n: 2 });
    await api('/org/retention', { method: 'PUT', token: owner.token, body: { days: 30 } });
    const desk = deskStub(owner.organization_id);
    await evictDurableObject(desk);
    await runInDurableObject(desk, (_desk, { storage }) => {
      storage.sql.exec('UPDATE retention SET effective_at = 1');
    });
    for (const { execution } of [archived, fresh]) {
      const stub = executionStub(execution.id);
      await eventually(() =>
        runInDurableObject(
          stub,
          (_object, { storage }) => storage.sql.exec('SELECT settled FROM execution').one().settled === 1,
        ),
      );
      await evictDurableObject(stub);
      await runInDurableObject(stub, async (_object, { storage }) => {
        storage.sql.exec('UPDATE execution SET finished_at = 1, expires_at = 1');
        await storage.setAlarm(Date.now() + 60_000);
      });
      await evictDurableObject(stub);
      await runDurableObjectAlarm(stub);
    }
    for (const { invocation_id } of [archived, fresh]) {
      expect((await read(owner, invocation_id)).body).toMatchObject({
        status: 'success',
        request_payload: null,
        request_state: 'expired',
        response_payload: null,
        response_state: 'expired',
        archived: false,
      });
    }
    expect((await env.VALUES.list({ prefix: `${owner.organization_id}/` })).objects).toEqual([]);
  });
});
