import {
  agent,
  agentVersion,
  agentVersionDetail,
  definitionDiff,
  page,
  pageQuery,
  rollbackRequest,
} from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../../platform/auth.ts';
import { etagHeader, etagOf } from '../../../platform/etags.ts';
import { createRouter, json, operation } from '../../../platform/router.ts';
import { presentAgent } from '../present.ts';
import { rollbackAgent } from '../publish-agent.ts';
import { diffDraft, diffVersions, getVersion, listVersions } from '../versions.ts';
import { ARCHIVED, agentParams, versionNumber } from './shared.ts';

const tags = ['Agents'];

const listOperation = operation({
  method: 'get',
  path: '/agents/{id}/versions',
  operationId: 'listVersions',
  access: 'agents:read',
  tags,
  summary: 'List published versions',
  description: 'Newest first, without their definitions.',
  request: { params: agentParams, query: pageQuery },
  responses: { 200: { description: 'A page of versions', content: json(page(agentVersion)) } },
});

const getOperation = operation({
  method: 'get',
  path: '/agents/{id}/versions/{n}',
  operationId: 'getVersion',
  access: 'agents:read',
  tags,
  summary: 'Get a published version with its definition',
  request: { params: agentParams.extend({ n: versionNumber }) },
  responses: { 200: { description: 'The version', content: json(agentVersionDetail) } },
});

const diffOperation = operation({
  method: 'get',
  path: '/agents/{id}/versions/{n}/diff/{m}',
  operationId: 'diffVersions',
  access: 'agents:read',
  tags,
  summary: 'Tell what changed from version n to version m',
  request: { params: agentParams.extend({ n: versionNumber, m: versionNumber }) },
  responses: { 200: { description: 'Nodes, edges and settings that differ', content: json(definitionDiff) } },
});

const draftDiffOperation = operation({
  method: 'get',
  path: '/agents/{id}/draft/diff',
  operationId: 'diffDraft',
  access: 'agents:read',
  tags,
  summary: 'Tell what publishing the draft would change',
  description: 'Against the live version, or against another one. Where no version is live, everything is added.',
  request: { params: agentParams, query: z.object({ against: versionNumber.optional() }) },
  responses: { 200: { description: 'Nodes, edges and settings that differ', content: json(definitionDiff) } },
});

const rollbackOperation = operation({
  method: 'post',
  path: '/agents/{id}/rollback',
  operationId: 'rollbackAgent',
  access: 'agents:publish',
  tags,
  summary: 'Make an earlier version live again',
  description: 'The draft and the version numbers stay as they are.',
  request: { params: agentParams, body: { content: json(rollbackRequest), required: true } },
  responses: {
    200: { description: 'The agent with its live version', headers: etagHeader, content: json(agent) },
    409: ARCHIVED,
  },
});

export const versionRoutes = createRouter()
  .openapi(listOperation, async (c) => {
    return c.json(await listVersions(requestContext(c), c.req.valid('param').id, c.req.valid('query')), 200);
  })
  .openapi(getOperation, async (c) => {
    const { id, n } = c.req.valid('param');
    return c.json(await getVersion(requestContext(c), id, n), 200);
  })
  .openapi(diffOperation, async (c) => {
    const { id, n, m } = c.req.valid('param');
    return c.json(await diffVersions(requestContext(c), id, n, m), 200);
  })
  .openapi(draftDiffOperation, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await diffDraft(requestContext(c), id, c.req.valid('query').against), 200);
  })
  .openapi(rollbackOperation, async (c) => {
    const row = await rollbackAgent(requestContext(c), c.req.valid('param').id, c.req.valid('json').version);
    return c.json(presentAgent(row), 200, { ETag: etagOf(row.revision) });
  });
