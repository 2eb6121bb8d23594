import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { BudgetState, Problem } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import {
  asks,
  begin,
  budgetOf,
  CALL_USD,
  deskStub,
  pricedScript,
  reaches,
  setBudget,
  topUp,
  waitsForMoney,
} from './spending.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const put = (path: string, body: object) =>
  api<{ data: BudgetState[] } & Problem>(path, { method: 'PUT', token: owner.token, body });

describe('a budget', () => {
  it('is set for each period on its own, changed and taken away', async () => {
    const agent = await publishedAgent(owner, asks('builtin/extractive'));
    const path = `/agents/${agent.id}/budget`;
    expect((await api(path, { token: owner.token })).body).toEqual({ data: [] });
    const now = new Date();
    expect(await setBudget(owner, path, { limit_usd: 20, period: 'month' })).toEqual([
      {
        period: 'month',
        limit_usd: 20,
        top_up_usd: 0,
        spent_usd: 0,
        reserved_usd: 0,
        remaining_usd: 20,
        resets_at: new Date(Date.UTC(now.getUTCFullYear(), now.getUTCMonth() + 1)).toISOString(),
        on_exceeded: 'park',
      },
    ]);
    await setBudget(owner, path, { limit_usd: 0.000001, period: 'total', on_exceeded: 'fail' });
    const all = await setBudget(owner, path, { limit_usd: 2.5, period: 'day' });
    expect(all.map(({ period, limit_usd, on_exceeded }) => [period, limit_usd, on_exceeded])).toEqual([
      ['day', 2.5, 'park'],
      ['month', 20, 'park'],
      ['total', 0.000001, 'fail'],
    ]);
    // What is not said stays.
    expect((await setBudget(owner, path, { limit_usd: 5, period: 'total' })).at(-1)).toMatchObject({
      limit_usd: 5,
      on_exceeded: 'fail',
      resets_at: null,
    });
    await setBudget(owner, path, { limit_usd: null, period: 'day' });
    expect((await setBudget(owner, path, { limit_usd: null, period: 'total' })).map(({ period }) => period)).toEqual([
      'month',
    ]);
    const { results } = await env.DB.prepare(
      'SELECT action, details FROM audit_logs WHERE organization_id = ? AND resource_id = ? AND action LIKE ? ORDER BY id',
    )
      .bind(owner.organization_id, agent.id, 'budget.%')
      .all<{ action: string; details: string }>();
    expect(results.map(({ action }) => action)).toEqual([
      ...Array(4).fill('budget.set'),
      'budget.removed',
      'budget.removed',
    ]);
    expect(JSON.parse(results[3]?.details ?? '')).toEqual({
      period: 'total',
      limit_usd: 5,
      previous_limit_usd: 0.000001,
      on_exceeded: 'fail',
    });
  });

  it.each([
    ['zero', { limit_usd: 0, period: 'day' }, 'limit_usd'],
    ['negative', { limit_usd: -1, period: 'day' }, 'limit_usd'],
    ['over-precise', { limit_usd: 0.0000001, period: 'day' }, 'limit_usd'],
    ['too precise by a digit', { limit_usd: 1.0000001, period: 'day' }, 'limit_usd'],
    ['absurd', { limit_usd: 1e15, period: 'day' }, 'limit_usd'],
    ['a text', { limit_usd: '5', period: 'day' }, 'limit_usd'],
    ['of no period', { limit_usd: 5 }, 'period'],
    ['of an unknown period', { limit_usd: 5, period: 'week' }, 'period'],
    ['with an unknown consequence', { limit_usd: 5, period: 'day', on_exceeded: 'beg' }, 'on_exceeded'],
    ['with an unknown field', { limit_usd: 5, period: 'day', currency: 'EUR' }, ''],
  ])('that is %s is refused, and nothing is stored', async (_what, body, path) => {
    const stranger = await signUp();
    const answer = await api<Problem>('/org/budget', { method: 'PUT', token: stranger.token, body });
    const problem = expectProblem(answer, 422, 'validation_failed');
    expect(problem.errors?.map((each) => each.path)).toContain(path);
    expect((await api('/org/budget', { token: stranger.token })).body).toEqual({ data: [] });
  });

  it('belongs to what is there, in this organization', async () => {
    const stranger = await signUp();
    const theirs = await publishedAgent(stranger, asks('builtin/extractive'));
    const project = await api<{ id: string }>('/projects', { token: stranger.token, body: { name: 'Theirs' } });
    for (const path of [
      `/agents/${theirs.id}/budget`,
      `/projects/${project.body.id}/budget`,
      '/external-agents/ext_00000000000000000000000000/budget',
    ]) {
      expectProblem(await put(path, { limit_usd: 5, period: 'day' }), 404, 'not_found');
      expectProblem(await api(path, { token: owner.token }), 404, 'not_found');
      expectProblem(await api(`${path}/top-up`, { token: owner.token, body: { amount_usd: 1 } }), 404, 'not_found');
    }
    const developer = await withRole(owner, 'developer');
    const refused = await api('/org/budget', {
      method: 'PUT',
      token: developer.token,
      body: { limit_usd: 1, period: 'day' },
    });
    expectProblem(refused, 403, 'forbidden');
    expect((await api('/org/budget', { token: developer.token })).status).toBe(200);
  });
});

describe('a top-up', () => {
  it('is for a limit that is there, and says whose where there are several', async () => {
    const rich = await signUp();
    const give = (body: object) => api<Problem>('/org/budget/top-up', { token: rich.token, body });
    expectProblem(await give({ amount_usd: 1 }), 409, 'conflict');
    await setBudget(rich, '/org/budget', { limit_usd: 1, period: 'day' });
    expect(await topUp(rich, '/org/budget/top-up', { amount_usd: 0.5 })).toMatchObject([
      { period: 'day', limit_usd: 1, top_up_usd: 0.5, remaining_usd: 1.5 },
    ]);
    await setBudget(rich, '/org/budget', { limit_usd: 10, period: 'total' });
    const problem = expectProblem(await give({ amount_usd: 1 }), 422, 'validation_failed');
    expect(problem.errors).toMatchObject([{ path: 'period' }]);
    expectProblem(await give({ amount_usd: 1, period: 'month' }), 409, 'conflict');
    expectProblem(await give({ amount_usd: -1, period: 'day' }), 422, 'validation_failed');
    await give({ amount_usd: 2, period: 'total' });
    expect((await budgetOf(rich)).top_up_usd).toBe(0.5);
    // Another limit keeps it.
    expect(await setBudget(rich, '/org/budget', { limit_usd: 3, period: 'day' })).toMatchObject([
      { period: 'day', remaining_usd: 3.5 },
      { period: 'total', remaining_usd: 12 },
    ]);
  });
});

describe('a start', () => {
  it('is refused once nothing is left, with what is left and when to come again', async () => {
    const poor = await signUp();
    const model = await pricedScript(poor);
    const agent = await publishedAgent(poor, asks(model));
    await setBudget(poor, `/agents/${agent.id}/budget`, { limit_usd: 0.01, period: 'day' });
    const first = await begin(poor, agent.id);
    expect(first.headers.get('x-budget-remaining-usd')).toBe('0.01');
    await reaches(poor, first.body.id, 'completed');
    await eventually(async () => (await budgetOf(poor, `/agents/${agent.id}/budget`)).spent_usd === CALL_USD);
    await setBudget(poor, `/agents/${agent.id}/budget`, { limit_usd: CALL_USD, period: 'day' });
    const refused = await begin(poor, agent.id);
    const problem = expectProblem(refused, 429, 'budget_exceeded');
    expect(problem.detail).toMatch(
      /^The budget of the agent for the day is used up\. It begins anew at .*T00:00:00\.000Z\.$/,
    );
    expect(refused.headers.get('x-budget-remaining-usd')).toBe('0');
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(0);
    expect(wait).toBeLessThanOrEqual(86_400);
    // Others have nothing to do with it.
    const other = await publishedAgent(poor, asks(model));
    const free = await begin(poor, other.id);
    expect(free.status).toBe(202);
    expect(free.headers.get('x-budget-remaining-usd')).toBeNull();
  });

  it('with a budget of its own that is none is refused, and nothing is made', async () => {
    const agent = await publishedAgent(owner, asks('builtin/extractive'));
    for (const budget_usd of [0, -1, 0.00000001, '1']) {
      expectProblem(await begin(owner, agent.id, { budget_usd }), 422, 'validation_failed');
    }
    const { id } = await runToEnd(owner, agent.id);
    const top = await api(`/executions/${id}/top-up`, { token: owner.token, body: { amount_usd: 1 } });
    expectProblem(top, 409, 'conflict');
  });
});

describe('what is told', () => {
  it('each threshold once in a period, and what a project has used up', async () => {
    const told = await signUp();
    const model = await pricedScript(told);
    const agent = await publishedAgent(told, asks(model));
    const project = await api<{ id: string }>('/projects', { token: told.token, body: { name: 'Told' } });
    const project_id = project.body.id;
    await setBudget(told, `/projects/${project_id}/budget`, { limit_usd: 0.025, period: 'month' });
    const spend = async (spent: number) => {
      const { body } = await begin(told, agent.id, { project_id });
      await reaches(told, body.id, 'completed');
      await eventually(async () => (await budgetOf(told, `/projects/${project_id}/budget`)).spent_usd === spent);
    };
    const events = async () => {
      const { results } = await env.DB.prepare(
        "SELECT type, data FROM events WHERE organization_id = ? AND type LIKE '%budget%' ORDER BY at, type",
      )
        .bind(told.organization_id)
        .all<{ type: string; data: string }>();
      return results.map(({ type, data }) => ({ type, ...JSON.parse(data) }));
    };
    for (const spent of [0.005, 0.01]) await spend(spent);
    await spend(0.015);
    const about = { scope: 'project', id: project_id, period: 'month', limit_usd: 0.025 };
    await eventually(async () => (await events()).length === 1);
    expect(await events()).toMatchObject([
      { type: 'budget.threshold_reached', threshold: 50, spent_usd: 0.015, ...about },
    ]);
    const { body } = await begin(told, agent.id, { project_id });
    await reaches(told, body.id, 'completed');
    // Half a cent is left, and a call may cost a cent.
    const last = await begin(told, agent.id, { project_id });
    await waitsForMoney(told, last.body.id);
    await eventually(async () => (await events()).length === 4);
    expect(await events()).toMatchObject([
      { threshold: 50 },
      { type: 'budget.threshold_reached', threshold: 80, spent_usd: 0.02 },
      { type: 'budget.threshold_reached', threshold: 100, refused_usd: 0.01, ...about },
      { type: 'project.budget_exceeded', project_id, ...about },
    ]);
    const another = await begin(told, agent.id, { project_id });
    await waitsForMoney(told, another.body.id);
    expect(await events()).toHaveLength(4);
  });
});

describe('a new period', () => {
  it('wakes who waits for money', async () => {
    const early = await signUp();
    const model = await pricedScript(early);
    const agent = await publishedAgent(early, asks(model));
    await setBudget(early, '/org/budget', { limit_usd: 0.015, period: 'day' });
    const first = await begin(early, agent.id);
    await reaches(early, first.body.id, 'completed');
    const { id } = (await begin(early, agent.id)).body;
    await reaches(early, id, 'completed');
    await eventually(async () => (await budgetOf(early)).spent_usd === 2 * CALL_USD);
    const waiting = (await begin(early, agent.id)).body.id;
    await waitsForMoney(early, waiting);
    // The day is over: what was spent was spent yesterday.
    await runInDurableObject(deskStub(early), (_object, { storage }) => {
      storage.sql.exec(
        "UPDATE accounts SET spent = json_set(spent, '$.day.since', json_extract(spent, '$.day.since') - 86400000)",
      );
      storage.sql.exec('UPDATE budget_waiters SET resume_at = 1');
    });
    await runInDurableObject(deskStub(early), (_object, state) => state.abort('crash of the test')).catch(
      () => undefined,
    );
    await runDurableObjectAlarm(deskStub(early));
    await reaches(early, waiting, 'completed');
    expect(await budgetOf(early)).toMatchObject({ limit_usd: 0.015 });
  });
});
