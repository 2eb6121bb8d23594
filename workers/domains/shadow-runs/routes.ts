import {
  agentId,
  executionId,
  page,
  pageQuery,
  shadowComparisonDetail,
  shadowRun,
  shadowRunId,
  startShadowRunRequest,
} from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../platform/auth.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { cancelShadowRun, getComparison, getShadowRun, listShadowRuns, tryDraft } from './service.ts';

const tags = ['Shadow runs'];
const agentParams = z.object({ id: agentId });
const runParams = agentParams.extend({ shadow_run_id: shadowRunId });

const start = operation({
  method: 'post',
  path: '/agents/{id}/shadow-runs',
  operationId: 'startShadowRun',
  access: 'agents:write',
  idempotent: true,
  tags,
  summary: 'Try the draft on recent executions',
  description:
    'Repeats executions that have completed or failed with the draft, in test mode. Nodes that are the same and get the same input answer as recorded; the others run; side effects are blocked. Follow it by its id.',
  request: { params: agentParams, body: { content: json(startShadowRunRequest) } },
  responses: {
    202: { description: 'Started', content: json(shadowRun) },
    409: refusal('The agent is archived, or has no executions that can be repeated', 'agent_archived', 'conflict'),
    422: refusal('The draft has problems (`definition_invalid`), or the request is not valid', 'definition_invalid'),
  },
});

const list = operation({
  method: 'get',
  path: '/agents/{id}/shadow-runs',
  operationId: 'listShadowRuns',
  access: 'executions:read',
  tags,
  summary: 'List shadow runs, newest first',
  description: 'They are kept for 30 days.',
  request: { params: agentParams, query: pageQuery },
  responses: { 200: { description: 'A page of shadow runs', content: json(page(shadowRun)) } },
});

const get = operation({
  method: 'get',
  path: '/agents/{id}/shadow-runs/{shadow_run_id}',
  operationId: 'getShadowRun',
  access: 'executions:read',
  tags,
  summary: 'Get a shadow run with its comparisons',
  request: { params: runParams },
  responses: { 200: { description: 'The shadow run as far as it is', content: json(shadowRun) } },
});

const compare = operation({
  method: 'get',
  path: '/agents/{id}/shadow-runs/{shadow_run_id}/comparisons/{execution_id}',
  operationId: 'getShadowComparison',
  access: 'executions:read',
  tags,
  summary: 'Get one comparison with the steps that differ',
  request: { params: runParams.extend({ execution_id: executionId }) },
  responses: { 200: { description: 'The comparison', content: json(shadowComparisonDetail) } },
});

const cancel = operation({
  method: 'post',
  path: '/agents/{id}/shadow-runs/{shadow_run_id}/cancel',
  operationId: 'cancelShadowRun',
  access: 'agents:write',
  tags,
  summary: 'Cancel a shadow run',
  request: { params: runParams },
  responses: {
    200: { description: 'The cancelled shadow run', content: json(shadowRun) },
    409: refusal('It has already ended', 'conflict'),
  },
});

export const shadowRunRoutes = createRouter()
  .openapi(start, async (c) => {
    const run = await tryDraft(requestContext(c), c.req.valid('param').id, c.req.valid('json'));
    c.header('Location', `/api/v1/agents/${run.agent_id}/shadow-runs/${run.id}`);
    return c.json(run, 202);
  })
  .openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    return c.json(await listShadowRuns(requestContext(c), c.req.valid('param').id, decodeCursor(cursor), limit), 200);
  })
  .openapi(get, async (c) => {
    const { id, shadow_run_id } = c.req.valid('param');
    return c.json(await getShadowRun(requestContext(c), id, shadow_run_id), 200);
  })
  .openapi(compare, async (c) => {
    const { id, shadow_run_id, execution_id } = c.req.valid('param');
    return c.json(await getComparison(requestContext(c), id, shadow_run_id, execution_id), 200);
  })
  .openapi(cancel, async (c) => {
    const { id, shadow_run_id } = c.req.valid('param');
    return c.json(await cancelShadowRun(requestContext(c), id, shadow_run_id), 200);
  });
