import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution, ExecutionEvent, JsonValue } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import { executionObject, type StartRequest } from '../../../durable-objects/execution/client.ts';
import { newId } from '../../../workers/platform/ids.ts';
import { agentEdges, agentNode, publishedAgent, runToEnd } from '../../support/agents.ts';
import { api, type Member, signUp } from '../../support/api.ts';
import { asked, decide } from '../../support/approvals.ts';
import { eventually } from '../../support/eventually.ts';
import type { ScriptedTurn } from '../../support/scripted-model.ts';
import { endOf, listedEnds, saveDraft, startShadowRun } from '../../support/shadow-runs.ts';
import { stepsOf } from '../secrets/support.ts';
import { agentOf, ended, get, http, lastConversation, ONCE, run, script, seen, step, stub, tools } from './looping.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const call = (name: string, given: JsonValue) => ({ name, arguments: given });
const write = (path: string, content: string) => call('write_file', { path, content });
const check = (folder: string) => call('check_agent', { folder });
const object = (id: string) => executionObject(env.EXECUTION, id);

async function eventsOf(id: string): Promise<ExecutionEvent[]> {
  const { body } = await api<{ data: ExecutionEvent[] }>(`/executions/${id}/events?limit=200`, { token: owner.token });
  return body.data;
}

function deepRun(turns: readonly ScriptedTurn[], deep: Record<string, JsonValue> = {}, config: object = {}) {
  return run(owner, turns, [], { deep, max_turns: 30, ...config });
}

async function begin(
  model: string,
  toolset: readonly JsonValue[],
  deep: Record<string, JsonValue>,
): Promise<Execution> {
  const agent = await publishedAgent(owner, agentOf(`custom/${model}`, toolset, { deep, max_turns: 30 }));
  const answer = await api<Execution>(`/agents/${agent.id}/execute`, { token: owner.token, body: {} });
  expect(answer.status).toBe(202);
  return answer.body;
}

async function statusOf(id: string, stepId: string): Promise<string | undefined> {
  return (await stepsOf(owner, id)).find((each) => each.id === stepId)?.status;
}

async function crash(id: string): Promise<void> {
  await runInDurableObject(stub(id), (_object, state) => state.abort('crash of the test')).catch(() => undefined);
}

function startOf(member: Member, id: string, definition: string): StartRequest {
  return {
    organization_id: member.organization_id,
    execution_id: id,
    agent_id: newId('agent'),
    agent_name: 'Deep',
    version: null,
    definition,
    mode: 'live',
    trigger: 'manual',
    triggered_by: { type: 'user', id: member.user_id, name: 'Owner' },
    input: {},
    project_id: null,
    lineage: null,
    lease_id: newId('lease'),
    start_by: Date.now() + 60_000,
    traceparent: `00-${'1'.repeat(32)}-${'2'.repeat(16)}-01`,
    request_id: 'req_test',
    wait_seconds: 0,
  };
}

describe('a deep agent', () => {
  it('plans, and works in files that one turn writes and the next reads', async () => {
    const turns = [
      {
        calls: [
          call('write_todos', { todos: [{ content: 'Write', status: 'in_progress' }] }),
          write('notes/a.md', 'one\ntwo'),
          call('edit_file', { path: 'notes/a.md', old_text: 'two', new_text: 'three' }),
          call('grep', { pattern: 'three' }),
        ],
      },
      { calls: [call('read_file', { path: 'notes/a.md' })] },
      { text: 'Done.' },
    ];
    const { execution, steps, model } = await deepRun(turns);
    expect(execution).toMatchObject({
      status: 'completed',
      output: { text: 'Done.', files: ['notes/a.md'], turns: 3 },
    });
    expect(step(steps, 't1.3')).toMatchObject({ output: 'notes/a.md:2: three' });
    expect((await lastConversation(model)).at(-1)).toMatchObject({ content: '1\tone\n2\tthree' });
    expect(await object(execution.id).workspace(owner.organization_id)).toEqual({
      files: { 'notes/a.md': 'one\nthree' },
      todos: [{ content: 'Write', status: 'in_progress' }],
    });
    const events = await eventsOf(execution.id);
    expect(events.filter(({ type }) => type === 'state.updated').map(({ data }) => data)).toEqual([
      { call: 't1.0', files: [], todos: [{ content: 'Write', status: 'in_progress' }] },
      { call: 't1.1', files: [{ path: 'notes/a.md', version: 1, size: 7, deleted: false }] },
      { call: 't1.2', files: [{ path: 'notes/a.md', version: 2, size: 9, deleted: false }] },
    ]);
    expect(events.find(({ type, data }) => type === 'step.started' && data.call === 't1.1')?.data).toMatchObject({
      tool: 'write_file',
      input: { path: 'notes/a.md', content: 'one\ntwo' },
    });
    const inOrder = events.filter(({ type, data }) => type === 'step.completed' && String(data.call).startsWith('t1.'));
    expect(inOrder.map(({ data }) => [data.call, data.tool])).toEqual([
      ['t1.0', 'write_todos'],
      ['t1.1', 'write_file'],
      ['t1.2', 'edit_file'],
      ['t1.3', 'grep'],
    ]);
  });

  it('hands work to helpers side by side, whose answers alone come back, and whose files all see', async () => {
    const gate = crypto.randomUUID();
    const reader = await script([{ calls: [call('held', {})] }, { text: 'Read it.' }]);
    const writer = await script([{ calls: [write('out.md', 'by the writer')] }, { text: 'Written.' }]);
    const helpers = [
      { name: 'reader', description: 'Reads.', model: `custom/${reader}` },
      { name: 'writer', description: 'Writes.', model: `custom/${writer}`, tools: [] },
    ];
    const tasks = helpers.map(({ name }) => call('task', { helper: name, description: `Do your part, ${name}.` }));
    const model = await script([{ calls: tasks }, { calls: [call('ls', {})] }, { text: 'All done.' }]);
    const execution = await begin(model, [http('held', `gate/${gate}`)], { helpers });
    await get(`${tools}/waiting/${gate}`);
    // The writer ends while the reader is held: neither waits for the other.
    await eventually(async () => (await statusOf(execution.id, 'act#t1.1')) === 'completed');
    expect(await statusOf(execution.id, 'act#t1.0')).toBe('running');
    await fetch(`${tools}/open/${gate}`);
    expect(await ended(owner, execution.id)).toMatchObject({
      status: 'completed',
      output: { text: 'All done.', files: ['out.md'], total_tokens: 7 * 15 },
    });
    const steps = await stepsOf(owner, execution.id);
    expect(step(steps, 't1.0')).toMatchObject({ output: { answer: 'Read it.', turns: 2 }, node_id: 'act' });
    expect(step(steps, 't1.0/t1.0')).toMatchObject({ input: { tool: 'held' }, output: { status: 200 } });
    expect(step(steps, 't2.0').output).toBe('out.md (13)');
    expect((await lastConversation(reader)).slice(0, 2)).toMatchObject([
      { role: 'system' },
      { role: 'user', content: 'Do your part, reader.' },
    ]);
    const written = await object(execution.id).workspaceFiles(owner.organization_id);
    expect(written).toMatchObject([{ path: 'out.md', version: 1, size: 13, deleted: false, step_id: 'act#t1.1/t1.0' }]);
  });

  it('repeats no finished call and loses no file when the object dies, in a helper too', async () => {
    const [first, second] = [crypto.randomUUID(), crypto.randomUUID()];
    const helper = await script([
      { calls: [write('h.md', 'from the helper'), call('held', {})] },
      { calls: [call('edit_file', { path: 'h.md', old_text: 'helper', new_text: 'crashed helper' })] },
      { text: 'Helped.' },
    ]);
    const helpers = [{ name: 'helper', description: 'Helps.', model: `custom/${helper}` }];
    const model = await script([
      { calls: [write('a.md', 'A'), call('task', { helper: 'helper', description: 'Help.' })] },
      { calls: [call('edit_file', { path: 'a.md', old_text: 'A', new_text: 'AA' }), call('later', {})] },
      { calls: [call('grep', { pattern: 'e' })] },
      { text: 'Over.' },
    ]);
    const toolset = [http('held', `gate/${first}`), http('later', `gate/${second}`)];
    const execution = await begin(model, toolset, { helpers });
    await get(`${tools}/waiting/${first}`);
    await crash(execution.id);
    await runDurableObjectAlarm(stub(execution.id));
    await eventually(async () => (await seen(`gate/${first}`)).length === 2);
    await fetch(`${tools}/open/${first}`);
    await get(`${tools}/waiting/${second}`);
    await eventually(async () => (await statusOf(execution.id, 'act#t2.0')) === 'completed');
    await crash(execution.id);
    await fetch(`${tools}/open/${second}`);
    expect(await ended(owner, execution.id)).toMatchObject({ status: 'completed', output: { text: 'Over.' } });
    expect(await object(execution.id).workspace(owner.organization_id)).toMatchObject({
      files: { 'a.md': 'AA', 'h.md': 'from the crashed helper' },
    });
    const written = await object(execution.id).workspaceFiles(owner.organization_id);
    expect(written?.map(({ path, version }) => `${path} ${version}`)).toEqual(['a.md 1', 'h.md 1', 'h.md 2', 'a.md 2']);
    const steps = await stepsOf(owner, execution.id);
    expect(new Set(steps.map(({ id }) => id)).size).toBe(steps.length);
    expect(step(steps, 't1.1/t1').attempts, 'the turn of the helper was paid once').toHaveLength(1);
    expect(step(steps, 't3.0').output).toContain('h.md:1: from the crashed helper');
    const keys = new Set((await seen(`gate/${first}`)).map((each) => each.idempotency_key));
    expect([...keys]).toEqual([`${execution.id}:act::t1.1/t1.1`]);
  });

  it('hears what is said while it works, and asks people', async () => {
    const gate = crypto.randomUUID();
    const model = await script([
      { calls: [call('held', {})] },
      { calls: [call('ask_person', { question: 'Which colour?' })] },
      { text: 'Done.' },
    ]);
    const execution = await begin(model, [http('held', `gate/${gate}`)], { ask_people: true });
    await get(`${tools}/waiting/${gate}`);
    const by = { type: 'user', id: owner.user_id, name: 'Ada' } as const;
    const say = (text: string, organization = owner.organization_id) =>
      object(execution.id).say(organization, { text, by });
    expect(await say('Nobody hears me.', 'org_other')).toBe('not_found');
    expect(await say('Be brief.')).toBe('said');
    await fetch(`${tools}/open/${gate}`);
    const [question] = await asked(owner, execution.id);
    expect(question).toMatchObject({ kind: 'form', message: 'Which colour?' });
    expect(await say('I am coming.')).toBe('said');
    const decided = await decide(owner, question?.id ?? '', { decision: 'approve', form: { answer: 'Blue' } });
    expect(decided.status, JSON.stringify(decided.body)).toBe(200);
    expect(await ended(owner, execution.id)).toMatchObject({
      status: 'completed',
      output: { text: 'Done.', turns: 3 },
    });
    const conversation = await lastConversation(model);
    expect(conversation.slice(2).map(({ role, content }) => (role === 'assistant' ? role : content))).toEqual([
      'assistant',
      expect.stringContaining('gate'),
      'Be brief.',
      'assistant',
      'Blue',
      'I am coming.',
    ]);
    expect(await say('Too late.')).toBe('ended');
    const events = await eventsOf(execution.id);
    expect(events.filter(({ type }) => type === 'agent.message').map(({ data }) => data.text)).toEqual([
      'Be brief.',
      'I am coming.',
    ]);
    const plain = await run(owner, [{ text: 'Hi' }], [{ kind: 'builtin', name: 'calculator' }]);
    expect(await object(plain.execution.id).say(owner.organization_id, { text: 'Hi', by })).toBe('not_deep');
  });

  it('finds its files again in a retry, as the calls that are taken over left them', async () => {
    const name = crypto.randomUUID();
    const model = await script([
      { calls: [write('a.md', 'one'), call('write_todos', { todos: [{ content: 'Go on', status: 'pending' }] })] },
      { calls: [call('edit_file', { path: 'a.md', old_text: 'one', new_text: 'two' })] },
      { text: 'Written.' },
    ]);
    const nodes = [
      agentNode('start', 'trigger.manual'),
      agentNode('act', 'ai.agent', { model: `custom/${model}`, prompt: 'Go', deep: { files: { 'b.md': 'B' } } }),
      agentNode('call', 'action.http', { method: 'POST', url: `${tools}/flaky/${name}/1`, fail_on_status: true }, ONCE),
      agentNode('after', 'ai.agent', {
        model: `custom/${await script([{ calls: [call('grep', { pattern: 't' })] }, { text: 'Read.' }])}`,
        prompt: 'Read',
        deep: {},
      }),
    ];
    const definition = {
      nodes,
      edges: agentEdges('start>act', 'act>call', 'call>after'),
      knowledge: { note: 'noted' },
    };
    const agent = await publishedAgent(owner, definition);
    const failed = await runToEnd(owner, agent.id);
    expect(failed.status).toBe('failed');
    const { body } = await api<Execution>(`/executions/${failed.id}/retry`, { token: owner.token, body: {} });
    expect(await ended(owner, body.id)).toMatchObject({ status: 'completed', output: { text: 'Read.' } });
    const found = await object(body.id).workspace(owner.organization_id);
    expect(found).toEqual({
      files: { 'a.md': 'two', 'b.md': 'B', 'knowledge/note.md': 'noted' },
      todos: [{ content: 'Go on', status: 'pending' }],
    });
    const steps = await stepsOf(owner, body.id);
    expect(steps.find(({ id }) => id === 'act')?.reused_from).toBe(failed.id);
    expect(steps.find(({ id }) => id === 'after#t1.0')?.output).toBe('a.md:1: two\nknowledge/note.md:1: noted');
  });

  it('keeps large files, and gives every version after they have moved to R2', async () => {
    const large = 'ä'.repeat(200_000);
    const turns = [
      { calls: [write('large.md', large)] },
      { calls: [call('edit_file', { path: 'large.md', old_text: large, new_text: 'small' })] },
      { calls: [call('delete_file', { path: 'large.md' })] },
      { text: 'Done.' },
    ];
    const { execution } = await deepRun(turns);
    expect(execution.status).toBe('completed');
    const file = (version: number | null) =>
      object(execution.id).workspaceFile(owner.organization_id, 'large.md', version);
    await eventually(
      async () =>
        (await env.VALUES.list({ prefix: `${owner.organization_id}/${execution.id}/file` })).objects.length === 1,
    );
    expect((await file(1))?.content).toBe(large);
    expect(await file(2)).toMatchObject({ content: 'small', version: 2, deleted: false, step_id: 'act#t2.0' });
    expect(await file(null)).toMatchObject({ content: '', version: 3, deleted: true });
    expect(await file(4)).toBeNull();
    expect(await object(execution.id).workspaceFiles('org_other')).toBeNull();
  });

  it('checks files as the draft of an agent, by file and line', async () => {
    const yaml = (type: string) => `nodes:\n  - id: start\n    type: ${type}\nedges: []\n`;
    const turns = [
      { calls: [call('check_agent', {}), write('draft/agent.yaml', yaml('trigger.never')), check('draft')] },
      { calls: [write('draft/agent.yaml', yaml('trigger.manual')), check('draft/')] },
      { text: 'It fits.' },
    ];
    const { execution, steps } = await run(owner, turns, [{ kind: 'builtin', name: 'check_agent' }], { deep: {} });
    expect(execution.status).toBe('completed');
    expect(step(steps, 't1.0').output).toContain('agent.yaml');
    expect(step(steps, 't1.2').output).toMatch(/^error: draft\/agent\.yaml:\d+ There is no node type "trigger\.never"/);
    expect(step(steps, 't2.1').output).not.toContain('error:');
  });

  it('repeats in a shadow run what it wrote, where its answer is the recorded one', async () => {
    const model = await script([{ calls: [write('a.md', 'recorded')] }, { text: 'Written.' }]);
    const reader = await script([{ calls: [call('read_file', { path: 'a.md' })] }, { text: 'Read.' }]);
    const node = (id: string, name: string, prompt: string) =>
      agentNode(id, 'ai.agent', { model: `custom/${name}`, prompt, deep: {} });
    const nodes = (prompt: string) => [
      agentNode('start', 'trigger.manual'),
      node('act', model, 'Write'),
      node('after', reader, prompt),
    ];
    const edges = agentEdges('start>act', 'act>after');
    const agent = await publishedAgent(owner, { nodes: nodes('Read it'), edges });
    const before = await runToEnd(owner, agent.id);
    expect(before.status).toBe('completed');
    await listedEnds(owner, agent.id, 1);
    await saveDraft(owner, agent.id, { nodes: nodes('Read it again'), edges });
    const { comparisons } = await endOf(owner, await startShadowRun(owner, agent.id, { count: 1 }));
    expect(comparisons[0]?.outcome).toMatchObject({ steps_recorded: 1 });
    const steps = await stepsOf(owner, comparisons[0]?.shadow_execution_id ?? '');
    expect(steps.find(({ id }) => id === 'act')?.reused_from).toBe(before.id);
    expect(steps.find(({ id }) => id === 'after#t1.0')?.output).toBe('1\trecorded');
  });

  it('loses no edit of helpers that change one file at the same moment', async () => {
    const names = Array.from({ length: 8 }, (_, index) => `h${index}`);
    const helper = `custom/${await script([{ text: 'Answered before.' }, { text: 'Changed.' }])}`;
    const helpers = names.map((name) => ({ name, description: 'Changes.', model: helper }));
    const model = await script([{ text: 'Answered before.' }, { text: 'All changed.' }]);
    const files = { 'shared.md': names.map((name) => `<${name}>`).join('\n') };
    const definition = agentOf(`custom/${model}`, [], { deep: { helpers, files } });
    const turn = (key: string, calls: readonly { name: string; arguments: JsonValue }[]) => {
      const tool_calls = calls.map((each, index) => ({ id: `call_0_${index}`, ...each }));
      const usage = { input_tokens: 1, output_tokens: 1 };
      const output = JSON.stringify({ text: '', tool_calls, finish_reason: 'tool-calls', usage });
      return { key, handle: 'out', input: null, output };
    };
    const change = (name: string) =>
      call('edit_file', { path: 'shared.md', old_text: `<${name}>`, new_text: `${name} was here` });
    // Turns that are taken over take no time, so that all helpers edit in the same one.
    const results = [
      turn(
        'act#t1',
        names.map((name) => call('task', { helper: name, description: 'Change it.' })),
      ),
      ...names.map((name, index) => turn(`act#t1.${index}/t1`, [change(name)])),
    ];
    const id = newId('execution');
    await object(id).start({
      ...startOf(owner, id, JSON.stringify(definition)),
      given: { from: newId('execution'), results, only: null, configs: {} },
    });
    const execution = await object(id).waitForEnd(owner.organization_id, 20);
    expect(execution).toMatchObject({ status: 'completed', output: { text: 'All changed.' } });
    const found = await object(id).workspace(owner.organization_id);
    expect(found?.files['shared.md']).toBe(names.map((name) => `${name} was here`).join('\n'));
  });

  it('goes on in a retry where a cancelled one stood, in the middle of a helper', async () => {
    const gate = crypto.randomUUID();
    const helper = await script([
      { calls: [write('h.md', 'half'), call('held', {})] },
      { calls: [call('edit_file', { path: 'h.md', old_text: 'half', new_text: 'whole' })] },
      { text: 'Helped.' },
    ]);
    const helpers = [{ name: 'helper', description: 'Helps.', model: `custom/${helper}` }];
    const tasks = [write('a.md', 'A'), call('task', { helper: 'helper', description: 'Help.' })];
    const model = await script([{ calls: tasks }, { text: 'Over.' }]);
    const execution = await begin(model, [http('held', `gate/${gate}`)], { helpers });
    await get(`${tools}/waiting/${gate}`);
    const stopped = await api(`/executions/${execution.id}/cancel`, { token: owner.token, body: {} });
    expect(stopped.status, JSON.stringify(stopped.body)).toBe(200);
    const { body } = await api<Execution>(`/executions/${execution.id}/retry`, { token: owner.token, body: {} });
    await eventually(async () => (await seen(`gate/${gate}`)).length === 2);
    await fetch(`${tools}/open/${gate}`);
    expect(await ended(owner, body.id)).toMatchObject({ status: 'completed', output: { text: 'Over.' } });
    const found = await object(body.id).workspace(owner.organization_id);
    expect(found?.files).toEqual({ 'a.md': 'A', 'h.md': 'whole' });
    const reused = (await stepsOf(owner, body.id)).filter((each) => each.reused_from !== null).map(({ id }) => id);
    expect(reused).toEqual(['start', 'act#t1', 'act#t1.0', 'act#t1.1/t1', 'act#t1.1/t1.0']);
  });
});
