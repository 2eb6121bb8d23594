import { exports } from 'cloudflare:workers';
import type { Execution, JsonValue } from '@agentflow/contracts';
import OpenAI from 'openai';
import { beforeAll, describe, expect, inject, it } from 'vitest';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, createKey, type Member, ORIGIN, signUp } from '../../support/api.ts';
import { asked, askingAgent, decide } from '../../support/approvals.ts';
import { eventually } from '../../support/eventually.ts';
import { externalAgent } from '../../support/external-agents.ts';

const tools = inject('toolServerUrl');
const start = agentNode('start', 'trigger.manual');
const MESSAGE_SCHEMA = {
  type: 'object',
  properties: { message: { type: 'string' } },
  required: ['message'],
  additionalProperties: false,
} as Record<string, JsonValue>;

let owner: Member;
let client: OpenAI;
let apiKey: string;

function clientOf(apiKey: string, headers: Record<string, string> = {}): OpenAI {
  return new OpenAI({
    apiKey,
    baseURL: `${ORIGIN}/v1`,
    defaultHeaders: headers,
    fetch: (url, init) => exports.default.fetch(new Request(url as string, init as RequestInit)),
  });
}

function transforming(name: string, expression: string, input_schema = MESSAGE_SCHEMA) {
  const nodes = [start, agentNode('answer', 'logic.transform', { expression })];
  return publishedAgent(owner, { nodes, edges: agentEdges('start>answer'), input_schema }, name);
}

/** An agent whose one model says `Once upon `, and `a time.` once it is let. */
async function storyteller() {
  const model = crypto.randomUUID();
  const nodes = [
    start,
    agentNode('write', 'ai.chat', { model: `custom/${model}`, prompt: 'A story about {{trigger.message}}' }),
  ];
  const agent = await publishedAgent(
    owner,
    { nodes, edges: agentEdges('start>write'), input_schema: MESSAGE_SCHEMA },
    model,
  );
  return { agent, model, open: () => fetch(`${tools}/open/${model}`), ended: () => fetch(`${tools}/ended/${model}`) };
}

const says = (content: string) => ({ messages: [{ role: 'user' as const, content }] });

function execution(id: string): Promise<Execution> {
  return api<Execution>(`/executions/${id}`, { token: owner.token }).then(({ body }) => body);
}

async function refusal(act: Promise<unknown>): Promise<InstanceType<typeof OpenAI.APIError>> {
  const error = await act.then(
    () => new Error('nothing was refused'),
    (thrown: unknown) => thrown,
  );
  if (error instanceof OpenAI.APIError) return error;
  throw error;
}

beforeAll(async () => {
  owner = await signUp();
  await transforming('Echo', '{"text": "You said: " & message}'.replace('message', 'trigger.message'));
  apiKey = (await externalAgent(owner)).api_key;
  client = clientOf(apiKey);
});

describe('models', () => {
  it('are the agents that the key may call, by name', async () => {
    const house = await signUp();
    const echo = await publishedAgent(house, { nodes: [start], edges: [] }, 'One');
    await publishedAgent(house, { nodes: [start], edges: [] }, 'Two');
    const scoped = clientOf((await externalAgent(house, { agents: [echo.id] })).api_key);
    const all = clientOf((await externalAgent(house)).api_key);
    expect((await scoped.models.list()).data.map(({ id }) => id)).toEqual(['One']);
    expect((await all.models.list()).data.map(({ id }) => id)).toEqual(['One', 'Two']);
    expect(await scoped.models.retrieve(echo.id)).toMatchObject({ id: echo.id, object: 'model' });
    expect(await scoped.models.retrieve('One')).toMatchObject({ id: 'One', owned_by: 'agentflow' });
    const error = await refusal(scoped.models.retrieve('Two'));
    expect(error).toMatchObject({ status: 404, code: 'model_not_found' });
  });
});

describe('a chat completion', () => {
  it('is the output of the agent that the model names', async () => {
    const { data, response } = await client.chat.completions.create({ model: 'Echo', ...says('Hi') }).withResponse();
    expect(data).toMatchObject({ object: 'chat.completion', model: 'Echo' });
    expect(data.choices[0]).toMatchObject({
      finish_reason: 'stop',
      message: { role: 'assistant', content: 'You said: Hi' },
    });
    const id = response.headers.get('x-execution-id') ?? '';
    expect(await execution(id)).toMatchObject({
      status: 'completed',
      trigger: 'external',
      input: { message: 'Hi' },
      triggered_by: { type: 'external_agent' },
    });
    expect(response.headers.get('x-invocation-id')).toBe(id.replace('exe_', 'inv_'));
  });

  it('streams what the last model writes, as it writes it, with the tokens of the run', async () => {
    const { model, open } = await storyteller();
    const stream = await client.chat.completions.create({
      model,
      ...says('the sea'),
      stream: true,
      stream_options: { include_usage: true },
    });
    let text = '';
    let usage: OpenAI.CompletionUsage | null | undefined;
    for await (const chunk of stream) {
      text += chunk.choices[0]?.delta.content ?? '';
      usage = chunk.usage ?? usage;
      // The model goes on only now.
      if (text === 'Once upon ') await open();
    }
    expect(text).toBe('Once upon a time.');
    const { data } = (await api<{ data: Execution[] }>('/executions?limit=1', { token: owner.token })).body;
    const run = await execution(data[0]?.id ?? '');
    expect(run.output_tokens).toBeGreaterThan(0);
    expect(usage).toEqual({
      prompt_tokens: run.input_tokens,
      completion_tokens: run.output_tokens,
      total_tokens: run.input_tokens + run.output_tokens,
    });
  });

  it('streams in pieces at the end what no model writes', async () => {
    const long = 'x'.repeat(900);
    const stream = await client.chat.completions.create({ model: 'Echo', ...says(long), stream: true });
    const pieces: string[] = [];
    for await (const chunk of stream) {
      const piece = chunk.choices[0]?.delta.content ?? '';
      if (piece !== '') pieces.push(piece);
    }
    expect(pieces.length).toBeGreaterThan(1);
    expect(pieces.join('')).toBe(`You said: ${long}`);
  });

  it('ends the run when its reader goes away', async () => {
    const { model, ended } = await storyteller();
    const { data: stream, response } = await client.chat.completions
      .create({ model, ...says('the sea'), stream: true })
      .withResponse();
    for await (const chunk of stream) {
      if (chunk.choices[0]?.delta.content === 'Once upon ') break;
    }
    const id = response.headers.get('x-execution-id') ?? '';
    await eventually(async () => ((await execution(id)).status === 'cancelled' ? true : null));
    await ended();
  });

  it('starts one run for one Idempotency-Key', async () => {
    const once = () =>
      client.chat.completions
        .create({ model: 'Echo', ...says('Once') }, { headers: { 'Idempotency-Key': 'chat-1' } })
        .withResponse();
    const [first, second] = [await once(), await once()];
    expect(second.data.id).toBe(first.data.id);
    expect(second.response.headers.get('idempotency-replayed')).toBe('true');
  });

  it('says how to go on where a person has to decide', async () => {
    const agent = await askingAgent(owner);
    const patient = clientOf(apiKey, { prefer: 'wait=1' });
    const input = JSON.stringify({ customer: 'Marta', amount: 40 });
    const { data, response } = await patient.chat.completions
      .create({ model: agent.id, ...says(input) })
      .withResponse();
    const id = response.headers.get('x-execution-id') ?? '';
    expect(data.choices[0]?.message.content).toContain(`waits for an approval`);
    expect(data.choices[0]?.message.content).toContain(`/v1/responses/resp_${id}`);
    const [question] = await asked(owner, id);
    await decide(owner, question?.id ?? '', { decision: 'approve' });
    const answer = await eventually(async () => {
      const found = await client.responses.retrieve(`resp_${id}`);
      return found.status === 'completed' ? found : null;
    });
    expect(JSON.parse(answer.output_text)).toMatchObject({ refunded: { to: 'Marta' } });
  });
});

describe('a response', () => {
  it('is the output of the agent', async () => {
    const answer = await client.responses.create({ model: 'Echo', input: 'Hi', instructions: 'Be kind.' });
    expect(answer).toMatchObject({ object: 'response', status: 'completed', output_text: 'You said: Hi' });
    expect(await client.responses.retrieve(answer.id)).toMatchObject({
      status: 'completed',
      output_text: 'You said: Hi',
    });
  });

  it('streams its events', async () => {
    const { model, open } = await storyteller();
    const stream = client.responses.stream({ model, input: [{ role: 'user', content: 'the sea' }] });
    const types: string[] = [];
    for await (const event of stream) {
      types.push(event.type);
      if (event.type === 'response.output_text.delta' && event.delta === 'Once upon ') await open();
    }
    expect((await stream.finalResponse()).output_text).toBe('Once upon a time.');
    expect(types).toEqual([
      'response.created',
      'response.in_progress',
      'response.output_item.added',
      'response.content_part.added',
      'response.output_text.delta',
      'response.output_text.delta',
      'response.output_text.done',
      'response.content_part.done',
      'response.output_item.done',
      'response.completed',
    ]);
  });

  it('runs in the background and is read, or cancelled, by its id', async () => {
    const { model, open } = await storyteller();
    const begun = await client.responses.create({ model, input: 'the sea', background: true });
    expect(['queued', 'in_progress']).toContain(begun.status);
    const ended = await eventually(async () => {
      await open();
      const found = await client.responses.retrieve(begun.id);
      return found.status === 'completed' ? found : null;
    });
    expect(ended.output_text).toBe('Once upon a time.');
    const other = await storyteller();
    const running = await client.responses.create({ model: other.model, input: 'the sea', background: true });
    expect(await client.responses.cancel(running.id)).toMatchObject({ status: 'cancelled' });
    expect(await refusal(client.responses.cancel(running.id))).toMatchObject({
      status: 409,
      code: 'execution_finished',
    });
  });

  it('of another external agent is not there', async () => {
    const answer = await client.responses.create({ model: 'Echo', input: 'Hi' });
    const other = clientOf((await externalAgent(owner)).api_key);
    const stranger = clientOf((await externalAgent(await signUp())).api_key);
    for (const reader of [other, stranger]) {
      expect(await refusal(reader.responses.retrieve(answer.id))).toMatchObject({ status: 404 });
      expect(await refusal(reader.responses.cancel(answer.id))).toMatchObject({ status: 404 });
    }
    const deaf = clientOf((await externalAgent(owner, { operations: ['invoke'] })).api_key);
    expect(await refusal(deaf.responses.retrieve(answer.id))).toMatchObject({ status: 403, code: 'forbidden' });
  });
});

describe('what is refused', () => {
  it('is refused in the shape and with the class that the client knows', async () => {
    const ask = (key: string, body: object = {}) =>
      refusal(clientOf(key).chat.completions.create({ model: 'Echo', ...says('Hi'), ...body }));
    expect(await ask('ea_nobody')).toBeInstanceOf(OpenAI.AuthenticationError);
    const { key } = await createKey(owner, ['agents:execute']);
    expect(await ask(key)).toBeInstanceOf(OpenAI.PermissionDeniedError);
    expect(await ask(apiKey, { model: 'Nobody' })).toMatchObject({
      status: 404,
      code: 'model_not_found',
      param: 'model',
    });
    expect(await ask(apiKey, { n: 2 })).toMatchObject({ status: 400, param: 'n' });
    expect(await ask(apiKey, { tools: [{ type: 'function' }] })).toMatchObject({ status: 400, param: 'tools' });
    expect(await ask(apiKey, { messages: [] })).toBeInstanceOf(OpenAI.BadRequestError);
  });

  it('names the schema that a message does not fit, and starts nothing', async () => {
    const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] } as Record<
      string,
      JsonValue
    >;
    const agent = await transforming('Doubles', 'trigger.n * 2', schema);
    const error = await refusal(client.chat.completions.create({ model: 'Doubles', ...says('two') }));
    expect(error).toMatchObject({ status: 400, code: 'input_does_not_fit' });
    expect(error.message).toContain('"required":["n"]');
    const answer = await client.chat.completions.create({ model: 'Doubles', ...says('{"n": 2}') });
    expect(answer.choices[0]?.message.content).toBe('4');
    const { data } = (await api<{ data: Execution[] }>(`/executions?agent_id=${agent.id}`, { token: owner.token }))
      .body;
    expect(data.length).toBeLessThanOrEqual(1);
  });

  it('is not repeated by the client where a run has failed', async () => {
    const nodes = [start, agentNode('fail', 'action.http', { url: `${tools}/status/404` })];
    const agent = await publishedAgent(owner, { nodes, edges: agentEdges('start>fail') }, 'Fails');
    const error = await refusal(client.chat.completions.create({ model: 'Fails', ...says('Hi') }));
    expect(error).toMatchObject({ status: 500, type: 'server_error' });
    expect(error.message).toMatch(/The run exe_\w+ failed/);
    const runs = await eventually(async () => {
      const { data } = (await api<{ data: Execution[] }>(`/executions?agent_id=${agent.id}`, { token: owner.token }))
        .body;
      return data.length > 0 ? data : null;
    });
    expect(runs).toHaveLength(1);
    const streamed = await client.chat.completions.create({ model: 'Fails', ...says('Hi'), stream: true });
    await expect(async () => {
      for await (const _chunk of streamed);
    }).rejects.toThrow(/The run exe_\w+ failed/);
  });

  it('tells why an agent cannot run', async () => {
    const agent = await transforming('Rests', '1');
    await api(`/agents/${agent.id}/status`, { method: 'PUT', token: owner.token, body: { status: 'paused' } });
    const error = await refusal(client.chat.completions.create({ model: agent.id, ...says('Hi') }));
    expect(error).toMatchObject({ status: 409, code: 'agent_paused' });
  });

  it('says when to come again', async () => {
    const limited = await externalAgent(owner, { rate_limits: { minute: 1, hour: null, day: null } });
    const hasty = clientOf(limited.api_key).withOptions({ maxRetries: 0 });
    await hasty.chat.completions.create({ model: 'Echo', ...says('Hi') });
    const error = await refusal(hasty.chat.completions.create({ model: 'Echo', ...says('Hi') }));
    expect(error).toBeInstanceOf(OpenAI.RateLimitError);
    expect(error.code).toBe('rate_limited');
    expect(Number(error.headers?.get('retry-after'))).toBeGreaterThan(0);
    expect(error.headers?.get('x-ratelimit-limit-requests')).toBe('1');
    expect(error.headers?.get('x-ratelimit-remaining-requests')).toBe('0');
  });
});
