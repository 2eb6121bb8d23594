import { executionId } from '@agentflow/contracts';
import { type Context, Hono } from 'hono';
import { invocationIdOf } from '../../domains/invocations/index.ts';
import { boundedBody } from '../../platform/body.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { idempotencyKey, requestHash } from '../../platform/idempotency.ts';
import { timeOfId } from '../../platform/ids.ts';
import { answerError } from '../../platform/refusals.ts';
import type { AppEnv } from '../../platform/router.ts';
import { answerText } from '../shared/answer-text.ts';
import type { OfferedAgent } from '../shared/caller.ts';
import { doorCaller } from '../shared/door-caller.ts';
import { patienceOf } from '../shared/run-watch.ts';
import { type RunningCall, startCall, streamedAnswer, wholeAnswer } from './answer-call.ts';
import { ChatStream, chatCompletion } from './chat.ts';
import { answerRefusal, modelNotFound, OpenAiRefusal, ofApiError, refuse } from './refusals.ts';
import { type Asked, askedByChat, askedByResponses, chatRequest, parse, responsesRequest } from './requests.ts';
import { executionOfResponse, ResponseStream, response, statusOf } from './responses.ts';

/** OpenAI's API, with agents as models. Not in the OpenAPI document: its errors and lists are OpenAI's. */
export const openAiRoutes = new Hono<AppEnv>();

openAiRoutes.onError((error, c) => {
  if (error instanceof OpenAiRefusal) return answerRefusal(error);
  if (error instanceof ApiError) return answerRefusal(ofApiError(error));
  const { status, headers } = answerError(error, c);
  const message = `The error was logged under the request id ${c.var.requestId}.`;
  const told = { message, type: 'server_error', param: null, code: 'internal_error' };
  const wait = headers.get('Retry-After');
  return answerRefusal(new OpenAiRefusal(status, told, wait !== null, wait === null ? {} : { 'Retry-After': wait }));
});

openAiRoutes.use('/v1/*', boundedBody());

openAiRoutes.post('/v1/chat/completions', async (c) => {
  const caller = await doorCaller(c, 'openai');
  const request = parse(chatRequest, c.var.bodyText ?? '');
  const call = await begin(c, caller, askedByChat(request));
  if (request.stream === true) {
    const writer = new ChatStream(call.facts, request.stream_options?.include_usage === true);
    return stream(c, call, writer);
  }
  const { text, execution } = await wholeAnswer(call);
  return c.json(chatCompletion(call.facts, text, execution), 200, { ...call.headers });
});

openAiRoutes.post('/v1/responses', async (c) => {
  const caller = await doorCaller(c, 'openai');
  const request = parse(responsesRequest, c.var.bodyText ?? '');
  const asked = askedByResponses(request);
  if (request.background === true && asked.stream) {
    throw refuse('unsupported_parameter', 'A response in the background is not streamed: read it by its id.', 'stream');
  }
  const call = await begin(c, caller, asked);
  if (asked.stream) return stream(c, call, new ResponseStream(call.facts));
  if (request.background === true) {
    const { execution } = call.started;
    return c.json(
      response(call.facts, { status: statusOf(execution), text: null, used: execution }),
      200,
      call.headers,
    );
  }
  const { text, execution, ended } = await wholeAnswer(call);
  const status = ended ? 'completed' : statusOf(execution);
  return c.json(response(call.facts, { status, text, used: execution }), 200, { ...call.headers });
});

openAiRoutes.get('/v1/responses/:id', async (c) => {
  const caller = await doorCaller(c, 'openai');
  return c.json(presentRun(await caller.read(runOf(c))), 200);
});

openAiRoutes.post('/v1/responses/:id/cancel', async (c) => {
  const caller = await doorCaller(c, 'openai');
  return c.json(presentRun(await caller.cancel(runOf(c))), 200);
});

openAiRoutes.get('/v1/models', async (c) => {
  const agents = await (await doorCaller(c, 'openai')).agents();
  const names = agents.map(({ name }) => name);
  // Of several with one name, each is called by its id.
  const data = agents.map((agent) => model(agent, names.filter((name) => name === agent.name).length === 1));
  return c.json({ object: 'list', data }, 200);
});

openAiRoutes.get('/v1/models/:model{.+}', async (c) => {
  const named = c.req.param('model');
  const agent = await (await doorCaller(c, 'openai')).agent(named);
  if (agent === null) throw modelNotFound(named);
  return c.json(model(agent, named !== agent.id), 200);
});

openAiRoutes.all('/v1/*', () => {
  throw new OpenAiRefusal(
    404,
    { message: 'There is nothing at this path.', type: 'invalid_request_error', param: null, code: 'not_found' },
    false,
  );
});

async function begin(c: Context<AppEnv>, caller: Parameters<typeof startCall>[0], asked: Asked): Promise<RunningCall> {
  const key = idempotencyKey(c.req.header('idempotency-key'));
  const body_hash = await requestHash('POST', c.req.path, c.var.bodyText ?? '');
  return startCall(caller, asked, patienceOf(c.req.header('prefer')), key === null ? null : { key, body_hash });
}

function stream(
  c: Context<AppEnv>,
  call: RunningCall,
  writer: Parameters<typeof streamedAnswer>[1],
): Promise<Response> {
  return streamedAnswer(call, writer, {
    log: c.var.log,
    waitUntil: (work) => c.executionCtx.waitUntil(work),
    hungUp: c.req.raw.signal,
  });
}

function runOf(c: Context<AppEnv>): string {
  const id = executionOfResponse(c.req.param('id') ?? '');
  if (!executionId.safeParse(id).success) throw notFound('response', c.req.param('id') ?? '');
  return id;
}

function presentRun(execution: Parameters<typeof statusOf>[0] & Awaited<ReturnType<typeof wholeAnswer>>['execution']) {
  const { status, output, error, agent_name } = execution;
  const facts = { execution, invocation_id: invocationIdOf(execution.id), model: agent_name };
  const text = status === 'completed' ? answerText(output) : null;
  return response(facts, { status: statusOf(execution), text, used: execution, ...(error === null ? {} : { error }) });
}

function model({ id, name }: OfferedAgent, byName: boolean) {
  return { id: byName ? name : id, object: 'model', created: Math.floor(timeOfId(id) / 1000), owned_by: 'agentflow' };
}
