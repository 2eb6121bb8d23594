import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { AgentDefinition, Execution, ExecutionStep, ExecutionSummary, JsonValue } from '@agentflow/contracts';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { derivedId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, createKey, type Member, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { EXECUTION_1 } from '../../support/histories/execution-1.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const start = agentNode('start', 'trigger.manual');
const tools = inject('toolServerUrl');

function stub(id: string) {
  return env.EXECUTION.get(env.EXECUTION.idFromName(id));
}

/** An agent that is one node after its start. */
function one(type: string, config: Record<string, JsonValue>, extra = {}): AgentDefinition {
  return { nodes: [start, agentNode('n', type, config, extra)], edges: agentEdges('start>n') };
}

async function published(definition: AgentDefinition, by: Member = owner): Promise<string> {
  return (await publishedAgent(by, definition)).id;
}

/** An agent that waits at the gate of this name. */
function gated(name: string): Promise<string> {
  return published(one('action.http', { url: `${tools}/gate/${name}`, method: 'POST' }));
}

async function begin(agentId: string, input: JsonValue = {}): Promise<Execution> {
  const answer = await api<Execution>(`/agents/${agentId}/execute`, { token: owner.token, body: { input } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  return answer.body;
}

async function read(id: string): Promise<Execution> {
  return (await api<Execution>(`/executions/${id}`, { token: owner.token })).body;
}

function ended(id: string): Promise<Execution> {
  return eventually(async () => {
    const execution = await read(id);
    return execution.finished_at === null ? null : execution;
  });
}

async function stepOf(id: string, key: string): Promise<ExecutionStep> {
  const { body } = await api<{ data: ExecutionStep[] }>(`/executions/${id}/steps`, { token: owner.token });
  const step = body.data.find((each) => each.id === key);
  if (step === undefined) throw new Error(`${id} has no step ${key}`);
  return step;
}

/** The child of a step, once the step waits for it. */
function childOf(id: string, key = 'n'): Promise<string> {
  return eventually(async () => {
    const step = await stepOf(id, key).catch(() => null);
    return step?.status === 'waiting' ? step.child_execution_id : null;
  });
}

async function crash(id: string): Promise<void> {
  await runInDurableObject(stub(id), (_object, state) => {
    state.abort('crash of the test');
  }).catch(() => undefined);
}

async function calls(path: string): Promise<unknown[]> {
  return (await (await fetch(`${tools}/calls${path}`)).json()) as unknown[];
}

async function rowsUnder(root: string): Promise<{ id: string; parent_execution_id: string | null }[]> {
  const { results } = await env.DB.prepare('SELECT * FROM executions WHERE root_execution_id = ? ORDER BY id')
    .bind(root)
    .all<{ id: string; parent_execution_id: string | null }>();
  return results;
}

describe('agent.call', () => {
  it('runs another agent as an execution of its own and gives its output', async () => {
    const child = await published(one('logic.transform', { expression: 'trigger.n * 2' }));
    const parent = await published({
      nodes: [
        start,
        agentNode('double', 'agent.call', { agent_id: child, input: { n: '{{trigger.n}}' } }),
        agentNode('after', 'logic.transform', { expression: 'double.output.output + 1' }),
      ],
      edges: agentEdges('start>double', 'double>after'),
    });
    const key = await createKey(owner, ['agents:execute', 'executions:read']);
    const answer = await api<Execution>(`/agents/${parent}/execute`, {
      key: key.key,
      body: { input: { n: 4 } },
      headers: { prefer: 'wait=20' },
    });
    expect(answer.body).toMatchObject({ status: 'completed', output: 9, parent_execution_id: null, depth: 0 });
    const step = await stepOf(answer.body.id, 'double');
    expect(step.output).toEqual({ execution_id: step.child_execution_id, status: 'completed', output: 8 });
    expect(step.attempts).toHaveLength(1);
    expect(await read(step.child_execution_id ?? '')).toMatchObject({
      agent_id: child,
      output: 8,
      trigger: 'agent',
      triggered_by: { type: 'api_key', id: key.id },
      parent_execution_id: answer.body.id,
      root_execution_id: answer.body.id,
      parent_step: 'double',
      depth: 1,
    });
    const list = (query: string) =>
      api<{ data: ExecutionSummary[] }>(`/executions?${query}`, { token: owner.token }).then(({ body }) =>
        body.data.map(({ id }) => id),
      );
    await eventually(async () => (await list(`parent=${answer.body.id}`)).length === 1);
    expect(await list(`parent=${answer.body.id}`)).toEqual([step.child_execution_id]);
    await eventually(async () => (await list('root=true')).includes(answer.body.id));
    expect(await list('root=true')).not.toContain(step.child_execution_id);
    expect(await list('root=false')).toContain(step.child_execution_id);
    const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
    await eventually(async () => (await desk.usage()).live_executions === 0);
  });

  it('fails with the reason of its child, which is not tried again', async () => {
    const child = await published(one('logic.stop', { status: 'failed', message: 'No stock left.' }));
    const parent = await published(one('agent.call', { agent_id: child }));
    const run = await runToEnd(owner, parent);
    expect(run).toMatchObject({ status: 'failed', error: { code: 'call_failed', node_id: 'n' } });
    expect(run.error?.message).toContain('No stock left.');
    expect(await rowsUnder(run.id)).toHaveLength(1);
  });

  it('goes on at once where it does not wait', async () => {
    const gate = crypto.randomUUID();
    const parent = await published(one('agent.call', { agent_id: await gated(gate), wait: false }));
    const run = await runToEnd(owner, parent);
    expect(run.status).toBe('completed');
    const { execution_id } = run.output as { execution_id: string };
    expect((await read(execution_id)).finished_at).toBeNull();
    await fetch(`${tools}/waiting/${gate}`);
    await fetch(`${tools}/open/${gate}`);
    expect((await ended(execution_id)).status).toBe('completed');
  });

  it('runs in rounds side by side, each child its own', async () => {
    const child = await published(one('logic.transform', { expression: 'trigger.n * trigger.n' }));
    const parent = await published({
      nodes: [
        start,
        agentNode('l', 'logic.loop', { count: 12, concurrency: 4 }),
        agentNode('call', 'agent.call', { agent_id: child, input: { n: '{{item}}' } }),
        agentNode('sum', 'logic.transform', { expression: 'l.output.results.output' }),
      ],
      edges: agentEdges('start>l', 'l:each>call', 'l:out>sum'),
    });
    const run = await runToEnd(owner, parent);
    expect(run.output).toEqual(Array.from({ length: 12 }, (_, index) => index * index));
    await eventually(async () => (await rowsUnder(run.id)).length === 12);
  });

  it('refuses agents of other organizations, and what is no agent', async () => {
    const stranger = await signUp();
    const theirs = await published(one('logic.transform', { expression: '1' }), stranger);
    const parent = await published(one('agent.call', { agent_id: '{{trigger.agent}}' }));
    for (const agent of [theirs, 'agt_00000000000000000000000000', 'nobody']) {
      expect((await runToEnd(owner, parent, { agent })).error).toMatchObject({ code: 'not_found', node_id: 'n' });
    }
    const { results } = await env.DB.prepare('SELECT id FROM executions WHERE organization_id = ?')
      .bind(stranger.organization_id)
      .all();
    expect(results).toEqual([]);
  });

  it('refuses input that does not fit, without a trace of a start', async () => {
    const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
    const definition = one('logic.transform', { expression: 'trigger.n' });
    const child = await published({ ...definition, input_schema: schema });
    const parent = await published(one('agent.call', { agent_id: child, input: { n: 'x' } }));
    const run = await runToEnd(owner, parent);
    expect(run.error).toMatchObject({ code: 'validation_failed', message: expect.stringContaining('input.n') });
    expect((await stepOf(run.id, 'n')).child_execution_id).toBeNull();
    const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
    await eventually(async () => (await desk.usage()).live_executions === 0);
  });

  it('waits for a place where a limit refuses the start', async () => {
    const gate = crypto.randomUUID();
    const definition = one('action.http', { url: `${tools}/gate/${gate}` });
    const child = await published({ ...definition, settings: { max_concurrency: 1 } });
    const first = await begin(child);
    await fetch(`${tools}/waiting/${gate}`);
    const parent = await begin(await published(one('agent.call', { agent_id: child })));
    const refused = await eventually(async () => {
      const step = await stepOf(parent.id, 'n').catch(() => null);
      return step?.attempts[0]?.error?.code === 'concurrency_limited' ? step : null;
    });
    expect(refused.status).toBe('waiting');
    await fetch(`${tools}/open/${gate}`);
    await ended(first.id);
    expect((await ended(parent.id)).status).toBe('completed');
  });

  it('runs the child in test mode too', async () => {
    const effect = crypto.randomUUID();
    const child = await published(one('action.http', { url: `${tools}/effect/${effect}`, method: 'POST' }));
    const parent = await published(one('agent.call', { agent_id: child }));
    const answer = await api<Execution>(`/agents/${parent}/test`, {
      token: owner.token,
      body: {},
      headers: { prefer: 'wait=20' },
    });
    const { execution_id, output } = answer.body.output as { execution_id: string; output: object };
    expect(output).toMatchObject({ would_send: { method: 'POST' } });
    expect(await read(execution_id)).toMatchObject({ mode: 'test', version: 1 });
    expect(await calls(`/effect/${effect}`)).toEqual([]);
  });
});

describe('calls that lead back or too deep', () => {
  async function publish(agentId: string, definition: AgentDefinition) {
    const draft = await api(`/agents/${agentId}/draft`, { method: 'PUT', token: owner.token, body: definition });
    expect(draft.status).toBe(200);
    return api<{ code?: string; errors?: { path: string; message: string }[] }>(`/agents/${agentId}/publish`, {
      token: owner.token,
      body: {},
    });
  }

  it('are refused when they are published, with the way that they would go', async () => {
    const a = (await publishedAgent(owner, one('logic.transform', { expression: '1' }), 'Ada')).id;
    const b = (await publishedAgent(owner, one('agent.call', { agent_id: a }), 'Bob')).id;
    const c = (await publishedAgent(owner, one('agent.call', { agent_id: b }), 'Cid')).id;
    const circle = await publish(a, one('agent.call', { agent_id: c }));
    expect(circle.body).toMatchObject({
      code: 'definition_invalid',
      errors: [{ path: 'nodes.1.config.agent_id', message: expect.stringContaining('"Ada" → "Cid" → "Bob" → "Ada"') }],
    });
    expect((await publish(a, one('agent.call', { agent_id: a }))).body.errors?.[0]?.message).toContain('"Ada" → "Ada"');
    const unknown = await publish(a, one('agent.call', { agent_id: 'agt_00000000000000000000000000' }));
    expect(unknown.body.errors?.[0]?.message).toContain('There is no agent');
    const stranger = await signUp();
    const theirs = await published(one('logic.transform', { expression: '1' }), stranger);
    expect((await publish(a, one('agent.call', { agent_id: theirs }))).body.code).toBe('definition_invalid');
  });

  it('are refused when they go through the tools of models', async () => {
    const asTool = (agent_id: string, index = 0) => ({ kind: 'agent', name: `t${index}`, description: 'x', agent_id });
    const acting = (...tools: JsonValue[]) => one('ai.agent', { model: 'openai/gpt-4o-mini', prompt: 'x', tools });
    const a = (await publishedAgent(owner, one('logic.transform', { expression: '1' }), 'Ada')).id;
    const other = await published(one('logic.transform', { expression: '1' }));
    const b = (await publishedAgent(owner, acting(asTool(other), asTool(a, 1)), 'Bob')).id;
    const c = (await publishedAgent(owner, one('agent.call', { agent_id: b }), 'Cid')).id;
    const mixed = await publish(a, acting({ kind: 'builtin', name: 'calculator' }, asTool(c)));
    expect(mixed.body).toMatchObject({
      code: 'definition_invalid',
      errors: [
        {
          path: 'nodes.1.config.tools.1.agent_id',
          message: expect.stringContaining('"Ada" → "Cid" → "Bob" → "Ada"'),
        },
      ],
    });
    const called = await publish(a, one('agent.call', { agent_id: b }));
    expect(called.body.errors?.[0]?.message).toContain('"Ada" → "Bob" → "Ada"');
    expect((await publish(a, acting(asTool(a)))).body.errors?.[0]?.message).toContain('"Ada" → "Ada"');
    expect((await publish(other, acting(asTool(b)))).body.errors?.[0]?.message).toContain('leads back');
    expect((await publish(a, acting(asTool(other)))).status).toBe(200);
    // Nine agents below one another, each a tool of the next: told, but left to run time.
    let next = await published(one('logic.transform', { expression: '1' }));
    for (let level = 0; level < 9; level++) next = await published(acting(asTool(next)));
    const top = await api<{ problems: { code: string; severity: string }[] }>(`/agents/${a}/validate`, {
      token: owner.token,
      body: { definition: acting(asTool(next)) },
    });
    expect(top.body.problems).toMatchObject([{ code: 'call_too_deep', severity: 'warning' }]);
  });

  it('are refused when they run', async () => {
    const a = await published(one('agent.call', { agent_id: '{{trigger.via}}', input: { via: '{{trigger.back}}' } }));
    const b = await published(one('agent.call', { agent_id: '{{trigger.via}}' }));
    const run = await runToEnd(owner, a, { via: b, back: a });
    expect(run.error?.message).toContain('call_cycle');
    expect(run.error?.message).toContain(`${a} → ${b} → ${a}`);
    // A way down of agents that all call the next one.
    let next = await published(one('logic.transform', { expression: '"bottom"' }));
    const way: string[] = [next];
    for (let level = 0; level < 9; level++) {
      next = await published(one('agent.call', { agent_id: next }));
      way.unshift(next);
    }
    expect((await runToEnd(owner, way[1] ?? '')).status).toBe('completed');
    const deep = await runToEnd(owner, way[0] ?? '');
    expect(deep.error?.message).toContain('call_too_deep');
  });
});

describe('crashes around a call', () => {
  it('before and after the start of the child: one child, one effect', async () => {
    const gate = crypto.randomUUID();
    const child = await gated(gate);
    const parent = await published(one('agent.call', { agent_id: child }));
    const run = await begin(parent);
    await fetch(`${tools}/waiting/${gate}`);
    const childId = await childOf(run.id);
    // As if the parent had died before it learned that its child had started: its step runs again.
    await runInDurableObject(stub(run.id), (_object, state) => {
      state.storage.sql.exec(
        "UPDATE steps SET status = 'running', wake_at = NULL, waiting_reason = NULL, progress = NULL WHERE key = 'n'",
      );
      state.storage.sql.exec("UPDATE execution SET status = 'running', remaining_ms = NULL, waiting_reason = NULL");
    });
    await crash(run.id);
    expect(await childOf(run.id)).toBe(childId);
    await crash(run.id);
    await crash(childId);
    await fetch(`${tools}/open/${gate}`);
    expect(await ended(run.id)).toMatchObject({ status: 'completed' });
    expect((await stepOf(run.id, 'n')).attempts.map(({ attempt }) => attempt)).toEqual([1, 2]);
    expect(await rowsUnder(run.id)).toHaveLength(1);
    const keys = (await calls(`/gate/${gate}`)) as { idempotency_key: string }[];
    expect(new Set(keys.map((call) => call.idempotency_key))).toEqual(new Set([`${childId}:n::`]));
    const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
    await eventually(async () => (await desk.usage()).live_executions === 0);
  });

  it('between the admission of a child and its start: it is started once, under the same lease', async () => {
    const other = await signUp();
    const child = await published(one('logic.transform', { expression: '"made"' }), other);
    const retry = { max_attempts: 5, initial_ms: 600_000, factor: 1, max_ms: 600_000 };
    const parent = await published(one('agent.call', { agent_id: child }, { retry }), other);
    const desk = organizationDesk(env.ORGANIZATION, other.organization_id);
    // The parent's version is in this isolate's cache from now on, the child's is not.
    await api(`/agents/${parent}/versions/1/diff/1`, { token: other.token });
    await env.DB.exec('ALTER TABLE agent_versions RENAME TO agent_versions_away');
    const begun = await api<Execution>(`/agents/${parent}/execute`, { token: other.token, body: {} });
    await eventually(async () => {
      const steps = await api<{ data: ExecutionStep[] }>(`/executions/${begun.body.id}/steps`, { token: other.token });
      return steps.body.data.some(({ attempts }) => attempts[0]?.error?.code === 'call_unavailable');
    });
    await env.DB.exec('ALTER TABLE agent_versions_away RENAME TO agent_versions');
    expect((await desk.usage()).live_executions).toBe(2);
    await runInDurableObject(stub(begun.body.id), (_object, state) => {
      state.storage.sql.exec('UPDATE steps SET wake_at = 1 WHERE wake_at IS NOT NULL');
    });
    await crash(begun.body.id);
    await runDurableObjectAlarm(stub(begun.body.id));
    const run = await eventually(async () => {
      const { body } = await api<Execution>(`/executions/${begun.body.id}`, { token: other.token });
      return body.finished_at === null ? null : body;
    });
    expect(run).toMatchObject({ status: 'completed', output: { output: 'made' } });
    await eventually(async () => (await rowsUnder(run.id)).length === 1);
    await eventually(async () => (await desk.usage()).live_executions === 0);
  });

  it('a start that was admitted and never made is admitted once', async () => {
    const child = await published(one('logic.transform', { expression: '1' }));
    const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
    const request = {
      organization_id: owner.organization_id,
      caller: { kind: 'execution', actor: { type: 'user', id: owner.user_id, name: 'Owner' } },
      permission: 'agents:execute',
      agent_id: child,
      version: null,
      mode: 'live',
      execution_id: await derivedId('execution', crypto.randomUUID(), Date.now()),
      idempotency: null,
      ip: '',
      lineage: {
        root_execution_id: 'exe_00000000000000000000000000',
        parent_execution_id: 'exe_00000000000000000000000000',
      },
    } as const;
    const before = (await desk.usage()).live_executions;
    const first = await desk.admit(request);
    const second = await desk.admit(request);
    if (first.outcome !== 'allow' || second.outcome !== 'allow') throw new Error('the start was refused');
    expect(second.lease_id).toBe(first.lease_id);
    expect((await desk.usage()).live_executions).toBe(before + 1);
    await desk.settle({ lease_id: first.lease_id, cost_microusd: 0 });
    expect((await desk.usage()).live_executions).toBe(before);
  });

  it('the parent evicted while it waits hears of the end', async () => {
    const gate = crypto.randomUUID();
    const run = await begin(await published(one('agent.call', { agent_id: await gated(gate) })));
    await childOf(run.id);
    await fetch(`${tools}/waiting/${gate}`);
    await evictDurableObject(stub(run.id));
    expect(await read(run.id)).toMatchObject({ status: 'waiting', waiting_reason: 'child' });
    await evictDurableObject(stub(run.id));
    await fetch(`${tools}/open/${gate}`);
    expect((await ended(run.id)).status).toBe('completed');
  });

  it.each([
    ['a telling', 4],
    ['a telling of values that are in R2 by now', 200_000],
  ])('%s that was lost is told again, and one that comes twice changes nothing', async (_name, length) => {
    const child = await published(one('logic.transform', { expression: `$pad('', ${length}, '→')` }));
    const run = await runToEnd(owner, await published(one('agent.call', { agent_id: child })));
    const childId = (await stepOf(run.id, 'n')).child_execution_id ?? '';
    // As if neither the telling nor its answer had arrived.
    await runInDurableObject(stub(run.id), (_object, state) => {
      const { sql } = state.storage;
      sql.exec(
        `UPDATE steps SET status = 'waiting', handle = NULL, output = NULL, finished_at = NULL, waiting_reason = 'child',
          progress = '{"kind":"wait","due":null}', wake_at = ? WHERE key = 'n'`,
        Date.now() + 3_600_000,
      );
      sql.exec(
        "UPDATE execution SET status = 'waiting', waiting_reason = 'child', remaining_ms = 1000, finished_at = NULL, output = NULL",
      );
    });
    await evictDurableObject(stub(run.id));
    expect((await read(run.id)).status).toBe('waiting');
    await runInDurableObject(stub(childId), async (_object, state) => {
      state.storage.sql.exec('UPDATE execution SET told = 0');
      await state.storage.setAlarm(Date.now() + 3_600_000);
    });
    const prefix = `${owner.organization_id}/${childId}/`;
    const away = async () => (await env.VALUES.list({ prefix })).objects.length;
    if (length > 1_000) await eventually(async () => (await away()) > 0);
    else expect(await away()).toBe(0);
    await evictDurableObject(stub(childId));
    await runDurableObjectAlarm(stub(childId));
    expect(await ended(run.id)).toMatchObject({ status: 'completed', output: { output: '→'.repeat(length) } });
    const again = await executionObject(env.EXECUTION, run.id).callEnded({
      organization_id: owner.organization_id,
      execution_id: childId,
      agent_name: 'Test agent',
      step: 'n',
      status: 'failed',
      output: null,
      error: null,
    });
    expect(again).toBe(true);
    expect((await read(run.id)).status).toBe('completed');
  });

  it('a child that never tells is asked by the alarm', async () => {
    const gate = crypto.randomUUID();
    const run = await begin(await published(one('agent.call', { agent_id: await gated(gate) })));
    const childId = await childOf(run.id);
    await fetch(`${tools}/waiting/${gate}`);
    // Nobody will be told: the child believes that it has told already.
    await runInDurableObject(stub(childId), (_object, state) => {
      state.storage.sql.exec('UPDATE execution SET told = 1');
    });
    await crash(childId);
    await fetch(`${tools}/open/${gate}`);
    await ended(childId);
    expect((await read(run.id)).status).toBe('waiting');
    await runInDurableObject(stub(run.id), (_object, state) => {
      state.storage.sql.exec('UPDATE steps SET wake_at = 1 WHERE wake_at IS NOT NULL');
    });
    await evictDurableObject(stub(run.id));
    await runDurableObjectAlarm(stub(run.id));
    expect((await ended(run.id)).status).toBe('completed');
  });
});

describe('cancel', () => {
  it('flows down three levels within a second, and stops what is in flight', async () => {
    const gate = crypto.randomUUID();
    const bottom = await gated(gate);
    const middle = await published(one('agent.call', { agent_id: bottom }));
    const top = await published(one('agent.call', { agent_id: middle }));
    const run = await begin(top);
    await fetch(`${tools}/waiting/${gate}`);
    const second = await childOf(run.id);
    const third = await childOf(second);
    // An evicted object is as quick as one in memory.
    await evictDurableObject(stub(second));
    const from = Date.now();
    await api(`/executions/${run.id}/cancel`, { method: 'POST', token: owner.token });
    const last = await ended(third);
    expect(Date.parse(last.finished_at ?? '') - from).toBeLessThan(1000);
    for (const id of [run.id, second, third]) expect((await read(id)).status).toBe('cancelled');
    await fetch(`${tools}/open/${gate}`);
    const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
    await eventually(async () => (await desk.usage()).live_executions === 0);
  });

  it('reaches children of a parent that fails, of a loop that stops, and what nobody waits for', async () => {
    const gate = crypto.randomUUID();
    const child = await gated(gate);
    const failing = await begin(
      await published({
        nodes: [
          start,
          agentNode('call', 'agent.call', { agent_id: child }),
          agentNode('gate', 'action.http', { url: `${tools}/gate/${gate}-side` }),
          agentNode('bad', 'logic.stop', { status: 'failed', message: 'enough' }),
        ],
        edges: agentEdges('start>call', 'start>gate', 'gate>bad'),
      }),
    );
    const first = await childOf(failing.id, 'call');
    await fetch(`${tools}/open/${gate}-side`);
    expect((await ended(failing.id)).status).toBe('failed');
    expect((await ended(first)).status).toBe('cancelled');

    const looping = await begin(
      await published({
        nodes: [
          start,
          agentNode('l', 'logic.loop', { count: 2, concurrency: 2 }, { on_error: 'continue' }),
          agentNode('which', 'logic.if', {
            conditions: { all: [{ field: '{{item}}', operator: 'equals', value: 0 }] },
          }),
          agentNode('call', 'agent.call', { agent_id: child }),
          agentNode('side', 'action.http', { url: `${tools}/gate/${gate}-loop` }),
          agentNode('bad', 'logic.transform', { expression: '$error("no")' }),
          agentNode('hold', 'action.http', { url: `${tools}/gate/${gate}-hold` }),
        ],
        edges: agentEdges('start>l', 'l:each>which', 'which:true>call', 'which:false>side', 'side>bad', 'l:out>hold'),
      }),
    );
    const second = await childOf(looping.id, 'call@0');
    await fetch(`${tools}/open/${gate}-loop`);
    expect((await ended(second)).status).toBe('cancelled');
    expect((await read(looping.id)).finished_at).toBeNull();
    await fetch(`${tools}/open/${gate}-hold`);
    expect((await ended(looping.id)).status).toBe('completed');

    const detached = await begin(
      await published({
        nodes: [
          start,
          agentNode('call', 'agent.call', { agent_id: child, wait: false }),
          agentNode('side', 'action.http', { url: `${tools}/gate/${gate}-detached` }),
        ],
        edges: agentEdges('start>call', 'call>side'),
      }),
    );
    await fetch(`${tools}/waiting/${gate}-detached`);
    const third = (await stepOf(detached.id, 'call')).child_execution_id ?? '';
    await api(`/executions/${detached.id}/cancel`, { method: 'POST', token: owner.token });
    expect((await ended(third)).status).toBe('cancelled');
    await fetch(`${tools}/open/${gate}`);
  });

  it('of a child by somebody fails the step that waits for it', async () => {
    const gate = crypto.randomUUID();
    const run = await begin(await published(one('agent.call', { agent_id: await gated(gate) })));
    await api(`/executions/${await childOf(run.id)}/cancel`, { method: 'POST', token: owner.token });
    expect(await ended(run.id)).toMatchObject({ status: 'failed', error: { code: 'call_cancelled' } });
    await fetch(`${tools}/open/${gate}`);
  });
});

describe('an agent that handles failures', () => {
  it('is started once with what happened, and not for itself, cancelled executions or tests', async () => {
    const handler = await published(one('logic.transform', { expression: 'trigger' }));
    const settings = { on_failure_agent_id: handler };
    const definition = { ...one('logic.stop', { status: 'failed', message: 'broken' }), settings };
    const agent = await published(definition);
    const run = await runToEnd(owner, agent, { ticket: 7 });
    const handled = await eventually(async () => (await rowsUnder(run.id))[0]);
    expect(await ended(handled.id)).toMatchObject({
      agent_id: handler,
      trigger: 'failure',
      parent_execution_id: run.id,
      output: {
        execution_id: run.id,
        agent_id: agent,
        error: { code: 'stopped', message: 'broken' },
        input: { ticket: 7 },
      },
    });
    // As if the confirmation had been lost.
    await runInDurableObject(stub(run.id), async (_object, state) => {
      state.storage.sql.exec('UPDATE execution SET told = 0');
      await state.storage.setAlarm(Date.now() + 3_600_000);
    });
    await evictDurableObject(stub(run.id));
    await runDurableObjectAlarm(stub(run.id));
    await eventually(async () =>
      runInDurableObject(
        stub(run.id),
        (_object, state) => state.storage.sql.exec<{ told: number }>('SELECT told FROM execution').one().told === 1,
      ),
    );
    expect(await rowsUnder(run.id)).toHaveLength(1);

    await api(`/agents/${agent}/test`, { token: owner.token, body: {}, headers: { prefer: 'wait=20' } });
    const own = await published({ ...definition, settings: undefined });
    await api(`/agents/${own}/draft`, {
      method: 'PUT',
      token: owner.token,
      body: { ...definition, settings: { on_failure_agent_id: own } },
    });
    expect((await api(`/agents/${own}/publish`, { token: owner.token, body: {} })).status).toBe(200);
    const itself = await runToEnd(owner, own);
    const second = await eventually(async () => (await rowsUnder(itself.id))[0]);
    const failed = await ended(second.id);
    expect(failed).toMatchObject({ status: 'failed', trigger: 'failure' });
    // The row is in D1 and the lease is settled: whatever a failure starts has been started by now.
    const desk = organizationDesk(env.ORGANIZATION, owner.organization_id);
    await eventually(async () => (await desk.usage()).live_executions === 0);
    const third = await derivedId('execution', `${second.id} failure`, Date.parse(failed.finished_at ?? ''));
    expect((await api(`/executions/${third}`, { token: owner.token })).status).toBe(404);
    expect(await rowsUnder(itself.id)).toHaveLength(1);
    const { body } = await api<{ data: ExecutionSummary[] }>('/executions?trigger=failure&limit=100', {
      token: owner.token,
    });
    expect(body.data.map(({ parent_execution_id }) => parent_execution_id).sort()).toEqual([run.id, itself.id].sort());
  });

  it('that can not be started leaves a line in the log', async () => {
    const handler = await published(one('logic.transform', { expression: '1' }));
    const agent = await published({
      ...one('logic.stop', { status: 'failed' }),
      settings: { on_failure_agent_id: handler },
    });
    expect((await api(`/agents/${handler}`, { method: 'DELETE', token: owner.token })).status).toBe(204);
    const run = await runToEnd(owner, agent);
    await eventually(async () => {
      const { body } = await api<{ data: { message: string }[] }>(`/executions/${run.id}/logs`, { token: owner.token });
      return body.data.some(({ message }) => message.includes(handler));
    });
    expect(await rowsUnder(run.id)).toEqual([]);
  });
});

describe('an execution that starts no other one', () => {
  it('pays nothing for those that do', async () => {
    const run = await runToEnd(owner, await published(one('logic.transform', { expression: '1' })));
    const tables = await runInDurableObject(stub(run.id), (_object, state) =>
      state.storage.sql
        .exec<{ name: string }>(
          "SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'",
        )
        .toArray()
        .map(({ name }) => name),
    );
    expect(tables.sort()).toEqual(['events', 'execution', 'steps']);
  });
});

describe('an object of the release before', () => {
  it('opens without knowing of projects and relatives', async () => {
    const run = await runToEnd(owner, await published(one('logic.transform', { expression: '1' })));
    await runInDurableObject(stub(run.id), (_object, state) => {
      const { sql } = state.storage;
      sql.exec("UPDATE execution SET schema_version = 1, facts = json_remove(facts, '$.project_id', '$.lineage')");
      for (const column of ['waiting_reason', 'remaining_ms', 'told', 'parked', 'expires_at']) {
        sql.exec(`ALTER TABLE execution DROP COLUMN ${column}`);
      }
      for (const column of ['progress', 'items', 'reused_from']) sql.exec(`ALTER TABLE steps DROP COLUMN ${column}`);
      sql.exec('DROP TABLE events');
      for (const statement of EXECUTION_1.filter((each) => each.includes('TABLE events'))) sql.exec(statement);
    });
    await evictDurableObject(stub(run.id));
    expect(await read(run.id)).toEqual(run);
    expect((await stepOf(run.id, 'n')).child_execution_id).toBeNull();
  });
});
