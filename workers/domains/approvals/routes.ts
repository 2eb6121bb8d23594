import {
  approval,
  approvalId,
  approvalQuery,
  approvalSummary,
  approveExecutionRequest,
  decisionRequest,
  executionId,
  page,
} from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { requestContext } from '../../platform/auth.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { approveExecution, decideApproval, getApproval, listApprovals } from './service.ts';

const tags = ['Approvals'];
const WHO = `Whoever is named in \`approvers\`, alone, by a role or by a team, may decide, whatever their role; where nobody is named, whoever has
\`approvals:approve\`. API keys decide only where nobody is named.`;
const decided = {
  200: { description: 'The approval as it was decided', content: json(approval) },
  409: refusal(
    'It was decided before, something else waits by now, or several steps wait',
    'approval_decided',
    'approval_changed',
    'approval_ambiguous',
  ),
};

const list = operation({
  method: 'get',
  path: '/approvals',
  operationId: 'listApprovals',
  tags,
  summary: 'List what executions ask people, newest first',
  access: 'executions:read',
  request: { query: approvalQuery },
  responses: { 200: { description: 'A page of approvals', content: json(page(approvalSummary)) } },
});

const get = operation({
  method: 'get',
  path: '/approvals/{id}',
  operationId: 'getApproval',
  tags,
  summary: 'Get an approval with its payload or form',
  description: 'Changes nothing, whoever opens it.',
  access: 'executions:read',
  request: { params: z.object({ id: approvalId }) },
  responses: { 200: { description: 'The approval', content: json(approval) } },
});

const decide = operation({
  method: 'post',
  path: '/approvals/{id}/decision',
  operationId: 'decideApproval',
  tags,
  summary: 'Approve or deny, or send a form',
  description: `The first decision counts. ${WHO}`,
  access: 'signed_in',
  request: { params: z.object({ id: approvalId }), body: { content: json(decisionRequest) } },
  responses: decided,
});

const approve = operation({
  method: 'post',
  path: '/executions/{id}/approve',
  operationId: 'approveExecution',
  tags,
  summary: 'Decide what a step of an execution asks',
  description: `Without \`step_id\` only while a single step waits. ${WHO}`,
  access: 'signed_in',
  request: { params: z.object({ id: executionId }), body: { content: json(approveExecutionRequest) } },
  responses: decided,
});

export const approvalRoutes = createRouter()
  .openapi(list, async (c) => c.json(await listApprovals(requestContext(c), c.req.valid('query')), 200))
  .openapi(get, async (c) => c.json(await getApproval(requestContext(c), c.req.valid('param').id), 200))
  .openapi(decide, async (c) =>
    c.json(await decideApproval(requestContext(c), c.req.valid('param').id, c.req.valid('json')), 200),
  )
  .openapi(approve, async (c) => {
    const { step_id, ...request } = c.req.valid('json');
    return c.json(await approveExecution(requestContext(c), c.req.valid('param').id, step_id ?? null, request), 200);
  });
