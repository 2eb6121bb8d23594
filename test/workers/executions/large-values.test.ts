import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution, ExecutionStep, JsonValue } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { drain, eraseOrganization } from '../erasure/erasing.ts';

const start = agentNode('start', 'trigger.manual');
/** Three bytes of UTF-8 a character: 40,000 of them are over 96 KiB. */
const WIDE = '→'.repeat(40_000);
const LONG = 'x'.repeat(600_000);

function stubOf(id: string) {
  return env.EXECUTION.get(env.EXECUTION.idFromName(id));
}

async function run(owner: Member, nodes: ReturnType<typeof agentNode>[], edges: string[], input: JsonValue = {}) {
  const agent = await publishedAgent(owner, { nodes: [start, ...nodes], edges: agentEdges(...edges) });
  const { status, body } = await api<Execution>(`/agents/${agent.id}/execute`, {
    token: owner.token,
    body: { input },
    headers: { prefer: 'wait=20' },
  });
  expect(status, JSON.stringify(body).slice(0, 500)).toBe(200);
  return body;
}

async function keysOf(owner: Member, id = ''): Promise<string[]> {
  const prefix = `${owner.organization_id}/${id}`;
  return (await env.VALUES.list({ prefix })).objects.map(({ key }) => key.slice(prefix.length));
}

/** Names of large values that are in the object itself. */
async function namesHere(id: string): Promise<string[]> {
  return runInDurableObject(stubOf(id), (_object, { storage }) => {
    const tables = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'large_values'").toArray();
    if (tables.length === 0) return [];
    return storage.sql
      .exec('SELECT DISTINCT name FROM large_values ORDER BY name')
      .toArray()
      .map(({ name }) => String(name));
  });
}

async function moved(id: string): Promise<void> {
  await eventually(async () => (await namesHere(id)).length === 0);
}

async function stepsOf(owner: Member, id: string): Promise<ExecutionStep[]> {
  return (await api<{ data: ExecutionStep[] }>(`/executions/${id}/steps`, { token: owner.token })).body.data;
}

/** The object dies when it is about to store that a value has moved. */
async function dieBeforeTheMoveIsStored(id: string): Promise<void> {
  await runInDurableObject(stubOf(id), (_object, state) => {
    const { storage } = state;
    const transaction = storage.transactionSync.bind(storage);
    storage.transactionSync = <T>(work: () => T): T =>
      transaction(() => {
        const result = work();
        const made = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'remote_values'").toArray();
        if (made.length === 0) return result;
        state.abort('crash of the test');
        throw new Error('the process is gone');
      });
  });
}

describe('values over 96 KiB', () => {
  it('are in R2 when the execution has ended, and come back in every answer', async () => {
    const owner = await signUp();
    const both = agentNode('both', 'logic.transform', { expression: '{"wide": trigger.wide, "long": again.output}' });
    const again = agentNode('again', 'logic.transform', { expression: 'trigger.long' });
    const input = { wide: WIDE, long: LONG };
    const ended = await run(owner, [again, both], ['start>again', 'again>both'], input);
    expect(ended.output).toEqual(input);
    await moved(ended.id);
    expect(await keysOf(owner, `${ended.id}/`)).toEqual(['input', 'output', 'step:again', 'step:both', 'step:start']);

    await evictDurableObject(stubOf(ended.id));
    const { body } = await api<Execution>(`/executions/${ended.id}`, { token: owner.token });
    expect(body).toEqual(ended);
    expect((await stepsOf(owner, ended.id)).map(({ id, output }) => [id, output])).toEqual([
      ['start', input],
      ['again', LONG],
      ['both', input],
    ]);
    const retried = await api<Execution>(`/executions/${ended.id}/retry`, {
      token: owner.token,
      body: { from_node: 'both' },
      headers: { prefer: 'wait=20' },
    });
    expect(retried.body).toMatchObject({ status: 'completed', retry_of: ended.id, output: input });
  });

  it('are kept in the row up to that size, and cost R2 nothing', async () => {
    const owner = await signUp();
    const text = 'x'.repeat(96 * 1024 - 2);
    const ended = await run(owner, [agentNode('a', 'logic.transform', { expression: 'trigger.text' })], ['start>a'], {
      text,
    });
    expect(ended.output).toBe(text);
    await evictDurableObject(stubOf(ended.id));
    const steps = await stepsOf(owner, ended.id);
    expect(steps.find(({ id }) => id === 'a')?.output).toBe(text);
    // The trigger's output has its braces and the name beside the text.
    await eventually(async () => (await keysOf(owner, `${ended.id}/`)).join() === 'input,step:start');
  });

  it('leave a loop that still runs when their round has ended', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode('l', 'logic.loop', { count: 3 }),
        agentNode('big', 'logic.transform', { expression: '$pad("", 120000, "x")' }),
        agentNode('size', 'logic.transform', { expression: '$length(big.output)' }),
        agentNode('pause', 'logic.delay', { seconds: 600 }),
      ],
      edges: agentEdges('start>l', 'l:each>big', 'big>size', 'l:out>pause'),
    });
    const { body } = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: { input: {} } });
    const names = ['step:big@0', 'step:big@1', 'step:big@2'];
    await eventually(async () => (await keysOf(owner, `${body.id}/`)).join() === names.join());
    await moved(body.id);
    const shown = (await stepsOf(owner, body.id)).filter(({ node_id }) => node_id === 'big');
    expect(shown.map(({ output }) => (output as string).length)).toEqual([120_000, 120_000, 120_000]);
    expect((await api<Execution>(`/executions/${body.id}`, { token: owner.token })).body.status).toBe('waiting');
  });

  it('are moved again by the alarm when the object dies between R2 and its own storage', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        agentNode('pause', 'logic.delay', { seconds: 600 }),
        agentNode('a', 'logic.transform', { expression: 'trigger.long' }),
      ],
      edges: agentEdges('start>pause', 'pause>a'),
    });
    const { body } = await api<Execution>(`/agents/${agent.id}/execute`, {
      token: owner.token,
      body: { input: { long: LONG } },
    });
    await eventually(async () => (await stepsOf(owner, body.id)).some(({ status }) => status === 'waiting'));
    await evictDurableObject(stubOf(body.id));
    await runInDurableObject(stubOf(body.id), (_object, state) => {
      state.storage.sql.exec('UPDATE steps SET wake_at = 1 WHERE wake_at IS NOT NULL');
    });
    await evictDurableObject(stubOf(body.id));
    await dieBeforeTheMoveIsStored(body.id);
    await runDurableObjectAlarm(stubOf(body.id)).catch(() => undefined);
    await eventually(async () => (await keysOf(owner, `${body.id}/`)).length > 0);
    // What a crash in between left is an orphan: the rows still have the values themselves.
    await eventually(async () =>
      runInDurableObject(stubOf(body.id), (_object, { storage }) => {
        const made = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'remote_values'").toArray();
        return made.length === 0;
      }),
    );
    expect(await namesHere(body.id)).toEqual(['input', 'output', 'step:a', 'step:start']);

    await eventually(async () => {
      await runDurableObjectAlarm(stubOf(body.id));
      return (await namesHere(body.id)).length === 0;
    });
    const { body: after } = await api<Execution>(`/executions/${body.id}`, { token: owner.token });
    expect(after).toMatchObject({ status: 'completed', output: LONG });
    expect(await keysOf(owner, `${body.id}/`)).toEqual(['input', 'output', 'step:a', 'step:start']);
  });

  it('go with their execution and with their organization', async () => {
    const owner = await signUp();
    const nodes = [agentNode('a', 'logic.transform', { expression: 'trigger.long' })];
    const first = await run(owner, nodes, ['start>a'], { long: LONG });
    const second = await run(owner, nodes, ['start>a'], { long: LONG });
    await moved(first.id);
    await moved(second.id);
    await executionObject(env.EXECUTION, first.id).erase(owner.organization_id, false);
    expect(await keysOf(owner, `${first.id}/`)).toEqual([]);
    expect(await keysOf(owner, `${second.id}/`)).not.toEqual([]);

    // Left behind by an object that died: no row knows of it.
    await env.VALUES.put(`${owner.organization_id}/exe_gone/step:a`, '"orphan"');
    await eraseOrganization(owner);
    await drain(owner.organization_id);
    expect(await keysOf(owner)).toEqual([]);
  });
});
