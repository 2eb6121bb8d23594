import {
  agent,
  agentFilter,
  createAgentRequest,
  listedAgent,
  page,
  pageQuery,
  setStatusRequest,
  updateAgentRequest,
} from '@agentflow/contracts';
import { requestContext } from '../../../platform/auth.ts';
import { etagHeader, etagOf, ifMatch, STALE } from '../../../platform/etags.ts';
import { createRouter, json, operation, refusal } from '../../../platform/router.ts';
import { createAgent, getAgent, setAgentStatus, updateAgent } from '../agents.ts';
import { listAgents } from '../list-agents.ts';
import { presentAgent, presentListedAgent } from '../present.ts';
import { ARCHIVED, agentParams } from './shared.ts';

const tags = ['Agents'];

const listOperation = operation({
  method: 'get',
  path: '/agents',
  operationId: 'listAgents',
  access: 'agents:read',
  tags,
  summary: 'List agents',
  description:
    'Newest first, or sorted. Archived agents are listed only with `status=archived`. Statistics count live executions that have ended, and may lag some seconds.',
  request: { query: pageQuery.extend(agentFilter.shape) },
  responses: { 200: { description: 'A page of agents', content: json(page(listedAgent)) } },
});

const createOperation = operation({
  method: 'post',
  path: '/agents',
  operationId: 'createAgent',
  access: 'agents:write',
  idempotent: true,
  tags,
  summary: 'Create an agent',
  description: 'The draft is the given definition, or empty. Nothing runs before the first version is published.',
  request: { body: { content: json(createAgentRequest), required: true } },
  responses: { 201: { description: 'The new agent', headers: etagHeader, content: json(agent) } },
});

const getOperation = operation({
  method: 'get',
  path: '/agents/{id}',
  operationId: 'getAgent',
  access: 'agents:read',
  tags,
  summary: 'Get an agent',
  request: { params: agentParams },
  responses: { 200: { description: 'The agent', headers: etagHeader, content: json(agent) } },
});

const updateOperation = operation({
  method: 'put',
  path: '/agents/{id}',
  operationId: 'updateAgent',
  access: 'agents:write',
  tags,
  summary: "Change an agent's name, description or tags",
  request: { params: agentParams, headers: ifMatch, body: { content: json(updateAgentRequest), required: true } },
  responses: {
    200: { description: 'The changed agent', headers: etagHeader, content: json(agent) },
    409: ARCHIVED,
    412: STALE,
  },
});

const archiveOperation = operation({
  method: 'delete',
  path: '/agents/{id}',
  operationId: 'archiveAgent',
  access: 'agents:publish',
  tags,
  summary: 'Archive an agent',
  description: 'Stops new executions. Versions and executions are kept; setting the status restores the agent.',
  request: { params: agentParams, headers: ifMatch },
  responses: { 204: { description: 'The agent is archived' }, 412: STALE },
});

const statusOperation = operation({
  method: 'put',
  path: '/agents/{id}/status',
  operationId: 'setAgentStatus',
  access: 'agents:publish',
  tags,
  summary: 'Activate, pause, archive or restore an agent',
  description:
    '`active` and `paused` need a published version. They restore an archived agent; one that was never published becomes a draft again with `paused`.',
  request: { params: agentParams, headers: ifMatch, body: { content: json(setStatusRequest), required: true } },
  responses: {
    200: { description: 'The agent with its new status', headers: etagHeader, content: json(agent) },
    409: refusal('The agent has no published version', 'agent_not_published'),
    412: STALE,
  },
});

export const agentRoutes = createRouter()
  .openapi(listOperation, async (c) => {
    const { data, next_cursor } = await listAgents(requestContext(c), c.req.valid('query'));
    return c.json({ data: data.map(presentListedAgent), next_cursor }, 200);
  })
  .openapi(createOperation, async (c) => {
    const row = await createAgent(requestContext(c), c.req.valid('json'));
    return c.json(presentAgent(row), 201, { ETag: etagOf(row.revision), Location: `${c.req.path}/${row.id}` });
  })
  .openapi(getOperation, async (c) => {
    const row = await getAgent(requestContext(c), c.req.valid('param').id);
    return c.json(presentAgent(row), 200, { ETag: etagOf(row.revision) });
  })
  .openapi(updateOperation, async (c) => {
    const { id } = c.req.valid('param');
    const row = await updateAgent(requestContext(c), id, c.req.valid('json'), c.req.valid('header')['if-match']);
    return c.json(presentAgent(row), 200, { ETag: etagOf(row.revision) });
  })
  .openapi(archiveOperation, async (c) => {
    const { id } = c.req.valid('param');
    await setAgentStatus(requestContext(c), id, 'archived', c.req.valid('header')['if-match']);
    return c.body(null, 204);
  })
  .openapi(statusOperation, async (c) => {
    const { id } = c.req.valid('param');
    const { status } = c.req.valid('json');
    const row = await setAgentStatus(requestContext(c), id, status, c.req.valid('header')['if-match']);
    return c.json(presentAgent(row), 200, { ETag: etagOf(row.revision) });
  });
