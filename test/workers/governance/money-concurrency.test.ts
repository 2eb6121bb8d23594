import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import type { Agent } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { type Member, signUp } from '../../support/api.ts';
import {
  begin,
  budgetOf,
  CALL_USD,
  callsOf,
  chat,
  deskOf,
  deskStub,
  executionStub,
  pricedScript,
  RESERVED_USD,
  setBudget,
  tools,
  topUp,
} from './spending.ts';

const DEADLINE_MS = 50_000;

/** As `eventually`, for what takes hundreds of executions their time. */
async function inTime(ask: () => Promise<boolean>): Promise<void> {
  const deadline = Date.now() + DEADLINE_MS;
  while (!(await ask())) {
    if (Date.now() > deadline) throw new Error('it did not happen in time');
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

/** Calls that a spent amount is the cost of. */
const paidCalls = async (owner: Member) => Math.round((await budgetOf(owner)).spent_usd / CALL_USD);

const cents = (usd: number) => Math.round(usd * 100_000) / 100_000;

/** Executions that all stand before their model call, until they are let go. */
async function crowd(owner: Member, model: string, size: number) {
  const name = crypto.randomUUID();
  const agent: Agent = await publishedAgent(owner, {
    nodes: [
      agentNode('start', 'trigger.manual'),
      agentNode('wait', 'action.http', { url: `${tools}/gate/${name}` }),
      { ...chat('think', model), retry: { max_attempts: 5, initial_ms: 100, factor: 2, max_ms: 500 } },
    ],
    edges: agentEdges('start>wait', 'wait>think'),
  });
  const ids = await Promise.all(
    Array.from({ length: size }, async () => {
      const answer = await begin(owner, agent.id);
      expect(answer.status).toBe(202);
      return answer.body.id;
    }),
  );
  await inTime(async () => {
    const calls = (await (await fetch(`${tools}/calls/gate/${name}`)).json()) as unknown[];
    return calls.length >= size;
  });
  return { ids, open: () => fetch(`${tools}/open/${name}`) };
}

/** Looks at the budget until something is: it is never passed. */
function watched(owner: Member, until: () => Promise<boolean>): Promise<void> {
  return inTime(async () => {
    const { spent_usd, reserved_usd, limit_usd, top_up_usd } = await budgetOf(owner);
    expect(cents(spent_usd + reserved_usd)).toBeLessThanOrEqual(cents(limit_usd + top_up_usd));
    return until();
  });
}

const inLine = (owner: Member) =>
  runInDurableObject(
    deskStub(owner),
    (_object, { storage }) => storage.sql.exec('SELECT * FROM budget_waiters').toArray().length,
  );

/** Hundreds of executions on a busy machine. */
const LONG_MS = 180_000;

describe('200 executions at once', { timeout: LONG_MS }, () => {
  it('pass no limit: exactly as many calls are made as it allows, and the rest after a top-up', async () => {
    const owner = await signUp();
    const model = await pricedScript(owner);
    const { open } = await crowd(owner, model, 200);
    await setBudget(owner, '/org/budget', { limit_usd: 0.5, period: 'month' });
    await open();
    // Each costs half a cent and needs a cent before it: 99 fit, and then half a cent is left.
    await watched(owner, async () => (await paidCalls(owner)) === 99 && (await inLine(owner)) === 101);
    expect(await callsOf(model)).toBe(99);
    await topUp(owner, '/org/budget/top-up', { amount_usd: 0.2 });
    await watched(owner, async () => (await paidCalls(owner)) === 139 && (await inLine(owner)) === 61);
    expect(await callsOf(model)).toBe(139);
    await setBudget(owner, '/org/budget', { limit_usd: 2, period: 'month' });
    await inTime(async () => (await deskOf(owner).usage()).settled_today === 200);
    const { spent_usd, reserved_usd } = await budgetOf(owner);
    expect([cents(spent_usd), reserved_usd]).toEqual([1, 0]);
    expect(await callsOf(model)).toBe(200);
  });

  it('pass none and lose nothing when the desk dies among them, and executions with it', async () => {
    const owner = await signUp();
    const model = await pricedScript(owner);
    const { ids, open } = await crowd(owner, model, 60);
    await setBudget(owner, '/org/budget', { limit_usd: 0.2, period: 'month' });
    await open();
    const crash = (stub: DurableObjectStub) =>
      runInDurableObject(stub, (_object, state) => state.abort('crash of the test')).catch(() => undefined);
    for (let round = 0; round < 3; round++) {
      await crash(deskStub(owner));
      for (const id of ids.slice(round * 5, round * 5 + 5)) await crash(executionStub(id));
    }
    // Their alarms would find them within half a minute.
    for (const id of ids.slice(0, 15)) await runDurableObjectAlarm(executionStub(id));
    await watched(owner, async () => {
      const { reserved_usd, remaining_usd } = await budgetOf(owner);
      return reserved_usd === 0 && remaining_usd < RESERVED_USD && (await inLine(owner)) > 0;
    });
    await setBudget(owner, '/org/budget', { limit_usd: 2, period: 'month' });
    await inTime(async () => (await deskOf(owner).usage()).settled_today === 60);
    const state = await budgetOf(owner);
    // What was cut off is booked at its worst: nothing is booked twice, and nothing is forgotten.
    expect(cents(state.spent_usd)).toBeGreaterThanOrEqual(60 * CALL_USD);
    expect(cents(state.spent_usd)).toBeLessThanOrEqual(cents(60 * CALL_USD + 15 * RESERVED_USD));
    expect(state.reserved_usd).toBe(0);
    await runInDurableObject(deskStub(owner), (_object, { storage }) => {
      for (const table of ['leases', 'holds', 'budget_waiters']) {
        expect(storage.sql.exec(`SELECT * FROM ${table}`).toArray(), table).toEqual([]);
      }
    });
  });
});
