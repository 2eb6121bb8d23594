import {
  commentRequest,
  proposalAccess,
  proposalAccessRequest,
  proposalComment,
  proposalId,
} from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../../platform/auth.ts';
import { createRouter, json, operation } from '../../../platform/router.ts';
import { addComment, getAccess, listComments, putAccess } from '../sharing.ts';

const tags = ['Refinements'];
const params = z.object({ id: proposalId });

const list = operation({
  method: 'get',
  path: '/proposals/{id}/comments',
  operationId: 'listProposalComments',
  access: 'agents:read',
  tags,
  summary: 'List what was said about a proposal, the oldest first',
  request: { params },
  responses: { 200: { description: 'The comments', content: json(z.object({ data: z.array(proposalComment) })) } },
});

const add = operation({
  method: 'post',
  path: '/proposals/{id}/comments',
  operationId: 'addProposalComment',
  access: 'agents:read',
  idempotent: true,
  tags,
  summary: 'Say something about a proposal, or a line of it',
  request: { params, body: { content: json(commentRequest), required: true } },
  responses: { 201: { description: 'The comment', content: json(proposalComment) } },
});

const get = operation({
  method: 'get',
  path: '/proposals/{id}/access',
  operationId: 'getProposalAccess',
  access: 'agents:read',
  tags,
  summary: 'Who may see or decide a proposal',
  request: { params },
  responses: { 200: { description: 'Its access', content: json(proposalAccess) } },
});

const put = operation({
  method: 'put',
  path: '/proposals/{id}/access',
  operationId: 'setProposalAccess',
  access: 'agents:write',
  tags,
  summary: 'Say who may see or decide a proposal',
  description:
    'Its author, owners and admins do. A private proposal is seen by them and by the people named here; deciding takes `agents:write` besides.',
  request: { params, body: { content: json(proposalAccessRequest), required: true } },
  responses: { 200: { description: 'Its access now', content: json(proposalAccess) } },
});

export const discussionRoutes = createRouter()
  .openapi(list, async (c) => c.json({ data: await listComments(requestContext(c), c.req.valid('param').id) }, 200))
  .openapi(add, async (c) =>
    c.json(await addComment(requestContext(c), c.req.valid('param').id, c.req.valid('json')), 201),
  )
  .openapi(get, async (c) => c.json(await getAccess(requestContext(c), c.req.valid('param').id), 200))
  .openapi(put, async (c) =>
    c.json(await putAccess(requestContext(c), c.req.valid('param').id, c.req.valid('json')), 200),
  );
