import {
  apiKeyId,
  channelTestResult,
  createdExternalAgent,
  createExternalAgentRequest,
  externalAgent,
  externalAgentFilter,
  externalAgentId,
  externalAgentKey,
  page,
  pageQuery,
  permittedAgent,
  rateLimits,
  rotatedExternalKey,
  rotateExternalKeyRequest,
  stop,
  stopCounts,
  stopQuery,
  updateExternalAgentRequest,
} from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { callerContext, requestContext } from '../../platform/auth.ts';
import { etagHeader, ifMatch, STALE } from '../../platform/etags.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import {
  createExternalAgent,
  deleteExternalAgent,
  getExternalAgent,
  listExternalAgents,
  listKeys,
  revokeKey,
  rotateKey,
  updateExternalAgent,
} from './external-agents.ts';
import { listPermitted } from './permitted-agents.ts';
import { testExternalAgentWebhook } from './test-webhook.ts';

const tags = ['External agents'];
const params = z.object({ id: externalAgentId });

const list = operation({
  method: 'get',
  path: '/external-agents',
  operationId: 'listExternalAgents',
  tags,
  summary: 'List external agents, newest first',
  access: 'external_agents:read',
  request: { query: pageQuery.extend(externalAgentFilter.shape) },
  responses: { 200: { description: 'A page of external agents', content: json(page(externalAgent)) } },
});

const create = operation({
  method: 'post',
  path: '/external-agents',
  operationId: 'createExternalAgent',
  tags,
  summary: 'Register an external agent',
  description: 'The answer holds its key, this once.',
  access: 'external_agents:write',
  idempotent: true,
  request: { body: { content: json(createExternalAgentRequest) } },
  responses: { 201: { description: 'The external agent with its key', content: json(createdExternalAgent) } },
});

const get = operation({
  method: 'get',
  path: '/external-agents/{id}',
  operationId: 'getExternalAgent',
  tags,
  summary: 'Get an external agent',
  access: 'external_agents:read',
  request: { params },
  responses: { 200: { description: 'The external agent', headers: etagHeader, content: json(externalAgent) } },
});

const update = operation({
  method: 'put',
  path: '/external-agents/{id}',
  operationId: 'updateExternalAgent',
  tags,
  summary: 'Change an external agent',
  description:
    'What is left out stays as it is. A deactivated one is refused from the moment of the answer. Secrets of `webhook_config` may be sent back as they are shown.',
  access: 'external_agents:write',
  request: { params, headers: ifMatch, query: stopQuery, body: { content: json(updateExternalAgentRequest) } },
  responses: {
    202: {
      description: 'Deactivated, and what runs for it is being stopped',
      headers: etagHeader,
      content: json(externalAgent.extend(stopCounts.shape)),
    },
    200: { description: 'The changed external agent', headers: etagHeader, content: json(externalAgent) },
    412: STALE,
  },
});

const limits = operation({
  method: 'put',
  path: '/external-agents/{id}/rate-limits',
  operationId: 'setExternalAgentRateLimits',
  tags,
  summary: 'Limit how often an external agent may call',
  description: 'All of its limits: what is left out is unlimited from the answer on.',
  access: 'external_agents:write',
  request: { params, headers: ifMatch, body: { content: json(rateLimits) } },
  responses: {
    200: { description: 'The changed external agent', headers: etagHeader, content: json(externalAgent) },
    412: STALE,
  },
});

const remove = operation({
  method: 'delete',
  path: '/external-agents/{id}',
  operationId: 'deleteExternalAgent',
  tags,
  summary: 'Delete an external agent',
  description: 'Its keys are refused from the moment of the answer; its invocations stay.',
  access: 'external_agents:write',
  request: { params, query: stopQuery },
  responses: {
    202: { description: 'Gone, and what runs for it is being stopped', content: json(stop) },
    204: { description: 'Gone; what runs for it goes on' },
  },
});

const agents = operation({
  method: 'get',
  path: '/external-agents/{id}/agents',
  operationId: 'listPermittedAgents',
  tags,
  summary: 'List the agents that an external agent may call now, oldest first',
  description: 'With its own key, too: what it can invoke, and the input that each takes.',
  access: 'external_agents:read',
  external: 'read',
  request: { params, query: pageQuery },
  responses: { 200: { description: 'A page of agents', content: json(page(permittedAgent)) } },
});

const keys = operation({
  method: 'get',
  path: '/external-agents/{id}/keys',
  operationId: 'listExternalAgentKeys',
  tags,
  summary: 'List the keys of an external agent, newest first',
  description: 'Revoked ones and those of OAuth clients included. The keys themselves are never shown again.',
  access: 'external_agents:read',
  request: { params },
  responses: { 200: { description: 'Its keys', content: json(z.object({ data: z.array(externalAgentKey) })) } },
});

const rotate = operation({
  method: 'post',
  path: '/external-agents/{id}/keys/rotate',
  operationId: 'rotateExternalAgentKey',
  tags,
  summary: 'Replace the key of an external agent',
  description:
    'The answer holds the new one, this once. The old one still works for `overlap_seconds`, and with 0 no longer at all. Where no key works, a new one is made.',
  access: 'external_agents:write',
  idempotent: true,
  request: { params, body: { content: json(rotateExternalKeyRequest) } },
  responses: {
    201: { description: 'The new key', content: json(rotatedExternalKey) },
    409: refusal('The key was rotated before', 'conflict'),
  },
});

const revoke = operation({
  method: 'delete',
  path: '/external-agents/{id}/keys/{key_id}',
  operationId: 'revokeExternalAgentKey',
  tags,
  summary: 'Revoke a key of an external agent',
  description: 'The key is refused everywhere from the moment of the answer.',
  access: 'external_agents:write',
  request: { params: params.extend({ key_id: apiKeyId }), query: stopQuery },
  responses: {
    202: { description: 'Revoked, and what was started with it is being stopped', content: json(stop) },
    204: { description: 'Revoked; what was started with it goes on' },
  },
});

const test = operation({
  method: 'post',
  path: '/external-agents/{id}/test',
  operationId: 'testExternalAgentWebhook',
  tags,
  summary: "Send a sample to an external agent's webhook",
  description:
    'In the form of its platform, as the result of a call is sent. The answer comes when the first attempt has ended, with what was sent. One without `webhook_config` is 422.',
  access: 'external_agents:write',
  request: { params },
  responses: { 200: { description: 'What came of it', content: json(channelTestResult) } },
});

export const externalAgentRoutes = createRouter()
  .openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    return c.json(await listExternalAgents(requestContext(c), filter, decodeCursor(cursor), limit), 200);
  })
  .openapi(create, async (c) => c.json(await createExternalAgent(requestContext(c), c.req.valid('json')), 201))
  .openapi(get, async (c) => {
    const { agent, etag } = await getExternalAgent(requestContext(c), c.req.valid('param').id);
    return c.json(agent, 200, { ETag: etag });
  })
  .openapi(update, async (c) => {
    const precondition = c.req.valid('header')['if-match'];
    const { id } = c.req.valid('param');
    const stops = c.req.valid('query').stop_running === 'true';
    const updated = await updateExternalAgent(requestContext(c), id, c.req.valid('json'), precondition, stops);
    const { agent, etag, stop: stopping } = updated;
    if (stopping === null) return c.json(agent, 200, { ETag: etag });
    return c.json({ ...agent, ...stopCounts.parse(stopping) }, 202, { ETag: etag });
  })
  .openapi(limits, async (c) => {
    const precondition = c.req.valid('header')['if-match'];
    const change = { rate_limits: c.req.valid('json') };
    const changed = await updateExternalAgent(requestContext(c), c.req.valid('param').id, change, precondition, false);
    return c.json(changed.agent, 200, { ETag: changed.etag });
  })
  .openapi(remove, async (c) => {
    const stops = c.req.valid('query').stop_running === 'true';
    const stopping = await deleteExternalAgent(requestContext(c), c.req.valid('param').id, stops);
    return stopping === null ? c.body(null, 204) : c.json(stopping, 202);
  })
  .openapi(agents, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    return c.json(await listPermitted(callerContext(c), c.req.valid('param').id, decodeCursor(cursor), limit), 200);
  })
  .openapi(test, async (c) => c.json(await testExternalAgentWebhook(requestContext(c), c.req.valid('param').id), 200))
  .openapi(keys, async (c) => c.json({ data: await listKeys(requestContext(c), c.req.valid('param').id) }, 200))
  .openapi(rotate, async (c) =>
    c.json(await rotateKey(requestContext(c), c.req.valid('param').id, c.req.valid('json')), 201),
  )
  .openapi(revoke, async (c) => {
    const { id, key_id } = c.req.valid('param');
    const stops = c.req.valid('query').stop_running === 'true';
    const stopping = await revokeKey(requestContext(c), id, key_id, stops);
    return stopping === null ? c.body(null, 204) : c.json(stopping, 202);
  });
