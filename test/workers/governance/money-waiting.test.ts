import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import type { Execution } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import type { OrganizationObject } from '../../../durable-objects/organization/object.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent, invoke } from '../../support/external-agents.ts';
import {
  asks,
  begin,
  budgetOf,
  CALL_USD,
  callsOf,
  chat,
  deskOf,
  deskStub,
  executionStub,
  heldModel,
  pricedScript,
  RESERVED_USD,
  reaches,
  setBudget,
  topUp,
  waitsForMoney,
} from './spending.ts';

const start = agentNode('start', 'trigger.manual');

const rowsOf = (owner: Member, table: string) =>
  runInDurableObject(deskStub(owner), (_object, { storage }) => storage.sql.exec(`SELECT * FROM ${table}`).toArray());

describe('an execution whose money has come', () => {
  it('goes on when it has a place too, one after the other', async () => {
    const owner = await signUp();
    const model = await heldModel(owner);
    const agent = await publishedAgent(owner, { ...asks(model.ref), settings: { max_concurrency: 1 } });
    await setBudget(owner, '/org/budget', { limit_usd: 0.004, period: 'total' });
    const ids: string[] = [];
    for (let count = 0; count < 2; count++) {
      const { id } = (await begin(owner, agent.id)).body;
      await waitsForMoney(owner, id);
      await eventually(async () => (await deskOf(owner).usage()).live_executions === 0);
      ids.push(id);
    }
    const [first = '', second = ''] = ids;
    await setBudget(owner, '/org/budget', { limit_usd: 1, period: 'total' });
    await model.waiting();
    await reaches(owner, first, 'running');
    expect((await deskOf(owner).usage()).live_executions).toBe(1);
    expect((await api<Execution>(`/executions/${second}`, { token: owner.token })).body.waiting_reason).toBe('budget');
    expect(await budgetOf(owner)).toMatchObject({ reserved_usd: RESERVED_USD });
    expectProblem(await begin(owner, agent.id), 429, 'concurrency_limited');
    await model.open();
    await reaches(owner, first, 'completed');
    await eventually(async () => (await model.calls()) === 2);
    await model.open();
    await reaches(owner, second, 'completed');
    await eventually(async () => (await budgetOf(owner)).spent_usd === 2 * CALL_USD);
  });

  it('asks by itself, should the desk have lost that it waits', async () => {
    const owner = await signUp();
    const model = await pricedScript(owner);
    const agent = await publishedAgent(owner, asks(model));
    await setBudget(owner, '/org/budget', { limit_usd: 0.004, period: 'total' });
    const { id } = (await begin(owner, agent.id)).body;
    await waitsForMoney(owner, id);
    await runInDurableObject(deskStub(owner), (_object, { storage }) => {
      storage.sql.exec('DELETE FROM budget_waiters');
    });
    await evictDurableObject(deskStub(owner));
    await setBudget(owner, '/org/budget', { limit_usd: 1, period: 'total' });
    expect(await callsOf(model)).toBe(0);
    await runInDurableObject(executionStub(id), async (_object, { storage }) => {
      storage.sql.exec("UPDATE steps SET wake_at = 1 WHERE key = 'think'");
      await storage.setAlarm(Date.now() + 60_000);
    });
    await evictDurableObject(executionStub(id));
    await runDurableObjectAlarm(executionStub(id));
    await reaches(owner, id, 'completed');
  });

  it('is told once more when it was evicted before it heard', async () => {
    const owner = await signUp();
    const model = await pricedScript(owner);
    const agent = await publishedAgent(owner, {
      nodes: [start, chat('one', model), chat('two', model)],
      edges: agentEdges('start>one', 'start>two'),
    });
    await setBudget(owner, '/org/budget', { limit_usd: 0.004, period: 'total' });
    const { id } = (await begin(owner, agent.id)).body;
    await waitsForMoney(owner, id);
    expect(await rowsOf(owner, 'budget_waiters')).toHaveLength(2);
    await evictDurableObject(executionStub(id));
    await topUp(owner, '/org/budget/top-up', { amount_usd: 0.02 });
    expect((await reaches(owner, id, 'completed')).cost_usd).toBe(2 * CALL_USD);
    await eventually(async () => (await rowsOf(owner, 'holds')).length === 0);
  });
});

describe('an execution that was stopped', () => {
  it('gets no money for another call, and ends as cancelled', async () => {
    const owner = await signUp();
    const model = await heldModel(owner);
    const after = await pricedScript(owner);
    const agent = await publishedAgent(owner, {
      nodes: [start, chat('one', model.ref), chat('two', after)],
      edges: agentEdges('start>one', 'one>two'),
    });
    const { id } = (await begin(owner, agent.id)).body;
    await model.waiting();
    // As a stop leaves it, before its notice has arrived.
    await runInDurableObject(deskStub(owner), (_object, { storage }) => {
      const notice = { kind: 'cancel', reason: { code: 'stopped', message: 'The key was revoked.' } };
      storage.sql.exec("UPDATE leases SET state = 'revoked', notice = ?", JSON.stringify(notice));
    });
    await model.open();
    const ended = await reaches(owner, id, 'cancelled');
    expect(ended.error).toMatchObject({ code: 'stopped', message: 'The key was revoked.' });
    expect(await callsOf(after), 'no further call').toBe(0);
    await eventually(async () => (await rowsOf(owner, 'leases')).length === 0);
  });
});

describe('an external agent', () => {
  it('spends from its own budget with all that its calls start, and is refused when that is used up', async () => {
    const owner = await signUp();
    const model = await pricedScript(owner);
    const below = await publishedAgent(owner, asks(model), 'Below');
    const above = await publishedAgent(owner, {
      nodes: [start, agentNode('call', 'agent.call', { agent_id: below.id, input: {} })],
      edges: agentEdges('start>call'),
    });
    const caller = await externalAgent(owner);
    const path = `/external-agents/${caller.id}/budget`;
    await setBudget(owner, path, { limit_usd: RESERVED_USD, period: 'day' });
    const first = await invoke(caller, above.id, {}, { wait: 20 });
    expect(first.status, JSON.stringify(first.body)).toBe(200);
    expect(first.headers.get('x-budget-remaining-usd')).toBe('0.01');
    await eventually(async () => (await budgetOf(owner, path)).spent_usd === CALL_USD);
    await setBudget(owner, path, { limit_usd: CALL_USD, period: 'day' });
    const refused = await invoke(caller, above.id);
    expectProblem(refused, 429, 'budget_exceeded');
    expect(refused.headers.get('x-budget-remaining-usd')).toBe('0');
    expect(Number(refused.headers.get('retry-after'))).toBeGreaterThan(0);
    // Nobody else's money.
    expect((await begin(owner, above.id)).status).toBe(202);
    await topUp(owner, `${path}/top-up`, { amount_usd: 1 });
    expect((await invoke(caller, above.id, {}, { wait: 20 })).body.status).toBe('success');
  });
});

describe('storage', () => {
  it('grows with accounts and live leases, not with 20,000 decisions', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, asks('builtin/extractive'));
    await setBudget(owner, '/org/budget', { limit_usd: 1_000_000, period: 'month' });
    await setBudget(owner, `/agents/${agent.id}/budget`, { limit_usd: 0.5, period: 'total' });
    const size = await runInDurableObject(deskStub(owner), async (desk: OrganizationObject, { storage }) => {
      const leases: string[] = [];
      for (let count = 0; count < 5; count++) {
        const answer = await desk.admit({
          organization_id: owner.organization_id,
          caller: { kind: 'user', user_id: owner.user_id, name: 'Owner', role: 'owner' },
          permission: 'agents:execute',
          agent_id: agent.id,
          version: null,
          mode: 'live',
          execution_id: newId('execution'),
          idempotency: null,
          ip: '203.0.113.7',
        });
        if (answer.outcome !== 'allow') throw new Error(JSON.stringify(answer));
        leases.push(answer.lease_id);
      }
      let granted = 0;
      const made = new Map<string, { step: string; number: number; cost_microusd: number }>();
      for (let number = 1; number <= 20_000; number++) {
        const lease_id = leases[number % 5] ?? '';
        const step = `step${number % 3}`;
        const before = made.get(`${lease_id} ${step}`);
        const outcomes = before === undefined ? [] : [before];
        const answer = await desk.reserve({ lease_id, step, number, amount: 100, outcomes, may_wait: true });
        made.delete(`${lease_id} ${step}`);
        if (answer.outcome !== 'granted') continue;
        granted++;
        made.set(`${lease_id} ${step}`, { step, number, cost_microusd: 40 });
      }
      // 12,500 at 40 would be all of it; the last ones have no room for 100.
      expect(granted).toBeGreaterThan(12_400);
      expect(granted).toBeLessThanOrEqual(12_500);
      return storage.sql.databaseSize;
    });
    expect(size).toBeLessThan(1_000_000);
    expect((await rowsOf(owner, 'accounts')).length).toBe(2);
    expect((await rowsOf(owner, 'holds')).length + (await rowsOf(owner, 'budget_waiters')).length).toBeLessThanOrEqual(
      30,
    );
    const { spent_usd, reserved_usd, limit_usd } = await budgetOf(owner, `/agents/${agent.id}/budget`);
    expect(spent_usd + reserved_usd).toBeLessThanOrEqual(limit_usd);
  });
});
