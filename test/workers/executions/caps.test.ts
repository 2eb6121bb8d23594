import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution, ExecutionEvent, ExecutionStep } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';

describe('the events of an execution', () => {
  it('end at their limit with one that says so, and the end of the execution', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, {
      nodes: [
        agentNode('start', 'trigger.manual'),
        agentNode('pause', 'logic.delay', { seconds: 600 }),
        agentNode('l', 'logic.loop', { count: 20 }),
        agentNode('a', 'logic.transform', { expression: 'item' }),
      ],
      edges: agentEdges('start>pause', 'pause>l', 'l:each>a'),
    });
    const { body } = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: { input: {} } });
    const stub = env.EXECUTION.get(env.EXECUTION.idFromName(body.id));
    const waiting = () =>
      runInDurableObject(stub, (_object, { storage }) => {
        const rows = storage.sql.exec("SELECT 1 FROM steps WHERE status = 'waiting'").toArray();
        return rows.length === 1;
      });
    await eventually(waiting);
    await evictDurableObject(stub);
    // Nearly 50,000 events later.
    await runInDurableObject(stub, (_object, { storage }) => {
      storage.sql.exec('UPDATE steps SET wake_at = 1 WHERE wake_at IS NOT NULL');
      storage.sql.exec('UPDATE events SET seq = 49990 WHERE seq = (SELECT max(seq) FROM events)');
    });
    await evictDurableObject(stub);
    await runDurableObjectAlarm(stub);
    const run = await eventually(async () => {
      const read = await api<Execution>(`/executions/${body.id}`, { token: owner.token });
      return read.body.finished_at !== null && read.body;
    });
    expect(run).toMatchObject({ status: 'completed', output: { count: 20 } });
    const { body: events } = await api<{ data: ExecutionEvent[] }>(`/executions/${body.id}/events?after=49990`, {
      token: owner.token,
    });
    expect(events.data.map(({ seq }) => seq)).toEqual(Array.from({ length: 12 }, (_, index) => 49_991 + index));
    expect(events.data.at(-2)).toMatchObject({ seq: 50_001, type: 'execution.events_capped', data: { limit: 50_000 } });
    expect(events.data.at(-1)).toMatchObject({ seq: 50_002, type: 'execution.completed' });
    const steps = await api<{ data: ExecutionStep[] }>(`/executions/${body.id}/steps?limit=100`, {
      token: owner.token,
    });
    expect(steps.body.data.filter(({ node_id }) => node_id === 'a')).toHaveLength(20);
  });
});
