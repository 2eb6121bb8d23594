import {
  externalAgentId,
  invocation,
  invocationFilter,
  invocationId,
  invocationSummary,
  page,
  pageQuery,
  usage,
  usageQuery,
} from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { callerContext, requestContext } from '../../platform/auth.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { cancelInvocation, getInvocation, listInvocations, requireExternalAgent } from './read-invocations.ts';
import { readUsage } from './usage.ts';

const tags = ['Invocations'];
const agentParams = z.object({ id: externalAgentId });
const params = z.object({ id: invocationId });

const list = operation({
  method: 'get',
  path: '/invocations',
  operationId: 'listInvocations',
  tags,
  summary: 'List calls of external agents, newest first',
  description: 'Refused calls are one row per external agent, code and minute: `count` tells how many.',
  access: 'external_agents:read',
  request: { query: pageQuery.extend(invocationFilter.shape) },
  responses: { 200: { description: 'A page of invocations', content: json(page(invocationSummary)) } },
});

const listOfAgent = operation({
  method: 'get',
  path: '/external-agents/{id}/invocations',
  operationId: 'listExternalAgentInvocations',
  tags,
  summary: 'List the calls of an external agent, newest first',
  access: 'external_agents:read',
  request: {
    params: agentParams,
    query: pageQuery.extend(invocationFilter.omit({ external_agent_id: true }).shape),
  },
  responses: { 200: { description: 'A page of invocations', content: json(page(invocationSummary)) } },
});

const get = operation({
  method: 'get',
  path: '/invocations/{id}',
  operationId: 'getInvocation',
  tags,
  summary: 'Get an invocation with what was asked and answered',
  description: 'There from the answer of the call on. With the key of an external agent: its own calls.',
  access: 'external_agents:read',
  external: 'read',
  request: { params },
  responses: { 200: { description: 'The invocation', content: json(invocation) } },
});

const cancel = operation({
  method: 'post',
  path: '/invocations/{id}/cancel',
  operationId: 'cancelInvocation',
  tags,
  summary: 'Cancel the execution of an invocation',
  description: 'With all that it started. With the key of an external agent: its own calls.',
  access: 'executions:cancel',
  external: 'cancel',
  request: { params },
  responses: {
    200: { description: 'The cancelled invocation', content: json(invocation) },
    409: refusal('It has ended, or was refused', 'execution_finished'),
  },
});

const usageOfAgent = operation({
  method: 'get',
  path: '/external-agents/{id}/usage',
  operationId: 'getExternalAgentUsage',
  tags,
  summary: 'Count the calls of an external agent by hour, day or week',
  description: 'From `from` until before `to`, at most 1,000 groups. Days and weeks are of UTC, weeks begin on Monday.',
  access: 'external_agents:read',
  request: { params: agentParams, query: usageQuery },
  responses: { 200: { description: 'Its calls, and which limits they met', content: json(usage) } },
});

export const invocationRoutes = createRouter()
  .openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    return c.json(await listInvocations(requestContext(c), filter, decodeCursor(cursor), limit), 200);
  })
  .openapi(listOfAgent, async (c) => {
    const { id } = c.req.valid('param');
    const { limit, cursor, ...filter } = c.req.valid('query');
    const ctx = requestContext(c);
    const before = decodeCursor(cursor);
    await requireExternalAgent(ctx, id);
    return c.json(await listInvocations(ctx, { ...filter, external_agent_id: id }, before, limit), 200);
  })
  .openapi(get, async (c) => c.json(await getInvocation(callerContext(c), c.req.valid('param').id), 200))
  .openapi(cancel, async (c) => c.json(await cancelInvocation(callerContext(c), c.req.valid('param').id), 200))
  .openapi(usageOfAgent, async (c) => {
    const { id } = c.req.valid('param');
    const ctx = requestContext(c);
    await requireExternalAgent(ctx, id);
    return c.json(await readUsage(ctx, id, c.req.valid('query')), 200);
  });
