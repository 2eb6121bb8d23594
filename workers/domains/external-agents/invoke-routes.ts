import { externalAgentId, invoked, invokeRequest, usdToMicrousd } from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { identify } from '../../platform/auth.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { idempotencyKey, requestHash } from '../../platform/idempotency.ts';
import { budgetHeaders, limitHeaders } from '../../platform/limit-headers.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { NOT_STARTED, openStream, preferredWait, startRefusals } from '../executions/index.ts';
import { invocationStatusOf } from '../invocations/index.ts';
import { invokeAgent } from './invoke.ts';

const invoke = operation({
  method: 'post',
  path: '/external-agents/{id}/invoke',
  operationId: 'invokeAgent',
  tags: ['External agents'],
  summary: 'Call an agent as an external agent',
  description: `With the external agent's own key. Answers at once with 202, with \`Prefer: wait=N\` (up to 60 seconds) with the finished execution,
or with \`Accept: text/event-stream\` with its events until it ends. \`Idempotency-Key\` makes it safe to repeat. Every call is recorded, refused
ones as a count.`,
  access: 'external',
  external: 'invoke',
  deferKey: true,
  request: { params: z.object({ id: externalAgentId }), body: { content: json(invokeRequest) } },
  responses: {
    202: { description: 'Started', content: json(invoked) },
    200: {
      description: 'Ended within the time of `Prefer: wait=N`, or the stream of its events',
      content: { ...json(invoked), 'text/event-stream': { schema: z.string() } },
    },
    ...startRefusals,
    409: refusal('The agent cannot run now, or several agents have this name', 'agent_ambiguous', ...NOT_STARTED),
  },
});

export const invokeRoutes = createRouter().openapi(invoke, async (c) => {
  const principal = c.get('principal');
  const { id } = c.req.valid('param');
  // Other credentials were refused on the way here.
  if (principal.kind !== 'unchecked_key') throw new ApiError('forbidden', 'This is for the keys of external agents.');
  // The key must be that of the header, which is told, and of the path, which is not there for others.
  if (principal.claimed !== null && principal.claimed !== id) {
    await identify(c);
    throw notFound('external agent', id);
  }
  const { agent_id, agent, input, project_id, budget_usd } = c.req.valid('json');
  const key = idempotencyKey(c.req.header('idempotency-key'));
  const streams = c.req.header('accept')?.includes('text/event-stream') === true;
  const waitSeconds = streams ? 0 : preferredWait(c.req.header('prefer'));
  c.set('admissionAsked', true);
  const called = invokeAgent({
    env: c.env,
    principal: { ...principal, claimed: id },
    door: 'rest',
    agent: agent_id === undefined ? { name: agent ?? '' } : { id: agent_id },
    input,
    projectId: project_id ?? null,
    budgetMicrousd: budget_usd === undefined ? undefined : usdToMicrousd(budget_usd),
    idempotency:
      key === null ? null : { key, body_hash: await requestHash('POST', c.req.path, c.get('bodyText') ?? '') },
    waitSeconds,
    ip: c.get('ip'),
    country: c.get('country')(),
    requestId: c.get('requestId'),
    trace: c.get('trace'),
  });
  const { invocation_id, execution, replayed, limits, remainingMicrousd } = await called.catch((error: unknown) => {
    const another = error instanceof ApiError && error.code === 'external_agent_mismatch';
    throw another ? notFound('external agent', id) : error;
  });
  const headers: Record<string, string> = {
    ...limitHeaders(limits),
    ...budgetHeaders(remainingMicrousd),
    ...(replayed ? { 'Idempotency-Replayed': 'true' } : {}),
    Location: `/api/v1/invocations/${invocation_id}`,
    'X-Invocation-Id': invocation_id,
  };
  if (streams) {
    const stream = await openStream(c, execution.id, principal.organization_id, 0);
    const response = new Response(stream.body, stream);
    for (const [name, value] of Object.entries(headers)) response.headers.set(name, value);
    // OpenAPI's types know of JSON alone.
    return response as never;
  }
  const answer = { invocation_id, status: invocationStatusOf(execution), output: execution.output, execution };
  for (const [name, value] of Object.entries(headers)) c.header(name, value);
  return execution.finished_at !== null && waitSeconds > 0 ? c.json(answer, 200) : c.json(answer, 202);
});
