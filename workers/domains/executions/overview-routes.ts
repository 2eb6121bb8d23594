import { organizationOverview, timestamp } from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { requestContext } from '../../platform/auth.ts';
import { createRouter, json, operation } from '../../platform/router.ts';
import { readOverview } from './overview.ts';

const getOperation = operation({
  method: 'get',
  path: '/org/overview',
  operationId: 'getOverview',
  access: 'executions:read',
  tags: ['Organization'],
  summary: 'How the day goes: runs, how they ended, what they cost',
  request: {
    query: z.object({ from: timestamp.optional().describe('When the day began where the reader is; else in UTC') }),
  },
  responses: { 200: { description: 'The day so far, and what is alive now', content: json(organizationOverview) } },
});

export const overviewRoutes = createRouter().openapi(getOperation, async (c) => {
  const { from } = c.req.valid('query');
  return c.json(await readOverview(requestContext(c), from === undefined ? undefined : Date.parse(from)), 200);
});
