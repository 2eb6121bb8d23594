import {
  appendContextRequest,
  contextEntry,
  contextEntrySummary,
  contextFilter,
  contextKey,
  createHandoffRequest,
  deleteContextQuery,
  handoff,
  handoffFilter,
  page,
  pageQuery,
  projectId,
  setContextRequest,
} from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../platform/auth.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { createHandoff, listHandoffs, presentHandoff } from './handoffs.ts';
import {
  appendEntry,
  deleteEntry,
  getEntry,
  listEntries,
  presentEntry,
  presentSummary,
  setEntry,
} from './shared-context.ts';

const tags = ['Projects'];
const params = z.object({ project_id: projectId, key: contextKey });
const FULL = refusal(
  'The project is archived, its context is full, or the value is not a list',
  'conflict',
  'limit_reached',
);

const listKeys = operation({
  method: 'get',
  path: '/context/{project_id}',
  operationId: 'listContext',
  access: 'projects:read',
  tags,
  summary: "List the keys of a project's shared context",
  description: 'In the order of the keys, each with the beginning of its value.',
  request: { params: params.pick({ project_id: true }), query: pageQuery.extend(contextFilter.shape) },
  responses: { 200: { description: 'A page of keys', content: json(page(contextEntrySummary)) } },
});

const get = operation({
  method: 'get',
  path: '/context/{project_id}/{key}',
  operationId: 'getContext',
  access: 'projects:read',
  tags,
  summary: "Read a value of a project's shared context",
  request: { params },
  responses: { 200: { description: 'The value with its version', content: json(contextEntry) } },
});

const set = operation({
  method: 'put',
  path: '/context/{project_id}/{key}',
  operationId: 'setContext',
  access: 'projects:write',
  tags,
  summary: "Set a value of a project's shared context",
  description:
    'The value is there for `ttl_seconds`, an hour when not set. Expressions of the project’s executions read it as `{{context.key}}`, and names that are no identifiers as ``{{context.`handoff:agt_…`}}``.',
  request: { params, body: { content: json(setContextRequest), required: true } },
  responses: {
    200: { description: 'The value with its new version', content: json(contextEntry) },
    409: FULL,
    412: refusal('The key is not at `if_version`', 'precondition_failed'),
  },
});

const remove = operation({
  method: 'delete',
  path: '/context/{project_id}/{key}',
  operationId: 'deleteContext',
  access: 'projects:write',
  tags,
  summary: "Delete a value of a project's shared context",
  request: { params, query: deleteContextQuery },
  responses: {
    204: { description: 'The key is gone' },
    412: refusal('The key is not at `if_version`', 'precondition_failed'),
  },
});

const append = operation({
  method: 'post',
  path: '/context/{project_id}/{key}/append',
  operationId: 'appendContext',
  access: 'projects:write',
  tags,
  summary: "Append to a list of a project's shared context",
  description: 'Appends at the same time are all kept. A key that is not there becomes a list.',
  request: { params, body: { content: json(appendContextRequest), required: true } },
  responses: { 200: { description: 'The list with its new version', content: json(contextEntry) }, 409: FULL },
});

const hand = operation({
  method: 'post',
  path: '/handoffs',
  operationId: 'createHandoff',
  access: 'agents:execute',
  idempotent: true,
  tags: ['Agents'],
  summary: 'Hand work over to an agent',
  description:
    'Recorded, and with a project readable for an hour in its shared context under `handoff:<agent id>`. `start` also starts the agent.',
  request: { body: { content: json(createHandoffRequest), required: true } },
  responses: { 201: { description: 'The handoff', content: json(handoff) } },
});

const list = operation({
  method: 'get',
  path: '/handoffs',
  operationId: 'listHandoffs',
  access: 'executions:read',
  tags: ['Agents'],
  summary: 'List handoffs, newest first',
  request: { query: pageQuery.extend(handoffFilter.shape) },
  responses: { 200: { description: 'A page of handoffs', content: json(page(handoff)) } },
});

export const contextRoutes = createRouter()
  .openapi(listKeys, async (c) => {
    const context = requestContext(c);
    const { data, next_cursor } = await listEntries(context, c.req.valid('param').project_id, c.req.valid('query'));
    return c.json({ data: data.map(presentSummary), next_cursor }, 200);
  })
  .openapi(remove, async (c) => {
    const { project_id, key } = c.req.valid('param');
    await deleteEntry(requestContext(c), project_id, key, c.req.valid('query').if_version ?? null);
    return c.body(null, 204);
  })
  .openapi(get, async (c) => {
    const { project_id, key } = c.req.valid('param');
    return c.json(presentEntry(await getEntry(requestContext(c), project_id, key)), 200);
  })
  .openapi(set, async (c) => {
    const { project_id, key } = c.req.valid('param');
    return c.json(presentEntry(await setEntry(requestContext(c), project_id, key, c.req.valid('json'))), 200);
  })
  .openapi(append, async (c) => {
    const { project_id, key } = c.req.valid('param');
    return c.json(presentEntry(await appendEntry(requestContext(c), project_id, key, c.req.valid('json'))), 200);
  })
  .openapi(hand, async (c) => {
    return c.json(presentHandoff(await createHandoff(requestContext(c), c.req.valid('json'))), 201);
  })
  .openapi(list, async (c) => {
    const { data, next_cursor } = await listHandoffs(requestContext(c), c.req.valid('query'));
    return c.json({ data: data.map(presentHandoff), next_cursor }, 200);
  });
