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

let owner: Member;
let calm: Awaited<ReturnType<typeof outcomeOf>>;

/** Branches, nested loops, a delay, a retry, and effects at a receiver that holds them in `mode`. */
function graph(name: string, mode: Mode): AgentDefinition {
  const effect = (label: string, how: string = mode) => ({
    url: `${tools}/effect/${name}/${how}/${label}`,
    method: 'POST',
  });
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
      agentNode('sum', 'logic.transform', {
        expression: '{"last": last.output.body, "rows": rows.output.count, "flaky": flaky.output.body.label}',
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
      'last>sum',
    ),
  };
}

function stubOf(id: string) {
  return env.EXECUTION.get(env.EXECUTION.idFromName(id));
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
  return runInDurableObject(stubOf(id), (_object, state) => {
    const rows = state.storage.sql
      .exec("SELECT key, status FROM steps WHERE status = 'running' OR wake_at > 1")
      .toArray();
    // A loop is running for as long as its rounds are.
    const working = rows.filter((row) => row.status === 'running' && !/^(rows|columns)/.test(String(row.key)));
    return working.length > 0 ? [] : rows.filter((row) => row.status === 'waiting').map((row) => String(row.key));
  });
}

/** Ten minutes pass while the object is not in memory. */
async function sleepThrough(id: string): Promise<void> {
  await evictDurableObject(stubOf(id));
  await runInDurableObject(stubOf(id), (_object, state) => {
    state.storage.sql.exec('UPDATE steps SET wake_at = 1 WHERE wake_at IS NOT NULL');
  });
  await evictDurableObject(stubOf(id));
}

async function ended(id: string): Promise<boolean> {
  return runInDurableObject(stubOf(id), (_object, state) => {
    const { finished_at } = state.storage.sql.exec('SELECT finished_at FROM execution').one();
    return finished_at !== null;
  });
}

/** Prepares the death of the object at its `nth` transaction from now. */
async function dieAt(id: string, nth: number, commit: Commit, report: CrashReport): Promise<void> {
  await runInDurableObject(stubOf(id), (_object, state) => {
    const { storage } = state;
    const transaction = storage.transactionSync.bind(storage);
    let left = nth;
    storage.transactionSync = <T>(work: () => T): T => {
      if (--left !== 0) return transaction(work);
      const last = () => {
        const [event] = storage.sql.exec('SELECT type, node_id, path FROM events ORDER BY seq DESC LIMIT 1').toArray();
        report.hit(commit, `${event?.node_id ?? 'execution'}@${event?.path ?? ''} ${event?.type}`);
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

/** What holds the execution up when nothing else goes on in it; null as long as something does. */
async function standstill(id: string, name: string): Promise<{ held: string[]; waiting: string[] } | null> {
  const held = await ask<string[]>(`/held/${name}`);
  const waiting = held.length > 0 ? [] : await waitingSteps(id);
  return held.length > 0 || waiting.length > 0 || (await ended(id)) ? { held, waiting } : null;
}

/** Runs the graph to its end through crashes at what `mode` holds, at every wait, and at commits. */
async function survive(mode: Mode, commit: Commit | null, report: CrashReport | null): Promise<string> {
  const name = crypto.randomUUID();
  const agent = await publishedAgent(owner, graph(name, mode));
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
    } else if (waiting.length > 0) await sleepThrough(id);
    if (commit !== null && report !== null) {
      for (const nth of [2, 1]) {
        const hits = report.count;
        await dieAt(id, nth, commit, report);
        await ring(id);
        await eventually(async () => report.count > hits || (await standstill(id, name)) !== null);
      }
      // What was prepared may not have come about.
      await abort(id);
      await ask(`/drop/${name}`);
    }
    await ring(id);
  }
  const effects = await ask<Effect[]>(`/effects/${name}`);
  expect(effects.every((effect) => effect.made)).toBe(true);
  const expected = EFFECTS.map((step) => {
    const [node, path = ''] = step.split('@');
    return `${id}:${node}:${path}:`;
  });
  expect(effects.map((effect) => effect.key).sort(), 'each effect once').toEqual(expected.sort());
  return id;
}

async function stepsOf(id: string): Promise<ExecutionStep[]> {
  return (await api<{ data: ExecutionStep[] }>(`/executions/${id}/steps?limit=100`, { token: owner.token })).body.data;
}

/** What must not depend on crashes. */
async function outcomeOf(id: string) {
  const { body } = await api<Execution>(`/executions/${id}`, { token: owner.token });
  const labels = (text: string) => JSON.parse(text.replaceAll(/"until":"[^"]*"/g, '"until":""')) as unknown;
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
    expect(calm.execution).toMatchObject({ status: 'completed', output: { rows: 2, flaky: 'flaky' } });
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
  }, 60_000);
});
