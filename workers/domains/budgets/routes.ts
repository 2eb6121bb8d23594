import {
  agentId,
  budgetStates,
  executionBudgets,
  executionId,
  externalAgentId,
  projectId,
  setBudgetRequest,
  topUpBudgetRequest,
  topUpExecutionRequest,
} from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../platform/auth.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { executionMoney, getBudgets, setBudget, topUpBudget, topUpExecution } from './budgets.ts';

const tags = ['Budgets'];
const answer = { description: 'The budgets as they stand', content: json(budgetStates) };
const NO_LIMIT = refusal('There is no limit to be topped up', 'conflict');
const SETS =
  'One limit for each period: day, month (both UTC) and total. What was spent in the period before it was set counts. Model calls that a limit has no money for wait, or fail with `budget_exceeded`; a start is refused once nothing is left. null takes the limit away.';
const TOPS_UP =
  'More for the period that is under way, or for good where it is `total`. Executions that wait for money go on in the order in which they came, as far as it goes.';

const agentParams = z.object({ id: agentId });
const projectParams = z.object({ id: projectId });
const externalParams = z.object({ id: externalAgentId });
const executionParams = z.object({ id: executionId });

const getOrg = operation({
  method: 'get',
  path: '/org/budget',
  operationId: 'getOrganizationBudget',
  access: 'governance:read',
  tags,
  summary: "Get the organization's budgets",
  responses: { 200: answer },
});

const setOrg = operation({
  method: 'put',
  path: '/org/budget',
  operationId: 'setOrganizationBudget',
  access: 'governance:write',
  tags,
  summary: "Limit what the organization's model calls cost",
  description: SETS,
  request: { body: { content: json(setBudgetRequest) } },
  responses: { 200: answer },
});

const topUpOrg = operation({
  method: 'post',
  path: '/org/budget/top-up',
  operationId: 'topUpOrganizationBudget',
  access: 'governance:write',
  idempotent: true,
  tags,
  summary: "Top up the organization's budget",
  description: TOPS_UP,
  request: { body: { content: json(topUpBudgetRequest) } },
  responses: { 200: answer, 409: NO_LIMIT },
});

const getAgent = operation({
  method: 'get',
  path: '/agents/{id}/budget',
  operationId: 'getAgentBudget',
  access: 'governance:read',
  tags,
  summary: "Get an agent's budgets",
  request: { params: agentParams },
  responses: { 200: answer },
});

const setAgent = operation({
  method: 'put',
  path: '/agents/{id}/budget',
  operationId: 'setAgentBudget',
  access: 'governance:write',
  tags,
  summary: "Limit what an agent's model calls cost",
  description: SETS,
  request: { params: agentParams, body: { content: json(setBudgetRequest) } },
  responses: { 200: answer },
});

const topUpAgent = operation({
  method: 'post',
  path: '/agents/{id}/budget/top-up',
  operationId: 'topUpAgentBudget',
  access: 'governance:write',
  idempotent: true,
  tags,
  summary: "Top up an agent's budget",
  description: TOPS_UP,
  request: { params: agentParams, body: { content: json(topUpBudgetRequest) } },
  responses: { 200: answer, 409: NO_LIMIT },
});

const ARCHIVED = refusal('The project is archived', 'conflict');

const getProject = operation({
  method: 'get',
  path: '/projects/{id}/budget',
  operationId: 'getProjectBudget',
  access: 'governance:read',
  tags,
  summary: "Get a project's budgets",
  request: { params: projectParams },
  responses: { 200: answer },
});

const setProject = operation({
  method: 'put',
  path: '/projects/{id}/budget',
  operationId: 'setProjectBudget',
  access: 'governance:write',
  tags,
  summary: 'Limit what the model calls of a project cost',
  description: SETS,
  request: { params: projectParams, body: { content: json(setBudgetRequest) } },
  responses: { 200: answer, 409: ARCHIVED },
});

const topUpProject = operation({
  method: 'post',
  path: '/projects/{id}/budget/top-up',
  operationId: 'topUpProjectBudget',
  access: 'governance:write',
  idempotent: true,
  tags,
  summary: "Top up a project's budget",
  description: TOPS_UP,
  request: { params: projectParams, body: { content: json(topUpBudgetRequest) } },
  responses: { 200: answer, 409: NO_LIMIT },
});

const getExternal = operation({
  method: 'get',
  path: '/external-agents/{id}/budget',
  operationId: 'getExternalAgentBudget',
  access: 'governance:read',
  tags,
  summary: "Get an external agent's budgets",
  request: { params: externalParams },
  responses: { 200: answer },
});

const setExternal = operation({
  method: 'put',
  path: '/external-agents/{id}/budget',
  operationId: 'setExternalAgentBudget',
  access: 'governance:write',
  tags,
  summary: 'Limit what the calls of an external agent cost',
  description: `Everything that its calls start counts, however deep below them. ${SETS}`,
  request: { params: externalParams, body: { content: json(setBudgetRequest) } },
  responses: { 200: answer },
});

const topUpExternal = operation({
  method: 'post',
  path: '/external-agents/{id}/budget/top-up',
  operationId: 'topUpExternalAgentBudget',
  access: 'governance:write',
  idempotent: true,
  tags,
  summary: "Top up an external agent's budget",
  description: TOPS_UP,
  request: { params: externalParams, body: { content: json(topUpBudgetRequest) } },
  responses: { 200: answer, 409: NO_LIMIT },
});

const getExecution = operation({
  method: 'get',
  path: '/executions/{id}/budget',
  operationId: 'getExecutionBudget',
  access: 'governance:read',
  tags,
  summary: 'Get the budgets that an execution spends from, and what it waits for',
  description: 'Empty for one that has ended.',
  request: { params: executionParams },
  responses: { 200: { description: 'The budgets as they stand', content: json(executionBudgets) } },
});

const topUpOne = operation({
  method: 'post',
  path: '/executions/{id}/top-up',
  operationId: 'topUpExecution',
  access: 'governance:write',
  idempotent: true,
  tags,
  summary: 'Give an execution more than the budget that it was started with',
  description: 'Of an execution that another one started: the budget of the first of them.',
  request: { params: executionParams, body: { content: json(topUpExecutionRequest) } },
  responses: {
    200: answer,
    409: refusal('It was started without a budget, or has ended', 'conflict', 'execution_finished'),
  },
});

const ORGANIZATION = { scope: 'organization', id: null } as const;
const agent = (id: string) => ({ scope: 'agent', id }) as const;
const project = (id: string) => ({ scope: 'project', id }) as const;
const external = (id: string) => ({ scope: 'external_agent', id }) as const;

export const budgetRoutes = createRouter()
  .openapi(getOrg, async (c) => c.json(await getBudgets(requestContext(c), ORGANIZATION), 200))
  .openapi(setOrg, async (c) => c.json(await setBudget(requestContext(c), ORGANIZATION, c.req.valid('json')), 200))
  .openapi(topUpOrg, async (c) => c.json(await topUpBudget(requestContext(c), ORGANIZATION, c.req.valid('json')), 200))
  .openapi(getAgent, async (c) => c.json(await getBudgets(requestContext(c), agent(c.req.valid('param').id)), 200))
  .openapi(setAgent, async (c) =>
    c.json(await setBudget(requestContext(c), agent(c.req.valid('param').id), c.req.valid('json')), 200),
  )
  .openapi(topUpAgent, async (c) =>
    c.json(await topUpBudget(requestContext(c), agent(c.req.valid('param').id), c.req.valid('json')), 200),
  )
  .openapi(getProject, async (c) => c.json(await getBudgets(requestContext(c), project(c.req.valid('param').id)), 200))
  .openapi(setProject, async (c) =>
    c.json(await setBudget(requestContext(c), project(c.req.valid('param').id), c.req.valid('json')), 200),
  )
  .openapi(topUpProject, async (c) =>
    c.json(await topUpBudget(requestContext(c), project(c.req.valid('param').id), c.req.valid('json')), 200),
  )
  .openapi(getExternal, async (c) =>
    c.json(await getBudgets(requestContext(c), external(c.req.valid('param').id)), 200),
  )
  .openapi(setExternal, async (c) =>
    c.json(await setBudget(requestContext(c), external(c.req.valid('param').id), c.req.valid('json')), 200),
  )
  .openapi(topUpExternal, async (c) =>
    c.json(await topUpBudget(requestContext(c), external(c.req.valid('param').id), c.req.valid('json')), 200),
  )
  .openapi(getExecution, async (c) => c.json(await executionMoney(requestContext(c), c.req.valid('param').id), 200))
  .openapi(topUpOne, async (c) => {
    const { amount_usd } = c.req.valid('json');
    return c.json(await topUpExecution(requestContext(c), c.req.valid('param').id, amount_usd), 200);
  });
