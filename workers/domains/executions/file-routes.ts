import { executionId, workspaceFile, workspaceFileContent } from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { executionObject } from '../../../durable-objects/execution/client.ts';
import { requestContext } from '../../platform/auth.ts';
import { notFound } from '../../platform/errors.ts';
import { createRouter, json, operation } from '../../platform/router.ts';

const tags = ['Executions'];

const list = operation({
  method: 'get',
  path: '/executions/{id}/files',
  operationId: 'listExecutionFiles',
  tags,
  summary: 'List the files that deep agents wrote, every version of each',
  description: 'In the order in which they were written. The newest version of a path is what agents see.',
  access: 'executions:read',
  request: { params: z.object({ id: executionId }) },
  responses: {
    200: { description: 'All versions', content: json(z.object({ data: z.array(workspaceFile) })) },
  },
});

const get = operation({
  method: 'get',
  path: '/executions/{id}/files/:path{.+}',
  operationId: 'getExecutionFile',
  tags,
  summary: 'Read a file of an execution, or an earlier version of it',
  access: 'executions:read',
  request: {
    params: z.object({
      id: executionId,
      path: z.string().min(1).max(200).meta({ description: 'With its slashes: notes/plan.md' }),
    }),
    query: z.object({
      version: z.coerce.number().int().min(1).optional().describe('The newest when left out, which may be a deletion'),
    }),
  },
  responses: { 200: { description: 'The file', content: json(workspaceFileContent) } },
});

export const executionFileRoutes = createRouter()
  .openapi(list, async (c) => {
    const { env, organizationId } = requestContext(c);
    const { id } = c.req.valid('param');
    const data = await executionObject(env.EXECUTION, id).workspaceFiles(organizationId);
    if (data === null) throw notFound('execution', id);
    return c.json({ data }, 200);
  })
  .openapi(get, async (c) => {
    const { env, organizationId } = requestContext(c);
    const { id, path } = c.req.valid('param');
    const version = c.req.valid('query').version ?? null;
    const file = await executionObject(env.EXECUTION, id).workspaceFile(organizationId, path, version);
    if (file === null) throw notFound(version === null ? 'file' : `version ${version} of the file`, path);
    return c.json(file, 200);
  });
