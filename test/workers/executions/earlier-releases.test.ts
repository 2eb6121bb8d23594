import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { ApiKey, Execution, ExecutionEvent, ExecutionStep } from '@agentflow/contracts';
import { describe, expect, inject, it } from 'vitest';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, createKey, signUp } from '../../support/api.ts';
import type { Effect } from '../../support/effect-ledger.ts';
import { eventually } from '../../support/eventually.ts';
import { DESK_1 } from '../../support/histories/desk-1.ts';
import {
  BEGAN_AT,
  EXECUTION_1,
  endedWithLargeValues,
  LARGE_INPUT,
  underWay,
} from '../../support/histories/execution-1.ts';
import { EXECUTION_2, waiting } from '../../support/histories/execution-2.ts';

const tools = inject('toolServerUrl');
const plain = {
  nodes: [agentNode('start', 'trigger.manual'), agentNode('a', 'logic.transform', { expression: '1' })],
  edges: agentEdges('start>a'),
};

async function write(id: string, rows: ReturnType<typeof underWay>, tables = EXECUTION_1): Promise<void> {
  await runInDurableObject(env.EXECUTION.get(env.EXECUTION.idFromName(id)), (_object, { storage }) => {
    for (const statement of tables) storage.sql.exec(statement);
    for (const { text, values } of rows) storage.sql.exec(text, ...values);
  });
}

describe('what the first release wrote', () => {
  it('an execution that was under way is resumed where it stopped', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, plain);
    const id = newId('execution');
    const name = crypto.randomUUID();
    await write(id, underWay(owner, id, agent.id, `${tools}/effect/${name}/plain/left`));

    const run = await eventually(async () => {
      const { body } = await api<Execution>(`/executions/${id}`, { token: owner.token });
      return body.finished_at !== null && body;
    });
    expect(run).toMatchObject({ status: 'completed', output: { left: 'left', right: 2 }, input: { n: 1 } });
    const { body: steps } = await api<{ data: ExecutionStep[] }>(`/executions/${id}/steps`, { token: owner.token });
    expect(Object.fromEntries(steps.data.map((step) => [step.id, step.attempts.length]))).toEqual({
      start: 1,
      left: 2,
      right: 1,
      join: 1,
      sum: 1,
    });
    const { body: events } = await api<{ data: ExecutionEvent[] }>(`/executions/${id}/events`, { token: owner.token });
    expect(events.data.map((event) => event.seq)).toEqual(events.data.map((_, index) => index + 1));
    const effects = (await (await fetch(`${tools}/effects/${name}`)).json()) as Effect[];
    expect(effects).toEqual([{ key: `${id}:left::`, label: 'left', requests: 1, made: true }]);
  });

  it('an execution that had ended still answers with its large values, and can be retried', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, plain);
    const id = newId('execution');
    await write(id, endedWithLargeValues(owner, id, agent.id));
    const { body } = await api<Execution>(`/executions/${id}`, { token: owner.token });
    expect(body.input).toEqual(LARGE_INPUT);
    expect(body.output).toEqual(LARGE_INPUT);
    const { body: steps } = await api<{ data: ExecutionStep[] }>(`/executions/${id}/steps`, { token: owner.token });
    expect(steps.data).toMatchObject([{ id: 'start', output: LARGE_INPUT }]);
    const retried = await api<Execution>(`/executions/${id}/retry`, {
      token: owner.token,
      body: { from_node: 'start' },
      headers: { prefer: 'wait=10' },
    });
    expect(retried.body).toMatchObject({ status: 'completed', input: LARGE_INPUT, output: LARGE_INPUT });
  });

  it('a desk goes on admitting, by the keys and agents that it knows', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, plain);
    const key = await createKey(owner, ['agents:execute', 'executions:read']);
    await runToEnd(owner, agent.id);
    const desk = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id));
    await eventually(async () => (await desk.usage()).settled_today === 1);
    await runInDurableObject(desk, async (_object, { storage }) => {
      const columns = {
        identity: 'organization_id',
        plan: 'id, limits',
        keys: 'id, key_hash, record, expires_at, revoked_at, last_used_at, revision',
        agents: 'agent_id, head',
        spend: 'day, cost_microusd, executions',
      };
      const rows = Object.entries(columns).flatMap(([table, names]) =>
        storage.sql
          .exec(`SELECT ${names} FROM ${table}`)
          .toArray()
          .map((row) => ({ table, names, values: Object.values(row) })),
      );
      await storage.deleteAll();
      for (const statement of DESK_1) storage.sql.exec(statement);
      for (const { table, names, values } of rows)
        storage.sql.exec(`INSERT INTO ${table} (${names}) VALUES (${values.map(() => '?').join(', ')})`, ...values);
      storage.sql.exec("INSERT INTO windows (name, window_start, used) VALUES ('starts', 3600000, 7)");
    });
    await evictDurableObject(desk);

    expect((await desk.rateLimits()).revision).toBe(0);
    const counted = await runInDurableObject(desk, (_object, { storage }) =>
      storage.sql.exec('SELECT subject, hour_start, hour_used, expires_at FROM rates').toArray(),
    );
    expect(counted).toEqual([{ subject: 'plan', hour_start: 3_600_000, hour_used: 7, expires_at: 7_200_000 }]);
    expect((await runToEnd({ token: key.key }, agent.id)).output).toBe(1);
    // Rotation and the allowlist came with the second step.
    const rotated = await api<ApiKey>(`/org/api-keys/${key.id}/rotate`, { token: owner.token, body: {} });
    expect(rotated.status, JSON.stringify(rotated.body)).toBe(201);
    expect((await api('/org/ip-allowlist', { token: owner.token })).status).toBe(200);
    await eventually(async () => (await desk.usage()).settled_today === 2);
  });
});

describe('what the second release wrote', () => {
  it('an execution that waits goes on, and its events are read from anywhere', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, plain);
    const id = newId('execution');
    const log = 45;
    await write(id, waiting(owner, id, agent.id, log), EXECUTION_2);
    const events = async (after: number, limit: number) => {
      const path = `/executions/${id}/events?after=${after}&limit=${limit}`;
      return (await api<{ data: ExecutionEvent[]; next_cursor: string | null }>(path, { token: owner.token })).body;
    };

    expect((await events(0, 1)).data).toEqual([
      {
        seq: 1,
        type: 'execution.started',
        execution_id: id,
        at: new Date(BEGAN_AT + 1).toISOString(),
        data: { agent_id: agent.id, version: null, mode: 'live' },
      },
    ]);
    expect(await events(28, 3)).toMatchObject({
      data: [29, 30, 31].map((seq) => ({
        seq,
        type: 'step.started',
        node_id: 'nap',
        iteration: '0',
        data: { attempt: seq - 2 },
      })),
      next_cursor: '31',
    });
    const run = await eventually(async () => {
      const { body } = await api<Execution>(`/executions/${id}`, { token: owner.token });
      return body.finished_at !== null && body;
    });
    expect(run).toMatchObject({ status: 'completed', output: 2 });
    const { data } = await events(0, 1000);
    expect(data.map(({ seq }) => seq)).toEqual(data.map((_, index) => index + 1));
    expect(data[log - 1]).toMatchObject({ type: 'execution.waiting', data: { reason: 'delay' } });
    expect(data.at(-1)).toMatchObject({ type: 'execution.completed' });
    const { body: steps } = await api<{ data: ExecutionStep[] }>(`/executions/${id}/steps`, { token: owner.token });
    expect(steps.data.map((step) => [step.id, step.attempts.length])).toEqual([
      ['start', 1],
      ['l', 1],
      ['l@0#item', 0],
      ['nap@0', 1],
      ['l@1#item', 0],
      ['nap@1', 1],
      ['sum', 1],
    ]);
  });
});
