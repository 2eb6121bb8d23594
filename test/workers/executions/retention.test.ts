import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution, Retention } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { deskStub, EMPTY, executionStub, storageOf } from '../erasure/erasing.ts';

const DAY_MS = 24 * 3_600_000;
const LONG = 'x'.repeat(200_000);

const read = (who: Member) => api<Retention>('/org/retention', { token: who.token });
const set = (who: Member, days: number | null) =>
  api<Retention>('/org/retention', { method: 'PUT', token: who.token, body: { days } });

async function runs(owner: Member, count: number): Promise<Execution[]> {
  const agent = await publishedAgent(owner, {
    nodes: [agentNode('start', 'trigger.manual'), agentNode('a', 'logic.transform', { expression: 'trigger.text' })],
    edges: agentEdges('start>a'),
  });
  const all: Execution[] = [];
  for (let index = 0; index < count; index++) all.push(await runToEnd(owner, agent.id, { text: LONG }));
  await eventually(async () => (await rows(owner)).length >= count);
  return all;
}

async function rows(owner: Member): Promise<string[]> {
  const { results } = await env.DB.prepare(
    'SELECT id FROM executions WHERE organization_id = ? AND finished_at IS NOT NULL ORDER BY id',
  )
    .bind(owner.organization_id)
    .all<{ id: string }>();
  return results.map(({ id }) => id);
}

/** Days pass for an execution that has ended. */
async function age(id: string, days: number): Promise<void> {
  const stub = executionStub(id);
  await eventually(async () =>
    runInDurableObject(
      stub,
      (_object, { storage }) => storage.sql.exec('SELECT settled FROM execution').one().settled === 1,
    ),
  );
  await evictDurableObject(stub);
  await runInDurableObject(stub, (_object, { storage }) => {
    storage.sql.exec('UPDATE execution SET finished_at = finished_at - ?', days * DAY_MS);
  });
  await evictDurableObject(stub);
}

/** The notice is over. */
async function passNotice(owner: Member): Promise<void> {
  const stub = deskStub(owner.organization_id);
  await evictDurableObject(stub);
  await runInDurableObject(stub, (_desk, { storage }) => {
    storage.sql.exec('UPDATE retention SET effective_at = 1');
  });
  await evictDurableObject(stub);
}

const expiryOf = (id: string) =>
  runInDurableObject(executionStub(id), (_object, { storage }) => {
    const { expires_at } = storage.sql.exec('SELECT expires_at FROM execution').one();
    return expires_at as number | null;
  });

async function walked(owner: Member, walksLeft: number): Promise<void> {
  await eventually(async () => {
    await runDurableObjectAlarm(deskStub(owner.organization_id));
    return runInDurableObject(deskStub(owner.organization_id), (_desk, { storage }) => {
      return Number(storage.sql.exec('SELECT walks_left FROM retention').one().walks_left) <= walksLeft;
    });
  });
}

describe('retention', () => {
  it('is without limit until it is chosen, by who may, and announced before anything is deleted', async () => {
    const owner = await signUp();
    expect((await read(owner)).body).toMatchObject({ days: null, next_deletion_at: null, executions: 0 });
    const viewer = await withRole(owner, 'viewer');
    expect((await read(viewer)).status).toBe(200);
    expectProblem(await set(viewer, 30), 403, 'forbidden');
    expectProblem(await set(owner, 31), 422, 'validation_failed');

    const [old] = await runs(owner, 1);
    const before = Date.now();
    const { body } = await set(owner, 30);
    // The one that is there was made today.
    const inThirtyDays = Date.parse(old?.finished_at ?? '') + 30 * DAY_MS;
    expect(body).toMatchObject({ days: 30, next_deletion_at: new Date(inThirtyDays).toISOString(), executions: 0 });
    // As if it had been there for long.
    await env.DB.prepare("UPDATE executions SET finished_at = 1, id = 'exe_00000000000000000000000000' WHERE id = ?")
      .bind(old?.id)
      .run();
    const announced = (await read(owner)).body;
    expect(announced.executions).toBe(1);
    expect(Date.parse(announced.next_deletion_at ?? '')).toBeGreaterThanOrEqual(before + DAY_MS);
    const { results } = await env.DB.prepare(
      "SELECT details FROM audit_logs WHERE organization_id = ? AND action = 'organization.retention_changed'",
    )
      .bind(owner.organization_id)
      .all<{ details: string }>();
    expect(results.map(({ details }) => JSON.parse(details))).toEqual([{ days: 30, previous_days: null }]);
  });

  it('reaches what has ended and what ends later, and each deletes itself, values and row included', async () => {
    const owner = await signUp();
    const [old, young] = await runs(owner, 2);
    if (old === undefined || young === undefined) throw new Error('there are two');
    await age(old.id, 40);
    await set(owner, 30);
    await walked(owner, 1);
    const noticed = await expiryOf(old.id);
    expect(noticed).toBeGreaterThan(Date.now() + DAY_MS - 60_000);
    expect(noticed).toBeLessThanOrEqual(Date.now() + DAY_MS);
    expect(await expiryOf(young.id)).toBeGreaterThan(Date.now() + 29 * DAY_MS);
    const [later] = (await runs(owner, 1)).slice(-1);
    await eventually(async () => (await expiryOf(later?.id ?? '')) !== null);

    // An alarm that rings before its time deletes nothing.
    await runDurableObjectAlarm(executionStub(old.id));
    expect((await api(`/executions/${old.id}`, { token: owner.token })).status).toBe(200);

    await passNotice(owner);
    await runInDurableObject(executionStub(old.id), (_object, { storage }) => {
      storage.sql.exec('UPDATE execution SET expires_at = 1');
    });
    await evictDurableObject(executionStub(old.id));
    await runInDurableObject(executionStub(old.id), (_object, { storage }) => storage.setAlarm(Date.now() + 60_000));
    await runDurableObjectAlarm(executionStub(old.id));
    expect(await storageOf(executionStub(old.id))).toEqual(EMPTY);
    expect((await env.VALUES.list({ prefix: `${owner.organization_id}/${old.id}/` })).objects).toEqual([]);
    expect(await rows(owner)).toEqual([young.id, later?.id]);
    expect((await api(`/executions/${old.id}`, { token: owner.token })).status).toBe(404);
    expect((await api(`/executions/${young.id}`, { token: owner.token })).status).toBe(200);
    expect((await env.VALUES.list({ prefix: `${owner.organization_id}/${young.id}/` })).objects).not.toEqual([]);
  });

  it('is asked about once more before anything goes: a longer one saves what was not told of it', async () => {
    const owner = await signUp();
    const [old] = await runs(owner, 1);
    const id = old?.id ?? '';
    await age(id, 40);
    await set(owner, 30);
    await walked(owner, 1);
    await runInDurableObject(executionStub(id), async (_object, { storage }) => {
      storage.sql.exec('UPDATE execution SET expires_at = 1');
      await storage.setAlarm(Date.now() + 60_000);
    });
    await evictDurableObject(executionStub(id));
    await set(owner, 365);
    await passNotice(owner);
    await runDurableObjectAlarm(executionStub(id));
    expect((await api(`/executions/${id}`, { token: owner.token })).status).toBe(200);
    expect(await expiryOf(id)).toBeGreaterThan(Date.now() + 300 * DAY_MS);
    await set(owner, null);
    await walked(owner, 1);
    expect(await expiryOf(id)).toBeNull();
  });
});
