import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import type { Agent, Execution, ExecutionEvent, JsonValue, Validation } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, expectProblem, type Member, signUp, withRole } from '../../support/api.ts';
import { asked, decide, getApproval } from '../../support/approvals.ts';
import { eventually } from '../../support/eventually.ts';
import type { ScriptedTurn } from '../../support/scripted-model.ts';
import { setSecret, stepsOf } from '../secrets/support.ts';
import { agentOf, ended, get, http, lastConversation, run, script, seen, step, stub, tools } from './looping.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

async function begin(turns: readonly ScriptedTurn[], toolset: readonly JsonValue[]): Promise<Execution> {
  const agent = await publishedAgent(owner, agentOf(`custom/${await script(turns)}`, toolset));
  const answer = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
  expect(answer.status).toBe(202);
  return answer.body;
}

async function crash(id: string): Promise<void> {
  await runInDurableObject(stub(id), (_object, state) => state.abort('crash of the test')).catch(() => undefined);
}

describe('a tool loop in an execution', () => {
  it('runs three tools side by side, each as a step of its own', async () => {
    const name = crypto.randomUUID();
    const names = ['one', 'two', 'three'];
    const turns = [
      { text: 'Let me look.', calls: names.map((tool) => ({ name: tool, arguments: {} })) },
      { text: 'All three are open.' },
    ];
    const execution = await begin(
      turns,
      names.map((tool) => http(tool, `gate/${name}-${tool}`)),
    );
    // All of them are held at the same time: none waits for another.
    for (const tool of names) await get(`${tools}/waiting/${name}-${tool}`);
    for (const tool of names) await fetch(`${tools}/open/${name}-${tool}`);
    expect(await ended(owner, execution.id)).toMatchObject({
      status: 'completed',
      output: { text: 'All three are open.', ended_by: 'answer', turns: 2, tool_calls: 3, total_tokens: 30 },
      input_tokens: 20,
      output_tokens: 10,
    });
    const steps = await stepsOf(owner, execution.id);
    expect(steps.map(({ id }) => id)).toEqual(['start', 'act', 'act#t1', 'act#t1.0', 'act#t1.1', 'act#t1.2', 'act#t2']);
    expect(step(steps, 't1.1')).toMatchObject({
      input: { tool: 'two', arguments: {} },
      output: { status: 200, body: { gate: `${name}-two` } },
    });
    const { data } = (
      await api<{ data: ExecutionEvent[] }>(`/executions/${execution.id}/events`, { token: owner.token })
    ).body;
    const told = data.filter(({ type }) => type === 'step.completed').map((event) => event.data.call ?? null);
    expect(told.sort()).toEqual([null, null, 't1', 't1.0', 't1.1', 't1.2', 't2'].sort());
  });

  it('runs no finished call again when the object dies between and inside calls', async () => {
    const name = crypto.randomUUID();
    const call = (tool: string) => ({ name: tool, arguments: {} });
    const turns = [{ calls: [call('done'), call('held')] }, { calls: [call('later')] }, { text: 'Over.' }];
    const toolset = [
      http('done', `effect/${name}-done`),
      http('held', `gate/${name}`),
      http('later', `gate/${name}-later`),
    ];
    const execution = await begin(turns, toolset);
    await get(`${tools}/waiting/${name}`);
    await eventually(async () =>
      (await stepsOf(owner, execution.id)).some(({ id, status }) => id === 'act#t1.0' && status === 'completed'),
    );
    await crash(execution.id);
    await runDurableObjectAlarm(stub(execution.id));
    await eventually(async () => (await seen(`gate/${name}`)).length === 2);
    await fetch(`${tools}/open/${name}`);
    await get(`${tools}/waiting/${name}-later`);
    await crash(execution.id);
    await fetch(`${tools}/open/${name}-later`);
    expect(await ended(owner, execution.id)).toMatchObject({
      status: 'completed',
      output: { text: 'Over.', turns: 3 },
    });

    expect(await seen(`effect/${name}-done`), 'a finished call runs once').toHaveLength(1);
    const held = await seen(`gate/${name}`);
    expect(new Set(held.map((each) => each.idempotency_key))).toEqual(
      new Set([`${execution.id}:act::t1.1`, `${execution.id}:act::t2.0`]),
    );
    const steps = await stepsOf(owner, execution.id);
    expect(step(steps, 't1').attempts, 'the turn was paid once').toHaveLength(1);
    expect(step(steps, 't1.1').attempts).toMatchObject([{ status: 'cancelled' }, { status: 'completed' }]);
    expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
  });

  it('goes on from its rows after an eviction between two turns', async () => {
    const name = crypto.randomUUID();
    const turns = [
      { calls: [{ name: 'calculator', arguments: { expression: '2^10' } }] },
      { calls: [{ name: 'flaky', arguments: {} }] },
      { text: '1024' },
    ];
    const model = await script(turns);
    const retry = { max_attempts: 2, initial_ms: 600_000, factor: 1, max_ms: 600_000 };
    const toolset = [{ kind: 'builtin', name: 'calculator' }, http('flaky', `flaky/${name}/1`)];
    const agent = await publishedAgent(owner, agentOf(`custom/${model}`, toolset, {}, { retry }));
    const { body } = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    await eventually(async () =>
      (await stepsOf(owner, body.id)).some(({ id, status }) => id === 'act#t2.0' && status === 'waiting'),
    );
    await evictDurableObject(stub(body.id));
    // Ten minutes pass.
    await runInDurableObject(stub(body.id), (_object, state) => {
      state.storage.sql.exec('UPDATE steps SET wake_at = 1 WHERE wake_at IS NOT NULL');
    });
    await evictDurableObject(stub(body.id));
    await runDurableObjectAlarm(stub(body.id));
    expect(await ended(owner, body.id)).toMatchObject({ status: 'completed', output: { text: '1024' } });
    const conversation = await lastConversation(model);
    expect(conversation.map(({ role }) => role)).toEqual(['system', 'user', 'assistant', 'tool', 'assistant', 'tool']);
    expect(conversation[3]).toMatchObject({ content: '1024', tool_call_id: 'call_0_0' });
  });

  it('speaks Anthropic’s format as well, with all results of a turn in one message', async () => {
    const model = 'claude-haiku-4-5';
    const account = await signUp();
    const key = await api('/org/provider-keys/anthropic', {
      method: 'PUT',
      token: account.token,
      body: { api_key: 'sk-ant-0123456789abcdef', base_url: `${tools}/v1` },
    });
    expect(key.status, JSON.stringify(key.body)).toBeLessThan(300);
    const task = crypto.randomUUID();
    const turns = [
      {
        text: 'I compute.',
        calls: ['1+1', '1/'].map((expression) => ({ name: 'calculator', arguments: { expression } })),
      },
      { text: 'Two.' },
    ];
    await fetch(`${tools}/script/${model}`, { method: 'POST', body: JSON.stringify(turns) });
    const definition = agentOf(`anthropic/${model}`, [{ kind: 'builtin', name: 'calculator' }], { prompt: task });
    const agent = await publishedAgent(account, definition);
    expect(await runToEnd(account, agent.id)).toMatchObject({ status: 'completed', output: { text: 'Two.' } });
    const sent = (await seen('v1/messages'))
      .filter(({ body }) => body.includes(task))
      .map(({ body }) => JSON.parse(body));
    expect(sent[0]).toMatchObject({ tools: [{ name: 'calculator' }], tool_choice: { type: 'auto' } });
    expect(sent[1].messages.slice(1)).toMatchObject([
      {
        role: 'assistant',
        content: [{ type: 'text' }, { type: 'tool_use', input: { expression: '1+1' } }, { type: 'tool_use' }],
      },
      {
        role: 'user',
        content: [
          { type: 'tool_result', tool_use_id: 'call_0_0' },
          { type: 'tool_result', tool_use_id: 'call_0_1', is_error: true },
        ],
      },
    ]);
  });

  it('tells the model of a tool that failed after its own retries', async () => {
    const name = crypto.randomUUID();
    const retry = { max_attempts: 2, initial_ms: 1, factor: 1, max_ms: 1 };
    const turns = [
      {
        calls: [
          { name: 'broken', arguments: {} },
          { name: 'flaky', arguments: {} },
        ],
      },
      { text: 'One is broken.' },
    ];
    const toolset = [http('broken', 'status/500'), http('flaky', `flaky/${name}/1`)];
    const { model, execution, steps } = await run(await signUp(), turns, toolset, {}, { retry });
    expect(execution).toMatchObject({ status: 'completed', output: { text: 'One is broken.' } });
    expect(step(steps, 't1.0')).toMatchObject({ status: 'failed', error: { code: 'http_status' } });
    expect(step(steps, 't1.0').attempts).toHaveLength(2);
    expect(step(steps, 't1.1').status).toBe('completed');
    const [broken] = (await lastConversation(model)).filter(({ role }) => role === 'tool');
    expect(String(broken?.content)).toContain('answered 500');
  });

  it('puts secrets into tools and lets no model and no row see them', async () => {
    await setSecret(owner, 'LOOP_TOKEN', 'hunter2-hunter2');
    const turns = [{ calls: [{ name: 'reflect', arguments: { note: '{{env.LOOP_TOKEN}}' } }] }, { text: 'Done.' }];
    const parameters = { type: 'object', properties: { note: { type: 'string' } } };
    const headers = { authorization: 'Bearer {{env.LOOP_TOKEN}}' };
    const { model, execution, steps } = await run(owner, turns, [
      http('reflect', 'reflect/200', { headers, parameters }),
    ]);
    expect(execution.status).toBe('completed');
    const received = (await seen('reflect/')).find((call) => call.idempotency_key.startsWith(execution.id));
    expect(received?.headers.authorization).toBe('Bearer hunter2-hunter2');
    expect(received?.body).toBe('{"note":"{{env.LOOP_TOKEN}}"}');
    expect(JSON.stringify([steps, await lastConversation(model)])).not.toContain('hunter2');
  });

  it('cuts a huge result and goes on', async () => {
    const { model, execution } = await run(
      owner,
      [{ calls: [{ name: 'big', arguments: {} }] }, { text: 'Big.' }],
      [http('big', 'big')],
    );
    expect(execution).toMatchObject({ status: 'completed', output: { text: 'Big.' } });
    const result = String((await lastConversation(model)).at(-1)?.content);
    expect(result.length).toBeLessThanOrEqual(32_000);
    expect(result).toContain('… cut: these are');
  });

  it('ends at its limit by name, with what was used on record', async () => {
    const turns = Array.from({ length: 5 }, () => ({
      calls: [{ name: 'calculator', arguments: { expression: '1' } }],
    }));
    const { execution } = await run(owner, turns, [{ kind: 'builtin', name: 'calculator' }], { max_turns: 2 });
    expect(execution).toMatchObject({
      status: 'failed',
      error: { code: 'agent_turns_exceeded', node_id: 'act' },
      input_tokens: 20,
    });
  });

  it('takes over the calls that ended when it is retried, and pays no turn twice', async () => {
    const name = crypto.randomUUID();
    const use = (...names: string[]) => ({ calls: names.map((tool) => ({ name: tool, arguments: {} })) });
    const toolset = [http('effect', `effect/${name}`), http('broken', 'status/404')];
    const { execution, model } = await run(owner, [use('effect', 'broken'), use('effect')], toolset, { max_turns: 2 });
    expect(execution.error?.code).toBe('agent_turns_exceeded');

    const again = await api<Execution>(`/executions/${execution.id}/retry`, { token: owner.token, body: {} });
    expect(again.status, JSON.stringify(again.body)).toBe(202);
    expect((await ended(owner, again.body.id)).error?.code, 'the limit stands').toBe('agent_turns_exceeded');
    const steps = await stepsOf(owner, again.body.id);
    for (const call of ['t1', 't1.0', 't1.1', 't2']) {
      expect(step(steps, call), call).toMatchObject({ reused_from: execution.id, input_tokens: 0 });
    }
    expect(step(steps, 't1.1').output, 'the model was told of it').toMatchObject({ error: { code: 'http_status' } });
    expect(await seen(`effect/${name}`)).toHaveLength(1);
    expect((await seen('v1/')).filter(({ body }) => body.includes(model))).toHaveLength(2);
  });

  it('asks a person first and does nothing until then', async () => {
    const name = crypto.randomUUID();
    const turns = [
      {
        calls: [
          { name: 'pay', arguments: {} },
          { name: 'calculator', arguments: { expression: '1' } },
        ],
      },
      { text: '.' },
    ];
    const toolset = [http('pay', `effect/${name}`, { ask_first: true }), { kind: 'builtin', name: 'calculator' }];
    const execution = await begin(turns, toolset);
    await eventually(async () => {
      const { body } = await api<Execution>(`/executions/${execution.id}`, { token: owner.token });
      return body.status === 'waiting' && body.waiting_reason === 'approval';
    });
    const steps = await stepsOf(owner, execution.id);
    expect(step(steps, 't1.0')).toMatchObject({
      status: 'waiting',
      waiting_reason: 'approval',
      input: { tool: 'pay' },
    });
    expect(step(steps, 't1.1').status).toBe('completed');
    expect(await seen(`effect/${name}`)).toEqual([]);
    await api(`/executions/${execution.id}/cancel`, { method: 'POST', token: owner.token });
    expect((await ended(owner, execution.id)).status).toBe('cancelled');
  });
});

describe('people and other agents', () => {
  it('runs exactly what was approved, and tells the model of a refusal', async () => {
    const name = crypto.randomUUID();
    const parameters = { type: 'object', properties: { amount: { type: 'number' } } };
    const turns = [
      { calls: [5, 500].map((amount) => ({ name: 'pay', arguments: { amount } })) },
      { text: 'One was paid.' },
    ];
    const toolset = [http('pay', `effect/${name}`, { ask_first: true, parameters })];
    const execution = await begin(turns, toolset);
    const questions = await asked(owner, execution.id, 2);
    for (const { id } of questions) {
      const { payload } = await getApproval(owner, id);
      const { amount } = (payload as { arguments: { amount: number } }).arguments;
      const decision = amount === 5 ? { decision: 'approve' } : { decision: 'deny', comment: 'Too much.' };
      expect((await decide(owner, id, decision)).status).toBe(200);
    }
    expect(await ended(owner, execution.id)).toMatchObject({ status: 'completed', output: { text: 'One was paid.' } });
    expect((await seen(`effect/${name}`)).map(({ body }) => body)).toEqual(['{"amount":5}']);
    const steps = await stepsOf(owner, execution.id);
    expect(step(steps, 't1.1').output).toBe('A person refused this call: Too much.');
  });

  it('lets only those decide whom the tool names', async () => {
    const name = crypto.randomUUID();
    const [viewer, admin] = [await withRole(owner, 'viewer'), await withRole(owner, 'admin')];
    const approval = { approvers: { users: [viewer.user_id] }, timeout_seconds: 3600 };
    const toolset = [http('pay', `effect/${name}`, { ask_first: true, approval })];
    const execution = await begin([{ calls: [{ name: 'pay', arguments: {} }] }, { text: 'Paid.' }], toolset);
    const [question] = await asked(owner, execution.id, 1);
    const id = question?.id ?? '';
    const shown = await getApproval(owner, id);
    expect(shown).toMatchObject({
      approvers: { users: [viewer.user_id], roles: [], teams: [] },
      on_timeout: 'deny',
      may_decide: false,
    });
    expect(Date.parse(shown.expires_at ?? '') - Date.parse(shown.requested_at)).toBeGreaterThan(3_500_000);
    for (const other of [owner, admin]) {
      expectProblem(await decide(other, id, { decision: 'approve' }), 403, 'forbidden');
    }
    expect(await seen(`effect/${name}`)).toEqual([]);
    expect((await decide(viewer, id, { decision: 'approve' })).status).toBe(200);
    expect((await ended(owner, execution.id)).output).toMatchObject({ text: 'Paid.' });
    expect(await seen(`effect/${name}`)).toHaveLength(1);
  });

  it.each([
    ['approve', 1, undefined],
    ['deny', 0, 'Nobody approved this call in time.'],
    ['fail', 0, 'approval_timeout'],
  ] as const)('decides by itself when time runs out: %s', async (on_timeout, effects, told) => {
    const name = crypto.randomUUID();
    const approval = { timeout_seconds: 3600, on_timeout };
    const model = await script([{ calls: [{ name: 'pay', arguments: {} }] }, { text: 'Over.' }]);
    const toolset = [http('pay', `effect/${name}`, { ask_first: true, approval })];
    const agent = await publishedAgent(owner, agentOf(`custom/${model}`, toolset));
    const { body } = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
    const [question] = await asked(owner, body.id, 1);
    await evictDurableObject(stub(body.id));
    // An hour passes.
    await runInDurableObject(stub(body.id), (_object, state) => {
      state.storage.sql.exec('UPDATE steps SET wake_at = 1 WHERE wake_at IS NOT NULL');
    });
    await evictDurableObject(stub(body.id));
    await runDurableObjectAlarm(stub(body.id));
    expect((await ended(owner, body.id)).output).toMatchObject({ text: 'Over.' });
    expect(await seen(`effect/${name}`)).toHaveLength(effects);
    expect(await getApproval(owner, question?.id ?? '')).toMatchObject({ status: 'expired', decided_by: null });
    if (told !== undefined) expect(JSON.stringify(await lastConversation(model))).toContain(told);
  });

  it('gives the model what another agent came to', async () => {
    const child = await publishedAgent(owner, {
      nodes: [
        agentNode('start', 'trigger.manual'),
        agentNode('double', 'logic.transform', { expression: 'trigger.n * 2' }),
      ],
      edges: agentEdges('start>double'),
    });
    const parameters = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
    const tool = { kind: 'agent', name: 'double', description: 'Doubles.', agent_id: child.id, parameters };
    const { execution, steps } = await run(
      owner,
      [{ calls: [{ name: 'double', arguments: { n: 21 } }] }, { text: '42' }],
      [tool],
    );
    expect(execution, JSON.stringify(steps)).toMatchObject({ status: 'completed', output: { text: '42' } });
    expect(step(steps, 't1.0').output).toMatchObject({ status: 'completed', output: 42 });
  });
});

describe('publishing', () => {
  it.each([
    [{ model: 'builtin/extractive' }, 'model', 'built-in'],
    [{ model: 'workers-ai/@cf/meta/llama-3.1-8b-instruct' }, 'model', 'can’t use tools'],
    [{ tools: [{ kind: 'builtin', name: 'calculator' }, http('calculator', 'x')] }, 'tools.1.name', 'another tool'],
    [{ tools: [http('x', 'a/{id}')] }, 'tools.0.url', 'no parameter'],
    [
      { tools: [http('x', 'a', { parameters: { type: 'object', not: {} } })] },
      'tools.0.parameters.not',
      'not supported',
    ],
    [{ max_turns: 201 }, 'max_turns', '200'],
    [{ tools: [http('x', 'a', { approval: { timeout_seconds: 60 } })] }, 'tools.0.approval', 'needs ask_first'],
    [
      { tools: [http('x', 'a', { ask_first: true, approval: { approvers: { users: ['Ada'] } } })] },
      'tools.0.approval.approvers.users.0',
      '',
    ],
    [
      { tools: [http('x', 'a', { ask_first: true, approval: { timeout_seconds: 0 } })] },
      'tools.0.approval.timeout_seconds',
      '1',
    ],
    [
      { tools: [{ kind: 'agent', name: 'x', description: 'x', agent_id: 'agt_01hzy3k8m2q4r6t8v0x2z4b6d8' }] },
      'tools.0.agent_id',
      'no agent',
    ],
  ])('refuses %j in words', async (config, field, words) => {
    const definition = agentOf('openai/gpt-4o-mini', [{ kind: 'builtin', name: 'calculator' }], config as never);
    const made = await api<Agent>('/agents', { token: owner.token, body: { name: 'A draft', definition } });
    const { body } = await api<Validation>(`/agents/${made.body.id}/validate`, { method: 'POST', token: owner.token });
    expect(body.problems, JSON.stringify(body)).toContainEqual(
      expect.objectContaining({ field: expect.stringContaining(field), message: expect.stringContaining(words) }),
    );
  });
});
