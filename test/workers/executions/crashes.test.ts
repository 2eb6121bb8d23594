import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { AgentDefinition, Execution, ExecutionEvent, ExecutionStep } from '@agentflow/contracts';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import type { ExecutionObject } from '../../../durable-objects/execution/object.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { CrashReport } from '../../support/crash-report.ts';
import type { Effect } from '../../support/effect-ledger.ts';
import { eventually } from '../../support/eventually.ts';

type Mode = 'plain' | 'before' | 'after';
/** Whether the object dies inside a transaction, which is rolled back, or right after it is stored. */
type Commit = 'inside a commit' | 'after a commit';

const tools = inject('toolServerUrl');
const ask = async <T>(path: string): Promise<T> => (await fetch(`${tools}${path}`)).json();
const EFFECTS = ['first', 'flaky', 'cell@0.0', 'cell@0.1', 'cell@1.0', 'cell@1.1', 'last'];
const FOREVER_MS = 600_000;
const AT_ONCE = { max_attempts: 3, initial_ms: 1, factor: 1, max_ms: 1 };

let owner: Member;
let calm: Awaited<ReturnType<typeof outcomeOf>>;

function effectOf(name: string, mode: string, label: string) {
  return { url: `${tools}/effect/${name}/${mode}/${label}`, method: 'POST' };
}

/**
 * Branches, nested loops, a delay, a retry, a child, a question to a person, and effects at a receiver that holds those
 * of this execution in `mode`.
 */
function graph(name: string, mode: Mode, child: string): AgentDefinition {
  const effect = (label: string, how: string = mode) => effectOf(name, how, label);
  const retry = { max_attempts: 3, initial_ms: FOREVER_MS, factor: 1, max_ms: FOREVER_MS };
  return {
    nodes: [
      agentNode('start', 'trigger.manual'),
      agentNode('first', 'action.http', effect('first')),
      agentNode('flaky', 'action.http', effect('flaky', 'flaky'), { retry }),
      agentNode('rows', 'logic.loop', { count: 2 }),
      agentNode('columns', 'logic.loop', { items: '{{trigger.names}}' }),
      agentNode('cell', 'action.http', effect('cell')),
      agentNode('pause', 'logic.delay', { seconds: FOREVER_MS / 1000 }),
      agentNode('join', 'logic.merge'),
      agentNode('check', 'logic.if', {
        conditions: { all: [{ field: '{{trigger.n}}', operator: 'equals', value: 1 }] },
      }),
      agentNode('last', 'action.http', effect('last')),
      agentNode('never', 'logic.transform', { expression: '0' }),
      agentNode('call', 'agent.call', { agent_id: child, input: { of: '{{last.output.body.label}}' } }),
      agentNode('ask', 'human.approval', { message: 'Go on?', payload: '{{call.output.output}}' }),
      agentNode('sum', 'logic.transform', {
        expression:
          '{"last": last.output.body, "rows": rows.output.count, "flaky": flaky.output.body.label, "asked": ask.output.payload}',
      }),
    ],
    edges: agentEdges(
      'start>first',
      'first>flaky',
      'first>rows',
      'rows:each>columns',
      'columns:each>cell',
      'columns:out>pause',
      'flaky>join',
      'rows:out>join',
      'join>check',
      'check:true>last',
      'check:false>never',
      'last>call',
      'call>ask',
      'ask:approved>sum',
    ),
  };
}

function stubOf(id: string) {
  return env.EXECUTION.get(env.EXECUTION.idFromName(id));
}

/** Does this in the object, in the next one should a crash that was prepared come first. */
async function inside<T>(id: string, work: (state: DurableObjectState) => T): Promise<T> {
  for (;;) {
    try {
      return await runInDurableObject(stubOf(id), (_object, state) => work(state));
    } catch (error) {
      if (!String(error).includes('crash of the test')) throw error;
    }
  }
}

/** Ends the object at once: what is not committed is lost. */
async function abort(id: string): Promise<void> {
  await runInDurableObject(stubOf(id), (_object, state) => state.abort('crash of the test')).catch(() => undefined);
}

/** Every alarm fires twice, side by side. It may meet the crash that is prepared for it. */
async function ring(id: string): Promise<void> {
  await runInDurableObject(stubOf(id), (object: ExecutionObject) =>
    Promise.all([object.alarm(), object.alarm()]).then(() => undefined),
  ).catch(() => undefined);
}

async function waitingSteps(id: string): Promise<string[]> {
  return inside(id, (state) => {
    const rows = state.storage.sql
      .exec(
        "SELECT key, status FROM steps WHERE status = 'running' OR wake_at > 1 OR (status = 'waiting' AND wake_at IS NULL)",
      )
      .toArray();
    // A loop is running for as long as its rounds are.
    const working = rows.filter((row) => row.status === 'running' && !/^(rows|columns)/.test(String(row.key)));
    return working.length > 0 ? [] : rows.filter((row) => row.status === 'waiting').map((row) => String(row.key));
  });
}

/** The child goes on by itself; that it has ended may have been told to an object that died. */
async function childEnded(id: string, name: string): Promise<void> {
  const call = (await stepsOf(id)).find(({ node_id }) => node_id === 'call');
  await eventually(async () => {
    await ask(`/drop/${name}`);
    return ended(call?.child_execution_id ?? '');
  });
}

/** Ten minutes pass while the object is not in memory. */
async function sleepThrough(id: string): Promise<void> {
  await evictDurableObject(stubOf(id));
  await inside(id, (state) => {
    state.storage.sql.exec('UPDATE steps SET wake_at = 1 WHERE wake_at IS NOT NULL');
  });
  await evictDurableObject(stubOf(id));
}

async function ended(id: string): Promise<boolean> {
  return inside(id, (state) => {
    const { finished_at } = state.storage.sql.exec('SELECT finished_at FROM execution').one();
    return finished_at !== null;
  });
}

/** Prepares the death of the object at its `nth` transaction from now. */
async function dieAt(id: string, nth: number, commit: Commit, report: CrashReport): Promise<void> {
  await inside(id, (state) => {
    const { storage } = state;
    const transaction = storage.transactionSync.bind(storage);
    let left = nth;
    storage.transactionSync = <T>(work: () => T): T => {
      if (--left !== 0) return transaction(work);
      const last = () => {
        const [row] = storage.sql
          .exec<{ batch: string }>('SELECT batch FROM events ORDER BY seq DESC LIMIT 1')
          .toArray();
        const events = (JSON.parse(row?.batch ?? '[]') as [string, number, string | null, string | null][]).reverse();
        const [, , node, path] = events.find((each) => each[2] !== null) ?? [];
        report.hit(commit, `${node ?? 'execution'}@${path ?? ''} ${events[0]?.[0]}`);
      };
      if (commit === 'inside a commit') {
        return transaction(() => {
          work();
          last();
          state.abort('crash of the test');
          throw new Error('the process is gone');
        });
      }
      const result = transaction(work);
      last();
      void storage.sync().then(() => state.abort('crash of the test'));
      return result;
    };
  });
}

/** What the question is answered with; refused where it is not open, or met by a crash. */
async function approve(id: string): Promise<void> {
  const { status } = await api(`/executions/${id}/approve`, { token: owner.token, body: { decision: 'approve' } });
  expect([200, 409, 500, 503]).toContain(status);
}

/** What holds the execution up when nothing else goes on in it; null as long as something does. */
async function standstill(id: string, name: string): Promise<{ held: string[]; waiting: string[] } | null> {
  const held = await ask<string[]>(`/held/${name}`);
  const waiting = held.length > 0 ? [] : await waitingSteps(id);
  return held.length > 0 || waiting.length > 0 || (await ended(id)) ? { held, waiting } : null;
}

/** Runs the graph to its end through crashes at what `mode` holds, at every wait, and at commits. */
async function survive(mode: Mode, commit: Commit | null, report: CrashReport | null): Promise<string> {
  const name = crypto.randomUUID();
  const child = await publishedAgent(owner, {
    nodes: [
      agentNode('start', 'trigger.manual'),
      agentNode('effect', 'action.http', effectOf(name, mode, 'child'), { retry: AT_ONCE }),
    ],
    edges: agentEdges('start>effect'),
  });
  const agent = await publishedAgent(owner, graph(name, mode, child.id));
  const begun = await api<Execution>(`/agents/${agent.id}/execute`, {
    token: owner.token,
    body: { input: { names: ['a', 'b'], n: 1 } },
  });
  expect(begun.status, JSON.stringify(begun.body)).toBe(202);
  const { id } = begun.body;
  for (let turn = 0; !(await ended(id)); turn++) {
    if (turn > 60) throw new Error(`it goes round and round: ${JSON.stringify(await stepsOf(id))}`);
    const { held, waiting } = await eventually(() => standstill(id, name));
    for (const moment of held) {
      const [when = '', step = ''] = moment.split(' ');
      report?.hit(`${when} an effect`, step);
    }
    for (const step of waiting) report?.hit('evicted between steps', step);
    if (held.length > 0) {
      await abort(id);
      await ask(`/drop/${name}`);
    } else if (waiting.length > 0) {
      if (waiting.includes('call')) await childEnded(id, name);
      await sleepThrough(id);
    }
    const asks = waiting.includes('ask');
    if (commit !== null && report !== null) {
      // Waking is a commit, and so is looking at what is due before a decision.
      for (const nth of asks ? [3, 2, 1] : [2, 1]) {
        const hits = report.count;
        await dieAt(id, nth, commit, report);
        await (asks ? approve(id) : ring(id));
        await eventually(async () => report.count > hits || (await standstill(id, name)) !== null);
      }
      // What was prepared may not have come about.
      await abort(id);
      await ask(`/drop/${name}`);
    }
    // Twice at once, as two people would: the second is told so.
    if (asks) await Promise.all([approve(id), approve(id)]);
    await ring(id);
    // It asks its child how that ended: no next crash before the answer.
    if (waiting.includes('call')) await eventually(async () => !(await waitingSteps(id)).includes('call'));
  }
  const effects = await ask<Effect[]>(`/effects/${name}`);
  expect(effects.every((effect) => effect.made)).toBe(true);
  const expected = EFFECTS.map((step) => {
    const [node, path = ''] = step.split('@');
    return `${id}:${node}:${path}:`;
  });
  const own = effects.filter(({ label }) => label !== 'child').map(({ key }) => key);
  expect(own.sort(), 'each effect once').toEqual(expected.sort());
  const call = (await stepsOf(id)).find(({ node_id }) => node_id === 'call');
  const children = effects.filter(({ label }) => label === 'child').map(({ key }) => key);
  expect(children, 'the child runs once').toEqual([`${call?.child_execution_id}:effect::`]);
  return id;
}

async function stepsOf(id: string): Promise<ExecutionStep[]> {
  return eventually(async () => {
    const { status, body } = await api<{ data: ExecutionStep[] }>(`/executions/${id}/steps?limit=100`, {
      token: owner.token,
    });
    return status === 200 && body.data;
  });
}

/** What must not depend on crashes. */
async function outcomeOf(id: string) {
  const { body } = await api<Execution>(`/executions/${id}`, { token: owner.token });
  const labels = (text: string) => JSON.parse(text.replaceAll(/"(until|decided_at|execution_id)":"[^"]*"/g, '"$1":""'));
  const steps = (await stepsOf(id)).map(({ id: key, status, handle, output }) => ({ key, status, handle, output }));
  return {
    execution: { status: body.status, output: body.output, error: body.error, step_count: body.step_count },
    steps: labels(JSON.stringify(steps.sort((one, other) => one.key.localeCompare(other.key)))),
  };
}

async function expectNothingRanAgain(id: string): Promise<void> {
  const { body } = await api<{ data: ExecutionEvent[] }>(`/executions/${id}/events?limit=1000`, { token: owner.token });
  expect(body.data.map((event) => event.seq)).toEqual(body.data.map((_, index) => index + 1));
  const done = new Set<string>();
  for (const { type, node_id, iteration = '' } of body.data) {
    const step = `${node_id}@${iteration}`;
    if (type === 'step.started') expect(done, `${step} ran again`).not.toContain(step);
    if (type !== 'step.completed') continue;
    expect(done, `${step} ended twice`).not.toContain(step);
    done.add(step);
  }
}

beforeAll(async () => {
  owner = await signUp();
  calm = await outcomeOf(await survive('plain', null, null));
});

describe('an execution object that dies', () => {
  it('comes to the same end, makes each effect once and runs no finished step again', async (context) => {
    expect(calm.execution).toMatchObject({
      status: 'completed',
      output: { rows: 2, flaky: 'flaky', asked: { status: 200, body: { label: 'child' } } },
    });
    const report = new CrashReport();
    for (const [mode, commit] of [
      ['before', null],
      ['after', null],
      ['before', 'inside a commit'],
      ['after', 'after a commit'],
    ] as const) {
      const id = await survive(mode, commit, report);
      expect(await outcomeOf(id), `${mode} ${commit}`).toEqual(calm);
      await expectNothingRanAgain(id);
    }
    report.close(context, {
      'before an effect': 6,
      'after an effect': 6,
      'evicted between steps': 6,
      'inside a commit': 8,
      'after a commit': 8,
    });
    expect(report.count).toBeGreaterThanOrEqual(40);
    for (const moment of ['call', 'cell@0.0 step.started', 'ask@ execution.waiting', 'sum@ execution.resumed']) {
      expect(report.steps, 'crashes around every kind of step').toContain(moment);
    }
  }, 60_000);
});
