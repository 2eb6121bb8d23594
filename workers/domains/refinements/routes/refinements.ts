import { agentId, refinementRequest, refinementStarted } from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../../platform/auth.ts';
import { createRouter, json, operation, refusal } from '../../../platform/router.ts';
import { startRefinement } from '../start-refinement.ts';

const tags = ['Refinements'];

const start = {
  method: 'post',
  access: 'agents:write',
  idempotent: true,
  tags,
  request: {
    params: z.object({ id: agentId }),
    body: { content: json(refinementRequest), required: true },
  },
  responses: {
    202: { description: 'The thread to follow, and the proposal that it makes', content: json(refinementStarted) },
    409: refusal(
      'The agent is archived, or the proposal that it goes on from was decided',
      'agent_archived',
      'proposal_decided',
    ),
    503: refusal('The runtime is away: nothing was stored', 'upstream_unavailable'),
  },
} as const;

const refine = operation({
  ...start,
  path: '/agents/{id}/refinements',
  operationId: 'refineAgent',
  summary: 'Say in words how an agent should change',
  description:
    'A deep agent works on the files of the draft and proposes a change of them. The run needs nobody who watches; follow it at `/api/ws/refinements/{thread_id}`. An empty draft is built from the words. Where the organization has no model that uses tools, rules answer a few commands (rename, add an approval before a step, change a model, change a threshold) and say what they can’t.',
});

const alias = operation({
  ...start,
  path: '/workflows/{id}/refinements',
  operationId: 'refineWorkflow',
  summary: 'The same as `POST /api/v1/agents/{id}/refinements`',
});

export const refinementRoutes = createRouter().openapi(refine, async (c) => {
  const begun = await startRefinement(requestContext(c), c.req.valid('param').id, c.req.valid('json'));
  c.header('Location', `/api/v1/proposals/${begun.proposal_id}`);
  return c.json(begun, 202);
});

export const refinementAlias = createRouter().openapi(alias, async (c) => {
  const begun = await startRefinement(requestContext(c), c.req.valid('param').id, c.req.valid('json'));
  c.header('Location', `/api/proposals/${begun.proposal_id}`);
  return c.json(begun, 202);
});
