import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import type { Execution, ExecutionStep } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, expectProblem, signUp } from '../../support/api.ts';
import { asked, decide } from '../../support/approvals.ts';
import { eventually } from '../../support/eventually.ts';
import { stepsOf } from '../secrets/support.ts';
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
  moneyOf,
  pricedScript,
  RESERVED_USD,
  reaches,
  setBudget,
  tools,
  topUp,
  waitsForMoney,
} from './spending.ts';

const start = agentNode('start', 'trigger.manual');

async function crash(id: string): Promise<void> {
  await runInDurableObject(executionStub(id), (_object, state) => state.abort('crash of the test')).catch(
    () => undefined,
  );
}

describe('a model call with a price', () => {
  it('is reserved at the most that it can cost, and booked at what it did', async () => {
    const owner = await signUp();
    const model = await heldModel(owner);
    const agent = await publishedAgent(owner, asks(model.ref));
    await setBudget(owner, '/org/budget', { limit_usd: 1, period: 'month' });
    await setBudget(owner, `/agents/${agent.id}/budget`, { limit_usd: 0.5, period: 'day' });
    const { body, headers } = await begin(owner, agent.id);
    expect(headers.get('x-budget-remaining-usd')).toBe('0.5');
    await model.waiting();
    expect(await budgetOf(owner)).toMatchObject({ spent_usd: 0, reserved_usd: RESERVED_USD, remaining_usd: 0.99 });
    expect((await moneyOf(owner, body.id)).data).toMatchObject([
      { scope: 'organization', id: owner.organization_id, period: 'month', reserved_usd: RESERVED_USD, blocks: false },
      { scope: 'agent', id: agent.id, period: 'day', reserved_usd: RESERVED_USD },
    ]);
    await model.open();
    const ended = await reaches(owner, body.id, 'completed');
    expect(ended.cost_usd).toBe(CALL_USD);
    await eventually(async () => (await budgetOf(owner)).reserved_usd === 0);
    expect(await budgetOf(owner)).toMatchObject({ spent_usd: CALL_USD, remaining_usd: 0.995 });
    expect((await budgetOf(owner, `/agents/${agent.id}/budget`)).spent_usd).toBe(CALL_USD);
  });

  it('asks nobody where the model is free', async () => {
    const owner = await signUp();
    const agent = await publishedAgent(owner, asks('builtin/extractive'));
    await setBudget(owner, '/org/budget', { limit_usd: 0.000001, period: 'total' });
    expect(await runToEnd(owner, agent.id)).toMatchObject({ status: 'completed', cost_usd: 0 });
    expect(await budgetOf(owner)).toMatchObject({ spent_usd: 0, reserved_usd: 0 });
  });

  it('is booked whole where a crash cut it off, and reserved anew', async () => {
    const owner = await signUp();
    const model = await heldModel(owner);
    const agent = await publishedAgent(owner, asks(model.ref));
    await setBudget(owner, '/org/budget', { limit_usd: 1, period: 'total' });
    const { id } = (await begin(owner, agent.id)).body;
    await model.waiting();
    await crash(id);
    await runDurableObjectAlarm(executionStub(id));
    await eventually(async () => (await model.calls()) === 2);
    expect(await budgetOf(owner)).toMatchObject({ spent_usd: RESERVED_USD, reserved_usd: RESERVED_USD });
    await model.open();
    const ended = await reaches(owner, id, 'completed');
    expect(ended.cost_usd).toBe(CALL_USD);
    await eventually(async () => (await budgetOf(owner)).reserved_usd === 0);
    expect((await budgetOf(owner)).spent_usd).toBe(RESERVED_USD + CALL_USD);
  });

  it('is booked whole where its execution is gone when the lease runs out', async () => {
    const owner = await signUp();
    const model = await heldModel(owner);
    const agent = await publishedAgent(owner, asks(model.ref));
    await setBudget(owner, '/org/budget', { limit_usd: 1, period: 'total' });
    const { id } = (await begin(owner, agent.id)).body;
    await model.waiting();
    await runInDurableObject(executionStub(id), async (_object, { storage }) => {
      await storage.deleteAlarm();
      await storage.deleteAll();
    });
    await crash(id);
    await runInDurableObject(deskStub(owner), (_object, { storage }) => {
      storage.sql.exec('UPDATE leases SET expires_at = 1');
    });
    await runDurableObjectAlarm(deskStub(owner));
    expect(await budgetOf(owner)).toMatchObject({ spent_usd: RESERVED_USD, reserved_usd: 0 });
    await runInDurableObject(deskStub(owner), (_object, { storage }) => {
      for (const table of ['leases', 'holds']) expect(storage.sql.exec(`SELECT * FROM ${table}`).toArray()).toEqual([]);
    });
  });

  it('that answers more than it was asked for is booked, and the next one finds nothing', async () => {
    const owner = await signUp();
    const model = await pricedScript(owner);
    const agent = await publishedAgent(owner, {
      nodes: [start, chat('first', model, { max_tokens: 1 }), chat('second', model, { max_tokens: 1 })],
      edges: agentEdges('start>first', 'first>second'),
    });
    await setBudget(owner, '/org/budget', { limit_usd: 0.003, period: 'total' });
    const { id } = (await begin(owner, agent.id)).body;
    await waitsForMoney(owner, id);
    expect(await budgetOf(owner)).toMatchObject({ spent_usd: CALL_USD, remaining_usd: 0, reserved_usd: 0 });
    expect(await callsOf(model)).toBe(1);
    const refused = await begin(owner, agent.id);
    expectProblem(refused, 429, 'budget_exceeded');
    expect(refused.headers.get('x-budget-remaining-usd')).toBe('0');
    expect(refused.headers.get('retry-after')).toBeNull();
  });
});

describe('a call without money', () => {
  it('waits, holds no place and no money, and goes on in the order of coming when there is some', async () => {
    const owner = await signUp();
    const model = await pricedScript(owner);
    const agent = await publishedAgent(owner, {
      ...asks(model),
      settings: { max_concurrency: 4 },
    });
    await setBudget(owner, '/org/budget', { limit_usd: 0.004, period: 'total' });
    const ids: string[] = [];
    for (let count = 0; count < 4; count++) {
      const { body } = await begin(owner, agent.id);
      ids.push(body.id);
      await waitsForMoney(owner, body.id);
    }
    await eventually(async () => (await deskOf(owner).usage()).live_executions === 0);
    expect(await budgetOf(owner)).toMatchObject({ spent_usd: 0, reserved_usd: 0, remaining_usd: 0.004 });
    expect(await callsOf(model)).toBe(0);
    const [first = '', second = '', third = '', fourth = ''] = ids;
    const listed = await eventually(async () => {
      const { body } = await api<{ data: Execution[] }>('/executions?status=waiting', { token: owner.token });
      return body.data.length === 4 && body.data;
    });
    for (const each of listed) {
      expect(each).toMatchObject({ waiting_reason: 'budget', action_needed: expect.stringContaining('Top it up') });
    }
    expect(await moneyOf(owner, third)).toMatchObject({
      data: [{ scope: 'organization', blocks: true }],
      waiting: [{ step_id: 'think', needs_usd: RESERVED_USD, place: 2 }],
    });

    // Evicted, all of them: what waits is stored.
    for (const id of ids) await evictDurableObject(executionStub(id));
    await evictDurableObject(deskStub(owner));
    await topUp(owner, '/org/budget/top-up', { amount_usd: 0.006 });
    await reaches(owner, first, 'completed');
    // What was left of the first one's money is enough for nobody.
    await eventually(async () => (await budgetOf(owner)).spent_usd === CALL_USD);
    await waitsForMoney(owner, second);
    await setBudget(owner, '/org/budget', { limit_usd: 0.009, period: 'total' });
    await reaches(owner, second, 'completed');
    await waitsForMoney(owner, third);
    await setBudget(owner, '/org/budget', { limit_usd: null, period: 'total' });
    for (const id of [third, fourth]) expect((await reaches(owner, id, 'completed')).cost_usd).toBe(CALL_USD);
    const ends = await Promise.all(ids.map(async (id) => (await reaches(owner, id, 'completed')).finished_at ?? ''));
    // The last two go on together.
    const [one = '', two = '', ...both] = ends;
    expect(one < two).toBe(true);
    for (const each of both) expect(each > two).toBe(true);
    expect(await callsOf(model)).toBe(4);
    const steps = await stepsOf(owner, second);
    const waited = steps.find(({ node_id }) => node_id === 'think') as ExecutionStep;
    expect(waited.attempts.map(({ status, error }) => [status, error?.code ?? null])).toEqual([
      ['cancelled', 'budget_exceeded'],
      ['completed', null],
    ]);
  });

  it('fails where the budget says so', async () => {
    const owner = await signUp();
    const model = await pricedScript(owner);
    const agent = await publishedAgent(owner, asks(model));
    await setBudget(owner, `/agents/${agent.id}/budget`, { limit_usd: 0.004, period: 'day', on_exceeded: 'fail' });
    const ended = await runToEnd(owner, agent.id);
    expect(ended).toMatchObject({ status: 'failed', error: { code: 'budget_exceeded', node_id: 'think' } });
    expect(ended.error?.message).toBe(
      'The budget of the agent for the day has not enough left for this model call, which may cost up to $0.01.',
    );
    expect(await callsOf(model)).toBe(0);
  });

  it('can be cancelled, and leaves the line', async () => {
    const owner = await signUp();
    const model = await pricedScript(owner);
    const agent = await publishedAgent(owner, asks(model));
    await setBudget(owner, '/org/budget', { limit_usd: 0.004, period: 'total' });
    const [first, second] = [(await begin(owner, agent.id)).body.id, (await begin(owner, agent.id)).body.id];
    for (const id of [first, second]) await waitsForMoney(owner, id);
    await api(`/executions/${first}/cancel`, { method: 'POST', token: owner.token });
    await reaches(owner, first, 'cancelled');
    await topUp(owner, '/org/budget/top-up', { amount_usd: 0.006 });
    await reaches(owner, second, 'completed');
    expect(await callsOf(model)).toBe(1);
  });

  it('inside a tool loop goes on at the same turn', async () => {
    const owner = await signUp();
    const call = { name: 'look', arguments: {} };
    const model = await pricedScript(owner, [{ calls: [call] }, { text: 'Done.' }]);
    const name = crypto.randomUUID();
    const task = {
      model,
      prompt: 'Do it.',
      max_tokens: 10,
      tools: [{ kind: 'http', name: 'look', description: 'Looks.', method: 'POST', url: `${tools}/effect/${name}` }],
    };
    const agent = await publishedAgent(owner, {
      nodes: [start, agentNode('act', 'ai.agent', task)],
      edges: agentEdges('start>act'),
    });
    await setBudget(owner, '/org/budget', { limit_usd: 0.012, period: 'total' });
    const { id } = (await begin(owner, agent.id)).body;
    await waitsForMoney(owner, id);
    await topUp(owner, '/org/budget/top-up', { amount_usd: 0.01 });
    expect(await reaches(owner, id, 'completed')).toMatchObject({
      output: { text: 'Done.', turns: 2 },
      cost_usd: 0.01,
    });
    expect(await callsOf(model)).toBe(2);
    const looked = (await (await fetch(`${tools}/calls/effect/${name}`)).json()) as unknown[];
    expect(looked).toHaveLength(1);
  });
});

describe('an approval that outlives its lease', () => {
  it('keeps no money, and asks for it again when it goes on', async () => {
    const owner = await signUp();
    const model = await pricedScript(owner);
    const agent = await publishedAgent(owner, {
      nodes: [
        start,
        chat('before', model),
        agentNode('ask', 'human.approval', { message: 'Go on?' }),
        chat('after', model),
      ],
      edges: agentEdges('start>before', 'before>ask', 'ask:approved>after'),
    });
    await setBudget(owner, '/org/budget', { limit_usd: 0.014, period: 'total' });
    const { id } = (await begin(owner, agent.id)).body;
    const [approval] = await asked(owner, id);
    await eventually(async () => (await budgetOf(owner)).reserved_usd === 0);
    expect(await budgetOf(owner)).toMatchObject({ spent_usd: CALL_USD });
    await runInDurableObject(deskStub(owner), (_object, { storage }) => {
      storage.sql.exec('UPDATE leases SET expires_at = 1');
    });
    await runDurableObjectAlarm(deskStub(owner));
    expect(await budgetOf(owner)).toMatchObject({ spent_usd: CALL_USD, reserved_usd: 0 });
    expect((await decide(owner, approval?.id ?? '', { decision: 'approve' })).status).toBe(200);
    await waitsForMoney(owner, id);
    await topUp(owner, '/org/budget/top-up', { amount_usd: 0.01 });
    expect((await reaches(owner, id, 'completed')).cost_usd).toBe(0.01);
  });
});

describe('what an execution starts', () => {
  it('spends from the budgets of its root, and is refused no start for want of money', async () => {
    const owner = await signUp();
    const model = await pricedScript(owner);
    const below = await publishedAgent(owner, asks(model), 'Below');
    const above = await publishedAgent(owner, {
      nodes: [start, chat('own', model), agentNode('call', 'agent.call', { agent_id: below.id, input: {} })],
      edges: agentEdges('start>own', 'own>call'),
    });
    const project = await api<{ id: string }>('/projects', { token: owner.token, body: { name: 'Budgeted' } });
    await setBudget(owner, `/projects/${project.body.id}/budget`, { limit_usd: 1, period: 'month' });
    const answer = await begin(owner, above.id, { project_id: project.body.id, budget_usd: 0.014 });
    expect(answer.headers.get('x-budget-remaining-usd')).toBe('0.014');
    const { id } = answer.body;
    const child = await eventually(async () => {
      const { body } = await api<{ data: { id: string; status: string }[] }>(`/executions?parent=${id}`, {
        token: owner.token,
      });
      return body.data.find(({ status }) => status === 'waiting');
    });
    expect(await moneyOf(owner, child.id)).toMatchObject({
      data: [
        { scope: 'project', spent_usd: CALL_USD, blocks: false },
        { scope: 'execution', id, limit_usd: 0.014, spent_usd: CALL_USD, blocks: true },
      ],
    });
    const more = await api<{ data: unknown[] }>(`/executions/${child.id}/top-up`, {
      token: owner.token,
      body: { amount_usd: 0.01 },
    });
    expect(more.body.data).toMatchObject([{ period: 'total', limit_usd: 0.014, top_up_usd: 0.01 }]);
    await reaches(owner, id, 'completed');
    await eventually(async () => (await budgetOf(owner, `/projects/${project.body.id}/budget`)).spent_usd === 0.01);
    await eventually(() =>
      runInDurableObject(
        deskStub(owner),
        (_object, { storage }) =>
          storage.sql.exec("SELECT * FROM accounts WHERE scope LIKE 'execution:%'").toArray().length === 0,
      ),
    );
    expectProblem(
      await api(`/executions/${id}/top-up`, { token: owner.token, body: { amount_usd: 1 } }),
      409,
      'execution_finished',
    );
  });
});
