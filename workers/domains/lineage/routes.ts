import { executionId, invocationId, lineage } from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { requestContext } from '../../platform/auth.ts';
import { createRouter, json, operation } from '../../platform/router.ts';
import { executionLineage, invocationLineage } from './read-lineage.ts';

const tags = ['Lineage'];
const description =
  'External agent, agent, sub-agents, and the models, tools and deliveries that they reached: each with status, cost and duration, at most 500 nodes.';

const ofInvocation = operation({
  method: 'get',
  path: '/invocations/{id}/lineage',
  operationId: 'getInvocationLineage',
  tags,
  summary: 'Get what a call of an external agent led to',
  description,
  access: 'external_agents:read',
  request: { params: z.object({ id: invocationId }) },
  responses: { 200: { description: 'The graph', content: json(lineage) } },
});

const ofExecution = operation({
  method: 'get',
  path: '/executions/{id}/lineage',
  operationId: 'getExecutionLineage',
  tags,
  summary: 'Get who called an execution and what it led to',
  description: `${description} From the execution at its root.`,
  access: 'executions:read',
  request: { params: z.object({ id: executionId }) },
  responses: { 200: { description: 'The graph', content: json(lineage) } },
});

export const lineageRoutes = createRouter()
  .openapi(ofInvocation, async (c) => c.json(await invocationLineage(requestContext(c), c.req.valid('param').id), 200))
  .openapi(ofExecution, async (c) => c.json(await executionLineage(requestContext(c), c.req.valid('param').id), 200));
