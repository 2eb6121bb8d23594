import {
  evaluatePoliciesRequest,
  page,
  pageQuery,
  policy,
  policyDefault,
  policyEvaluation,
  policyFilter,
  policyId,
  policyRequest,
  policyVersion,
  setPolicyDefaultRequest,
  stopCounts,
} from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../platform/auth.ts';
import { etagHeader, etagOf, ifMatch, STALE } from '../../platform/etags.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { evaluatePolicies } from './evaluate-policies.ts';
import {
  createPolicy,
  deletePolicy,
  getPolicy,
  getPolicyDefault,
  listPolicies,
  listPolicyVersions,
  presentPolicy,
  presentPolicyDefault,
  setPolicyDefault,
  updatePolicy,
} from './policies.ts';

const tags = ['Governance'];
const policyParams = z.object({ id: policyId });
const TAKEN = refusal(
  'Another policy has the name, or there are as many as there may be',
  'name_taken',
  'limit_reached',
);
const STOPPING = {
  description: 'The policy, and what runs against it is being stopped: it asks for that with `stop_running`',
  headers: etagHeader,
  content: json(policy.extend(stopCounts.shape)),
};
const HOLDS =
  'Holds for every start from the answer on: a start that policies deny gets 403 `policy_denied`. A deny wins over every allow, and where no policy holds the default decides. A condition whose attribute is missing counts as met by a deny, and as not met by an allow.';

const list = operation({
  method: 'get',
  path: '/policies',
  operationId: 'listPolicies',
  access: 'governance:read',
  tags,
  summary: 'List policies',
  description: 'The highest priority first, of equals the newest.',
  request: { query: pageQuery.extend(policyFilter.shape) },
  responses: { 200: { description: 'A page of policies', content: json(page(policy)) } },
});

const create = operation({
  method: 'post',
  path: '/policies',
  operationId: 'createPolicy',
  access: 'governance:write',
  idempotent: true,
  tags,
  summary: 'Create a policy',
  description: HOLDS,
  request: { body: { content: json(policyRequest), required: true } },
  responses: {
    201: { description: 'The new policy', headers: etagHeader, content: json(policy) },
    202: STOPPING,
    409: TAKEN,
  },
});

const getDefault = operation({
  method: 'get',
  path: '/policies/default',
  operationId: 'getPolicyDefault',
  access: 'governance:read',
  tags,
  summary: 'What holds where no policy decides',
  responses: { 200: { description: 'The default', headers: etagHeader, content: json(policyDefault) } },
});

const setDefault = operation({
  method: 'put',
  path: '/policies/default',
  operationId: 'setPolicyDefault',
  access: 'governance:write',
  tags,
  summary: 'Choose what holds where no policy decides',
  description:
    '`deny` refuses every start that no policy allows, those of people in the UI included. Send the ETag in `If-Match`.',
  request: { headers: ifMatch, body: { content: json(setPolicyDefaultRequest) } },
  responses: {
    200: { description: 'The default as it holds now', headers: etagHeader, content: json(policyDefault) },
    412: STALE,
  },
});

const evaluate = operation({
  method: 'post',
  path: '/policies/evaluate',
  operationId: 'evaluatePolicies',
  access: 'governance:read',
  tags,
  summary: 'Judge a start without making it',
  description:
    'A dry run: which policy would decide, why, and how every condition of every active policy comes out. The request is described, or taken from an execution (which needs `executions:read` too); drafts are judged as if they were saved.',
  request: { body: { content: json(evaluatePoliciesRequest), required: true } },
  responses: { 200: { description: 'The decision and its explanation', content: json(policyEvaluation) } },
});

const get = operation({
  method: 'get',
  path: '/policies/{id}',
  operationId: 'getPolicy',
  access: 'governance:read',
  tags,
  summary: 'Get a policy',
  request: { params: policyParams },
  responses: { 200: { description: 'The policy', headers: etagHeader, content: json(policy) } },
});

const update = operation({
  method: 'put',
  path: '/policies/{id}',
  operationId: 'updatePolicy',
  access: 'governance:write',
  tags,
  summary: 'Replace what a policy says',
  description: `${HOLDS} Send the ETag in \`If-Match\`.`,
  request: { params: policyParams, headers: ifMatch, body: { content: json(policyRequest), required: true } },
  responses: {
    200: { description: 'The changed policy', headers: etagHeader, content: json(policy) },
    202: STOPPING,
    409: TAKEN,
    412: STALE,
  },
});

const remove = operation({
  method: 'delete',
  path: '/policies/{id}',
  operationId: 'deletePolicy',
  access: 'governance:write',
  tags,
  summary: 'Delete a policy',
  description: 'It decides nothing any more. Its versions stay.',
  request: { params: policyParams, headers: ifMatch },
  responses: { 204: { description: 'The policy is deleted' }, 412: STALE },
});

const versions = operation({
  method: 'get',
  path: '/policies/{id}/versions',
  operationId: 'listPolicyVersions',
  access: 'governance:read',
  tags,
  summary: 'List what a policy has said',
  description: 'Newest first: every change with who made it. Those of a deleted policy stay.',
  request: { params: policyParams, query: pageQuery },
  responses: { 200: { description: 'A page of versions', content: json(page(policyVersion)) } },
});

export const policyRoutes = createRouter()
  .openapi(list, async (c) => c.json(await listPolicies(requestContext(c), c.req.valid('query')), 200))
  .openapi(create, async (c) => {
    const created = await createPolicy(requestContext(c), c.req.valid('json'));
    const { policy: made, stop } = created;
    const headers = { ETag: etagOf(made.version), Location: `${c.req.path}/${made.id}` };
    if (stop === null) return c.json(presentPolicy(made), 201, headers);
    return c.json({ ...presentPolicy(made), ...stopCounts.parse(stop) }, 202, headers);
  })
  .openapi(getDefault, async (c) => {
    const state = await getPolicyDefault(requestContext(c));
    return c.json(presentPolicyDefault(state), 200, { ETag: etagOf(state.revision) });
  })
  .openapi(setDefault, async (c) => {
    const effect = c.req.valid('json').default;
    const state = await setPolicyDefault(requestContext(c), effect, c.req.valid('header')['if-match']);
    return c.json(presentPolicyDefault(state), 200, { ETag: etagOf(state.revision) });
  })
  .openapi(evaluate, async (c) => c.json(await evaluatePolicies(requestContext(c), c.req.valid('json')), 200))
  .openapi(get, async (c) => {
    const found = await getPolicy(requestContext(c), c.req.valid('param').id);
    return c.json(presentPolicy(found), 200, { ETag: etagOf(found.version) });
  })
  .openapi(update, async (c) => {
    const { id } = c.req.valid('param');
    const ctx = requestContext(c);
    const updated = await updatePolicy(ctx, id, c.req.valid('json'), c.req.valid('header')['if-match']);
    const { policy: now, stop } = updated;
    const headers = { ETag: etagOf(now.version) };
    if (stop === null) return c.json(presentPolicy(now), 200, headers);
    return c.json({ ...presentPolicy(now), ...stopCounts.parse(stop) }, 202, headers);
  })
  .openapi(remove, async (c) => {
    await deletePolicy(requestContext(c), c.req.valid('param').id, c.req.valid('header')['if-match']);
    return c.body(null, 204);
  })
  .openapi(versions, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await listPolicyVersions(requestContext(c), id, c.req.valid('query')), 200);
  });
