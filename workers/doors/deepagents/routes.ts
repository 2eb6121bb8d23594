import { executionId, jobAccepted, threadState } from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { frameWatcherOf, openFrames, startRefusals, streamAccess } from '../../domains/executions/index.ts';
import { forgetThread, getThread, invokeJob } from '../../domains/runtime/index.ts';
import { requestContext } from '../../platform/auth.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import type { ReadinessOf } from '../../platform/health.ts';
import { budgetHeaders, limitHeaders } from '../../platform/limit-headers.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { invokeBody, jobOf } from './job-of-request.ts';

const tags = ['Deep agents runtime'];
const BASE = '/deepagents-runtime';
const params = z.object({ thread_id: executionId });

const invoke = operation({
  method: 'post',
  path: `${BASE}/invoke`,
  operationId: 'invokeRuntime',
  tags,
  summary: 'Hand a job to the runtime',
  description: `A job runs a published agent (\`agent_id\`), or what it brings (\`agent_definition\`, which takes \`agents:write\` too). Send it as
\`application/json\`, as a CloudEvent in structured mode (\`application/cloudevents+json\`), or in binary mode (\`ce-…\` headers). \`job_id\`, else source
and id of the event, else \`Idempotency-Key\` makes it safe to repeat.`,
  access: 'agents:execute',
  request: { body: { content: json(invokeBody) } },
  responses: {
    ...startRefusals,
    202: { description: 'Started; the thread is an execution', content: json(jobAccepted) },
  },
});

const state = operation({
  method: 'get',
  path: `${BASE}/state/{thread_id}`,
  operationId: 'getThreadState',
  tags,
  summary: 'State of a thread: status, result, files, todos',
  access: 'executions:read',
  request: { params },
  responses: { 200: { description: 'The state', content: json(threadState) } },
});

const forget = operation({
  method: 'delete',
  path: `${BASE}/state/{thread_id}`,
  operationId: 'forgetThread',
  tags,
  summary: 'Stop and erase a job that brought its definition',
  description:
    'Its costs stay in the books. An execution of an agent is kept as long as the organization keeps them: 409.',
  access: 'executions:cancel',
  request: { params },
  responses: {
    204: { description: 'Erased' },
    409: refusal('It is an execution of an agent', 'conflict'),
  },
});

/** The runtime of deep agents as other services call it: a door onto the executions. */
export function deepAgentRoutes(readiness: ReadinessOf) {
  const routes = createRouter()
    .openapi(invoke, async (c) => {
      const { job, key } = jobOf(c);
      const { execution, replayed, limits, remainingMicrousd } = await invokeJob(requestContext(c), job, key);
      const headers = { ...limitHeaders(limits), ...budgetHeaders(remainingMicrousd) };
      for (const [name, value] of Object.entries(headers)) c.header(name, value);
      if (replayed) c.header('Idempotency-Replayed', 'true');
      c.header('Location', `${BASE}/state/${execution.id}`);
      return c.json({ thread_id: execution.id }, 202);
    })
    .openapi(state, async (c) => c.json(await getThread(requestContext(c), c.req.valid('param').thread_id), 200))
    .openapi(forget, async (c) => {
      await forgetThread(requestContext(c), c.req.valid('param').thread_id);
      return c.body(null, 204);
    });

  /** Not in the OpenAPI document, which has no words for a WebSocket. */
  routes.get(`${BASE}/stream/:thread_id`, async (c) => {
    const id = c.req.param('thread_id');
    if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') {
      throw new ApiError('malformed_request', 'Connect with a WebSocket.');
    }
    const after = z.coerce.number().int().min(0).default(0).safeParse(c.req.query('after'));
    if (!after.success) throw invalid([{ path: 'after', message: 'must be a whole number from 0' }]);
    const { organization_id, caller } = await streamAccess(c, id);
    const { ip, requestId } = c.var;
    const around = { ip, requestId, userAgent: (c.req.header('user-agent') ?? '').slice(0, 400) };
    const watcher = await frameWatcherOf(c.env, organization_id, caller, around);
    const response = executionId.safeParse(id).success ? await openFrames(c.env, id, after.data, watcher) : null;
    if (response === null) throw notFound('thread', id);
    return response;
  });

  // As probes of such runtimes ask.
  routes.get(`${BASE}/health`, (c) => c.json({ status: 'ok' }));
  routes.get(`${BASE}/ready`, async (c) => {
    const answer = await readiness(c.env, c.var.log);
    return c.json(answer, answer.status === 'ready' ? 200 : 503);
  });
  return routes;
}
