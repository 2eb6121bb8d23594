import {
  approveProposalRequest,
  page,
  pageQuery,
  proposal,
  proposalFilter,
  proposalId,
  proposalSummary,
  proposalTrial,
  rejectProposalRequest,
  startShadowRunRequest,
  proposalStats as statsSchema,
} from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../../platform/auth.ts';
import { decodeCursor } from '../../../platform/pagination.ts';
import { createRouter, json, operation, refusal } from '../../../platform/router.ts';
import { approveProposal } from '../approve.ts';
import { rejectProposal } from '../decisions.ts';
import { getProposal, listProposals, proposalStats, tryProposal } from '../proposals.ts';

const tags = ['Refinements'];
const params = z.object({ id: proposalId });

const list = operation({
  method: 'get',
  path: '/proposals',
  operationId: 'listProposals',
  access: 'agents:read',
  tags,
  summary: 'List proposals, newest first',
  description: 'Those that the caller may see, without their files.',
  request: { query: pageQuery.extend(proposalFilter.shape) },
  responses: { 200: { description: 'A page of proposals', content: json(page(proposalSummary)) } },
});

const stats = operation({
  method: 'get',
  path: '/proposals/stats',
  operationId: 'getProposalStats',
  access: 'agents:read',
  tags,
  summary: 'How many proposals there are by status, how many are approved, and how long runs take',
  description: 'Of the last 90 days, of the whole organization.',
  responses: { 200: { description: 'The figures', content: json(statsSchema) } },
});

const get = {
  method: 'get',
  access: 'agents:read',
  tags,
  request: { params },
  responses: { 200: { description: 'The proposal', content: json(proposal) } },
} as const;

const approve = {
  method: 'post',
  access: 'agents:write',
  tags,
  request: { params, body: { content: json(approveProposalRequest) } },
  responses: {
    200: { description: 'The approved proposal', content: json(proposal) },
    409: refusal(
      'It is decided, the hash is of other bytes, the draft has moved (with `merge`), or the agent is archived',
      'proposal_decided',
      'proposal_changed',
      'draft_moved',
      'agent_archived',
      'conflict',
    ),
  },
} as const;

const reject = {
  method: 'post',
  access: 'agents:write',
  tags,
  request: { params, body: { content: json(rejectProposalRequest) } },
  responses: {
    200: { description: 'The rejected proposal', content: json(proposal) },
    409: refusal('It is decided already', 'proposal_decided'),
  },
} as const;

const getOne = operation({
  ...get,
  path: '/proposals/{id}',
  operationId: 'getProposal',
  summary: 'Get a proposal with its files',
});
const approveOne = operation({
  ...approve,
  path: '/proposals/{id}/approve',
  operationId: 'approveProposal',
  summary: 'Make a proposal, or a part of it, the draft',
  description:
    'All of it, files (`paths`) or hunks. `hash` binds the approval to the bytes that result. Where the draft has moved since, the answer is 409 `draft_moved` with the merge: approve again with `onto` and the hash of that.',
});
const rejectOne = operation({
  ...reject,
  path: '/proposals/{id}/reject',
  operationId: 'rejectProposal',
  summary: 'Discard a proposal; a run that is under way ends',
});

const tryOne = operation({
  method: 'post',
  path: '/proposals/{id}/shadow-runs',
  operationId: 'tryProposal',
  access: 'agents:write',
  idempotent: true,
  tags,
  summary: 'Try a proposal on recent executions',
  description: 'A shadow run of the proposed draft, in test mode: read it at the agent’s shadow runs.',
  request: { params, body: { content: json(startShadowRunRequest) } },
  responses: {
    202: { description: 'Started', content: json(proposalTrial) },
    409: refusal(
      'There are no files that can be tried, or no executions to repeat; or the agent is archived',
      'agent_archived',
      'conflict',
    ),
    422: refusal('The proposed draft has problems, or the request is not valid', 'definition_invalid'),
  },
});

const getAlias = operation({
  ...get,
  path: '/proposals/{id}',
  operationId: 'getWorkflowProposal',
  summary: 'The same as `GET /api/v1/proposals/{id}`',
});
const approveAlias = operation({
  ...approve,
  path: '/proposals/{id}/approve',
  operationId: 'approveWorkflowProposal',
  summary: 'The same as `POST /api/v1/proposals/{id}/approve`',
});
const rejectAlias = operation({
  ...reject,
  path: '/proposals/{id}/reject',
  operationId: 'rejectWorkflowProposal',
  summary: 'The same as `POST /api/v1/proposals/{id}/reject`',
});

export const proposalRoutes = createRouter()
  .openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    return c.json(await listProposals(requestContext(c), filter, decodeCursor(cursor), limit), 200);
  })
  // Before the paths that are ids.
  .openapi(stats, async (c) => c.json(await proposalStats(requestContext(c)), 200))
  .openapi(getOne, async (c) => c.json(await getProposal(requestContext(c), c.req.valid('param').id), 200))
  .openapi(approveOne, async (c) =>
    c.json(await approveProposal(requestContext(c), c.req.valid('param').id, c.req.valid('json')), 200),
  )
  .openapi(rejectOne, async (c) =>
    c.json(await rejectProposal(requestContext(c), c.req.valid('param').id, c.req.valid('json').comment), 200),
  )
  .openapi(tryOne, async (c) => {
    const shadow_run_id = await tryProposal(requestContext(c), c.req.valid('param').id, c.req.valid('json'));
    return c.json({ shadow_run_id }, 202);
  });

export const proposalAliases = createRouter()
  .openapi(getAlias, async (c) => c.json(await getProposal(requestContext(c), c.req.valid('param').id), 200))
  .openapi(approveAlias, async (c) =>
    c.json(await approveProposal(requestContext(c), c.req.valid('param').id, c.req.valid('json')), 200),
  )
  .openapi(rejectAlias, async (c) =>
    c.json(await rejectProposal(requestContext(c), c.req.valid('param').id, c.req.valid('json').comment), 200),
  );
