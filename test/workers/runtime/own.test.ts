import { env, exports } from 'cloudflare:workers';
import type { AgentDefinition, Execution, StreamFrame } from '@agentflow/contracts';
import { beforeAll, describe, expect, it } from 'vitest';
import {
  type OwnRuntimeContext,
  ownRuntime,
  type RuntimeClient,
  readFrame,
  remoteRuntime,
} from '../../../workers/domains/runtime/index.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, createKey, type Member, ORIGIN, signUp } from '../../support/api.ts';
import { eventually } from '../../support/eventually.ts';
import { call, deepDefinition, write } from './threads.ts';

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
});

const TRACE = '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01';

async function contextOf(more: Partial<OwnRuntimeContext> = {}): Promise<OwnRuntimeContext> {
  const nodes = [agentNode('start', 'trigger.manual'), agentNode('say', 'logic.transform', { expression: '1' })];
  const agent = await publishedAgent(owner, { nodes, edges: agentEdges('start>say') });
  return {
    organization_id: owner.organization_id,
    caller: { kind: 'user', user_id: owner.user_id, name: 'Owner', role: 'owner' },
    agent_id: agent.id,
    agent_name: agent.name,
    ip: '203.0.113.7',
    traceparent: TRACE,
    request_id: 'req_test',
    trigger: 'refinement',
    created_at: Date.now(),
    ...more,
  };
}

const jobOf = (agent_definition: AgentDefinition) => ({
  job_id: crypto.randomUUID(),
  agent_definition,
  input_payload: {},
});

/** All frames until the socket closes; `tell` may send what a frame asks for. */
async function follow(
  client: RuntimeClient,
  thread: string,
  after = 0,
  tell: (frame: StreamFrame) => object | null = () => null,
): Promise<StreamFrame[]> {
  const stream = await client.open(thread, after);
  if (!stream.ok) throw new Error(stream.error.message);
  const { socket } = stream;
  const frames: StreamFrame[] = [];
  socket.addEventListener('message', ({ data }) => {
    const read = readFrame(data as string);
    if (!read.ok) throw new Error(read.error.message);
    frames.push(read.frame);
    const said = tell(read.frame);
    if (said !== null) socket.send(JSON.stringify(said));
  });
  const closed = new Promise((resolve) => socket.addEventListener('close', resolve));
  socket.accept();
  await closed;
  return frames;
}

async function invoked(client: RuntimeClient, job: Parameters<RuntimeClient['invoke']>[0]): Promise<string> {
  const answer = await client.invoke(job);
  if (!answer.ok) throw new Error(`${answer.error.code}: ${answer.error.message}`);
  return answer.thread_id;
}

const TURNS = [{ calls: [write('agent.yaml', 'name: Two')] }, { text: 'Renamed.' }];

async function remoteOf(member: Member): Promise<RuntimeClient> {
  const { key } = await createKey(member, ['agents:execute', 'agents:write', 'executions:read', 'executions:cancel']);
  const fetchItself: typeof fetch = async (input, init) => exports.default.fetch(new Request(input, init));
  const settings = { ...env, DEEPAGENTS_RUNTIME_URL: ORIGIN, DEEPAGENTS_RUNTIME_TOKEN: key };
  return remoteRuntime(settings, { fetch: fetchItself }, { traceparent: TRACE });
}

describe.each<[string, () => Promise<RuntimeClient>]>([
  ['this installation', async () => ownRuntime(env, await contextOf())],
  ['this installation as a remote one', () => remoteOf(owner)],
])('the runtime of %s', (_name, make) => {
  it('runs a definition once for a job, streams it, knows its state and forgets it', async () => {
    const client = await make();
    const { definition } = await deepDefinition(TURNS);
    const job = jobOf(definition);
    const thread = await invoked(client, job);
    expect(await invoked(client, job)).toBe(thread);
    const frames = await follow(client, thread);
    expect(frames.at(-1)).toMatchObject({ event_type: 'end', data: { status: 'completed' } });
    expect(frames.at(-2)?.data).toMatchObject({ files: { 'agent.yaml': 'name: Two' } });
    const execution = await api<Execution>(`/executions/${thread}`, { token: owner.token });
    expect(execution.body.trace_id).toBe(TRACE.slice(3, 35));
    expect(await client.state(thread)).toMatchObject({
      ok: true,
      state: { thread_id: thread, status: 'completed', files: { 'agent.yaml': 'name: Two' }, error: null },
    });
    await client.forget(thread);
    expect(await client.state(thread)).toMatchObject({ ok: false, error: { code: 'runtime_thread_unknown' } });
    expect(await client.open(thread, 0)).toMatchObject({ ok: false, error: { code: 'runtime_thread_unknown' } });
    await client.forget(thread);
  });

  it('is stopped through its stream, where it asks somebody', async () => {
    const client = await make();
    const { definition } = await deepDefinition(
      [{ calls: [call('ask_person', { question: 'Which?' })] }, { text: 'Over.' }],
      { ask_people: true },
    );
    const thread = await invoked(client, jobOf(definition));
    const frames = await follow(client, thread, 0, ({ event_type }) =>
      event_type === 'on_question' ? { event_type: 'stop', data: {} } : null,
    );
    expect(frames.at(-1)).toMatchObject({ event_type: 'end', data: { status: 'cancelled' } });
  });

  it('says why it does not take a job', async () => {
    const client = await make();
    const schema = { type: 'object', required: ['n'] };
    const input = { nodes: [agentNode('start', 'trigger.manual')], edges: [], input_schema: schema } as AgentDefinition;
    expect(await client.invoke(jobOf(input))).toMatchObject({ ok: false, error: { retryable: false } });
  });
});

describe('what this installation’s runtime runs for the platform', () => {
  it('is in the books of the agent that it is for, in the name of whoever asked, and blocks side effects', async () => {
    const context = await contextOf();
    const client = ownRuntime(env, context);
    const thread = await invoked(client, jobOf((await deepDefinition(TURNS)).definition));
    await follow(client, thread);
    const { body } = await api<Execution>(`/executions/${thread}`, { token: owner.token });
    expect(body).toMatchObject({
      agent_id: context.agent_id,
      mode: 'test',
      version: null,
      trigger: 'refinement',
      triggered_by: { type: 'user', id: owner.user_id },
    });
  });

  it('keeps its costs when it is forgotten in the middle, and leaves the lists', async () => {
    const context = await contextOf();
    const client = ownRuntime(env, context);
    const asks = [{ calls: [call('ask_person', { question: 'Which?' })] }, { text: 'Over.' }];
    const { definition } = await deepDefinition(asks, { ask_people: true });
    const thread = await invoked(client, jobOf(definition));
    const closed = follow(client, thread, 0, ({ event_type }) => {
      if (event_type === 'on_question') void client.forget(thread);
      return null;
    });
    await closed;
    expect(await client.state(thread)).toMatchObject({ ok: false });
    const costs = () =>
      env.DB.prepare('SELECT count(*) AS n FROM cost_records WHERE execution_id = ?')
        .bind(thread)
        .first<{ n: number }>();
    await eventually(async () => {
      const row = await env.DB.prepare('SELECT count(*) AS n FROM executions WHERE id = ?').bind(thread).first('n');
      return row === 0 && ((await costs())?.n ?? 0) > 0;
    });
  });

  it('does not begin for those who may not write agents', async () => {
    const viewer = { kind: 'checked_key', key_id: 'key_test', name: 'Reader', scopes: ['agents:read'] } as const;
    const client = ownRuntime(env, await contextOf({ caller: viewer }));
    const refused = await client.invoke(jobOf((await deepDefinition(TURNS)).definition));
    expect(refused).toMatchObject({ ok: false, error: { code: 'forbidden', retryable: false } });
  });
});
