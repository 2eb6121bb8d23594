import {
  agentDefinition,
  agentId,
  executeRequest,
  execution,
  executionEvent,
  executionFilter,
  executionId,
  executionLog,
  executionStep,
  executionSummary,
  page,
  pageQuery,
  retryRequest,
  streamTicket,
  testRequest,
  usdToMicrousd,
} from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { requestContext } from '../../platform/auth.ts';
import { ApiError, invalid } from '../../platform/errors.ts';
import { idempotencyKey, requestHash } from '../../platform/idempotency.ts';
import { budgetHeaders, limitHeaders } from '../../platform/limit-headers.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import { type AppEnv, createRouter, json, operation } from '../../platform/router.ts';
import { signTicket, TICKET_SECONDS } from '../../platform/tokens.ts';
import { retryExecution } from './retry.ts';
import {
  cancelExecution,
  executionDefinition,
  getExecution,
  listEvents,
  listExecutions,
  listLogs,
  listSteps,
} from './service.ts';
import { type StartOutcome, startExecution } from './start.ts';
import { startRefusals } from './start-refusals.ts';
import { openStream } from './stream.ts';
import { streamAccess } from './stream-access.ts';
import { streamCallerOf } from './stream-caller.ts';
import { preferredWait } from './wait.ts';

const tags = ['Executions'];
const agentParams = z.object({ id: agentId });
const executionParams = z.object({ id: executionId });

/** Steps, events and logs go from old to new, so their cursor is a plain number. */
const sequenceQuery = z.object({
  after: z.coerce.number().int().min(0).default(0),
  limit: z.coerce.number().int().min(1).max(1000).default(100),
});
const sequencePage = <T extends z.ZodType>(item: T) =>
  z.object({ data: z.array(item), next_cursor: z.string().nullable().describe('Value of `after` for the next page') });

const startResponses = {
  202: { description: 'Started', content: json(execution) },
  200: { description: 'Ended within the time of `Prefer: wait=N`', content: json(execution) },
  ...startRefusals,
};

const execute = operation({
  method: 'post',
  path: '/agents/{id}/execute',
  operationId: 'executeAgent',
  tags,
  summary: 'Start an execution of a published version',
  description:
    'Answers at once with 202, or with `Prefer: wait=N` (up to 60 seconds) with the finished execution. `Idempotency-Key` makes it safe to repeat.',
  access: 'agents:execute',
  deferKey: true,
  request: { params: agentParams, body: { content: json(executeRequest) } },
  responses: startResponses,
});

const test = operation({
  method: 'post',
  path: '/agents/{id}/test',
  operationId: 'testAgent',
  tags,
  summary: 'Run the draft without side effects',
  description: 'Steps that would change the outside world answer with what they would have sent.',
  access: 'agents:write',
  deferKey: true,
  request: { params: agentParams, body: { content: json(testRequest) } },
  responses: startResponses,
});

const list = operation({
  method: 'get',
  path: '/executions',
  operationId: 'listExecutions',
  tags,
  summary: 'List executions, newest first',
  access: 'executions:read',
  request: { query: pageQuery.extend(executionFilter.shape) },
  responses: { 200: { description: 'A page of executions', content: json(page(executionSummary)) } },
});

const get = operation({
  method: 'get',
  path: '/executions/{id}',
  operationId: 'getExecution',
  tags,
  summary: 'Get an execution with its input and output',
  access: 'executions:read',
  request: { params: executionParams },
  responses: { 200: { description: 'The execution', content: json(execution) } },
});

const definition = operation({
  method: 'get',
  path: '/executions/{id}/definition',
  operationId: 'getExecutionDefinition',
  tags,
  summary: 'Get the definition that an execution runs',
  description: 'That of its version, or of the draft as it was when the test began.',
  access: 'agents:read',
  request: { params: executionParams },
  responses: { 200: { description: 'The definition', content: json(agentDefinition) } },
});

const steps = operation({
  method: 'get',
  path: '/executions/{id}/steps',
  operationId: 'listExecutionSteps',
  tags,
  summary: 'List steps in the order in which they began',
  access: 'executions:read',
  request: { params: executionParams, query: sequenceQuery },
  responses: { 200: { description: 'A page of steps', content: json(sequencePage(executionStep)) } },
});

const logs = operation({
  method: 'get',
  path: '/executions/{id}/logs',
  operationId: 'listExecutionLogs',
  tags,
  summary: 'List log lines, oldest first',
  access: 'executions:read',
  request: { params: executionParams, query: sequenceQuery },
  responses: { 200: { description: 'A page of log lines', content: json(sequencePage(executionLog)) } },
});

const events = operation({
  method: 'get',
  path: '/executions/{id}/events',
  operationId: 'listExecutionEvents',
  tags,
  summary: 'Read the event log, or follow it as server-sent events',
  description:
    'JSON by default. With `Accept: text/event-stream` the log is replayed from `after` (or `Last-Event-ID`) and followed until the execution ends.',
  access: 'executions:read',
  request: { params: executionParams, query: sequenceQuery },
  responses: {
    200: {
      description: 'A page of events, or the stream',
      content: { ...json(sequencePage(executionEvent)), 'text/event-stream': { schema: z.string() } },
    },
  },
});

const ticket = operation({
  method: 'post',
  path: '/executions/{id}/stream-ticket',
  operationId: 'createStreamTicket',
  tags,
  summary: 'Get a one-minute ticket for the WebSocket of an execution',
  access: 'executions:read',
  request: { params: executionParams },
  responses: { 200: { description: 'The ticket', content: json(streamTicket) } },
});

const retry = operation({
  method: 'post',
  path: '/executions/{id}/retry',
  operationId: 'retryExecution',
  tags,
  summary: 'Run what did not end well again, or from a node on',
  description:
    'A new execution of the same version that takes over the finished steps of this one: they are marked with `reused_from` and cost nothing. 409 while the execution runs. `Prefer: wait=N` and `Idempotency-Key` as for starts.',
  access: 'agents:execute',
  request: { params: executionParams, body: { content: json(retryRequest) } },
  responses: startResponses,
});

const cancel = operation({
  method: 'post',
  path: '/executions/{id}/cancel',
  operationId: 'cancelExecution',
  tags,
  summary: 'Cancel an execution',
  access: 'executions:cancel',
  request: { params: executionParams },
  responses: { 200: { description: 'The cancelled execution', content: json(execution) } },
});

export const executionRoutes = createRouter()
  .openapi(execute, async (c) => {
    const { input, version, project_id, budget_usd } = c.req.valid('json');
    const outcome = await startExecution({
      ...(await startBase(c)),
      mode: 'live',
      permission: 'agents:execute',
      version: version ?? null,
      projectId: project_id ?? null,
      budgetMicrousd: budget_usd === undefined ? undefined : usdToMicrousd(budget_usd),
      input,
    });
    return started(c, outcome);
  })
  .openapi(test, async (c) => {
    const { input, pinned, only, project_id } = c.req.valid('json');
    const outcome = await startExecution({
      ...(await startBase(c)),
      pinned: { pinned, only },
      mode: 'test',
      permission: 'agents:write',
      version: null,
      projectId: project_id ?? null,
      input,
    });
    return started(c, outcome);
  })
  .openapi(retry, async (c) => {
    const outcome = await retryExecution(await startBase(c), c.req.valid('param').id, c.req.valid('json'));
    return started(c, outcome);
  })
  .openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    return c.json(await listExecutions(requestContext(c), filter, decodeCursor(cursor), limit), 200);
  })
  .openapi(get, async (c) => c.json(await getExecution(requestContext(c), c.req.valid('param').id), 200))
  .openapi(definition, async (c) => c.json(await executionDefinition(requestContext(c), c.req.valid('param').id), 200))
  .openapi(steps, async (c) => {
    const { after, limit } = c.req.valid('query');
    return c.json(sequence(await listSteps(requestContext(c), c.req.valid('param').id, after, limit)), 200);
  })
  .openapi(logs, async (c) => {
    const { after, limit } = c.req.valid('query');
    return c.json(sequence(await listLogs(requestContext(c), c.req.valid('param').id, after, limit)), 200);
  })
  .openapi(events, async (c) => {
    const { id } = c.req.valid('param');
    const { after, limit } = c.req.valid('query');
    const ctx = requestContext(c);
    if (c.req.header('accept')?.includes('text/event-stream') === true) {
      return openStream(c, id, ctx.organizationId, lastEventId(c) ?? after) as never;
    }
    return c.json(sequence(await listEvents(ctx, id, after, limit)), 200);
  })
  .openapi(ticket, async (c) => {
    const ctx = requestContext(c);
    const { id } = c.req.valid('param');
    await getExecution(ctx, id);
    const { principal } = ctx;
    const held_to = principal.held_to ?? null;
    const caller = streamCallerOf(principal);
    const claims = { execution_id: id, organization_id: ctx.organizationId, held_to, caller };
    return c.json({ ticket: await signTicket(c.env.AUTH_KEYS, claims, ctx.now()), expires_in: TICKET_SECONDS }, 200);
  })
  .openapi(cancel, async (c) => c.json(await cancelExecution(requestContext(c), c.req.valid('param').id), 200));

/**
 * The WebSocket. Not in the OpenAPI document, which has no words for one; browsers authenticate with a ticket, other
 * clients with their credential.
 */
executionRoutes.get('/executions/:id/stream', async (c) => {
  const id = c.req.param('id');
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') {
    throw new ApiError(
      'malformed_request',
      'Connect with a WebSocket, or read /events with Accept: text/event-stream.',
    );
  }
  const query = sequenceQuery.pick({ after: true }).safeParse({ after: c.req.query('after') });
  if (!query.success) throw invalid([{ path: 'after', message: 'must be a whole number from 0' }]);
  const { organization_id } = await streamAccess(c, id);
  return openStream(c, id, organization_id, query.data.after);
});

/** A reconnecting EventSource tells the last id it saw. */
function lastEventId(c: Context<AppEnv>): number | null {
  const header = c.req.header('last-event-id');
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : null;
}

async function startBase(c: Context<AppEnv>) {
  const key = idempotencyKey(c.req.header('idempotency-key'));
  c.set('admissionAsked', true);
  return {
    env: c.env,
    principal: c.var.principal,
    ip: c.var.ip,
    requestId: c.var.requestId,
    trace: c.var.trace,
    agentId: c.req.param('id') ?? '',
    idempotency: key === null ? null : { key, body_hash: await requestHash('POST', c.req.path, c.var.bodyText ?? '') },
    waitSeconds: preferredWait(c.req.header('prefer')),
  };
}

function started(c: Context<AppEnv>, outcome: StartOutcome) {
  const ended = outcome.execution.finished_at !== null;
  const headers = { ...limitHeaders(outcome.limits), ...budgetHeaders(outcome.remainingMicrousd) };
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  if (outcome.replayed) c.header('Idempotency-Replayed', 'true');
  c.header('Location', `/api/v1/executions/${outcome.execution.id}`);
  return ended && preferredWait(c.req.header('prefer')) > 0
    ? c.json(outcome.execution, 200)
    : c.json(outcome.execution, 202);
}

function sequence<T>(found: { data: T[]; next: number | null }): { data: T[]; next_cursor: string | null } {
  return { data: found.data, next_cursor: found.next === null ? null : String(found.next) };
}
