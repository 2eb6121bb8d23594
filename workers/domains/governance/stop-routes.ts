import { stop, stopId } from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { requestContext } from '../../platform/auth.ts';
import { createRouter, json, operation } from '../../platform/router.ts';
import { getStop } from './stops.ts';

const get = operation({
  method: 'get',
  path: '/stops/{id}',
  operationId: 'getStop',
  tags: ['Governance'],
  summary: 'See how far a stop has come',
  description:
    'A key that was revoked, an external agent that was deactivated or a policy with `stop_running` ends what runs. Kept for 30 days.',
  access: 'external_agents:read',
  request: { params: z.object({ id: stopId }) },
  responses: { 200: { description: 'The stop', content: json(stop) } },
});

export const stopRoutes = createRouter().openapi(get, async (c) =>
  c.json(await getStop(requestContext(c), c.req.valid('param').id), 200),
);
