import { agent, agentFile } from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../../platform/auth.ts';
import { ApiError } from '../../../platform/errors.ts';
import { etagHeader, etagOf } from '../../../platform/etags.ts';
import { createRouter, json, operation, refusal } from '../../../platform/router.ts';
import { MEDIA_TYPE_OF, YAML_MEDIA_TYPES } from '../agent-file.ts';
import { presentAgent } from '../present.ts';
import { exportAgent, importAgent } from '../transfer.ts';
import { agentParams, versionNumber } from './shared.ts';

const tags = ['Agents'];
const AGENT_FILE = { $ref: '#/components/schemas/AgentFile' };

const exportOperation = operation({
  method: 'get',
  path: '/agents/{id}/export',
  operationId: 'exportAgent',
  access: 'agents:read',
  tags,
  summary: 'Download an agent as a file',
  description: 'The draft, or a published version. Importing the file gives the same agent again.',
  request: {
    params: agentParams,
    query: z.object({ format: z.enum(['json', 'yaml']).default('json'), version: versionNumber.optional() }),
  },
  responses: {
    200: {
      description: 'The agent file',
      headers: { 'Content-Disposition': { description: 'Name for the file', schema: { type: 'string' as const } } },
      content: { ...json(agentFile), 'application/yaml': { schema: AGENT_FILE } },
    },
  },
});

const importOperation = operation({
  method: 'post',
  path: '/agents/import',
  operationId: 'importAgent',
  access: 'agents:write',
  idempotent: true,
  tags,
  summary: 'Create an agent from a file',
  request: {
    // Described, not given as a schema: the router would hold YAML bodies against it as if they were JSON.
    body: {
      content: Object.fromEntries(
        ['application/json', ...YAML_MEDIA_TYPES].map((type) => [type, { schema: AGENT_FILE }]),
      ),
    },
  },
  responses: {
    201: { description: 'The new agent', headers: etagHeader, content: json(agent) },
    413: refusal('The file is too large', 'payload_too_large'),
    415: refusal('The body is neither JSON nor YAML', 'unsupported_media_type'),
  },
});

export const transferRoutes = createRouter()
  .openapi(exportOperation, async (c) => {
    const { format, version } = c.req.valid('query');
    const { text, disposition } = await exportAgent(requestContext(c), c.req.valid('param').id, { format, version });
    return c.body(text, 200, { 'Content-Type': MEDIA_TYPE_OF[format], 'Content-Disposition': disposition });
  })
  .openapi(importOperation, async (c) => {
    const text = c.var.bodyText;
    if (text === undefined || text === '') throw new ApiError('malformed_request', 'Send the agent file as the body.');
    const isJson = /json/i.test(c.req.header('content-type') ?? '');
    const row = await importAgent(requestContext(c), text, isJson ? 'json' : 'yaml');
    const Location = `${c.req.path.replace(/\/import$/, '')}/${row.id}`;
    return c.json(presentAgent(row), 201, { ETag: etagOf(row.revision), Location });
  });
