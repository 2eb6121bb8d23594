import {
  createProjectRequest,
  PROJECT_AGENTS_WINDOW,
  page,
  pageQuery,
  project,
  projectAgents,
  projectCostQuery,
  projectCosts,
  projectFilter,
  projectId,
  projectSummary,
  updateProjectRequest,
} from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../platform/auth.ts';
import { etagHeader, etagOf, ifMatch, STALE } from '../../platform/etags.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { listProjectCosts } from './costs.ts';
import {
  archiveProject,
  createProject,
  getProject,
  listProjectAgents,
  listProjects,
  presentListedProject,
  presentProject,
  updateProject,
} from './projects.ts';

const tags = ['Projects'];
const projectParams = z.object({ id: projectId });
const TAKEN = refusal('Another project has the name, or the project is archived', 'name_taken', 'conflict');

const list = operation({
  method: 'get',
  path: '/projects',
  operationId: 'listProjects',
  access: 'projects:read',
  tags,
  summary: 'List projects',
  description: 'Newest first. Archived projects are listed only with `archived=true`.',
  request: { query: pageQuery.extend(projectFilter.shape) },
  responses: { 200: { description: 'A page of projects', content: json(page(projectSummary)) } },
});

const create = operation({
  method: 'post',
  path: '/projects',
  operationId: 'createProject',
  access: 'projects:write',
  idempotent: true,
  tags,
  summary: 'Create a project',
  request: { body: { content: json(createProjectRequest), required: true } },
  responses: { 201: { description: 'The new project', headers: etagHeader, content: json(project) }, 409: TAKEN },
});

const get = operation({
  method: 'get',
  path: '/projects/{id}',
  operationId: 'getProject',
  access: 'projects:read',
  tags,
  summary: 'Get a project',
  request: { params: projectParams },
  responses: { 200: { description: 'The project', headers: etagHeader, content: json(project) } },
});

const agents = operation({
  method: 'get',
  path: '/projects/{id}/agents',
  operationId: 'listProjectAgents',
  access: 'executions:read',
  tags,
  summary: 'List the agents that ran in a project',
  description: `With how often, what it cost and how it ended last, told from the project's newest ${PROJECT_AGENTS_WINDOW} executions.`,
  request: { params: projectParams },
  responses: { 200: { description: 'The agents', content: json(projectAgents) } },
});

const costs = operation({
  method: 'get',
  path: '/projects/{id}/costs',
  operationId: 'listProjectCosts',
  access: 'executions:read',
  tags,
  summary: 'What the model calls of a project have cost',
  description: 'By day, by agent and by model; days are those of UTC.',
  request: { params: projectParams, query: projectCostQuery },
  responses: { 200: { description: 'The costs', content: json(projectCosts) } },
});

const update = operation({
  method: 'put',
  path: '/projects/{id}',
  operationId: 'updateProject',
  access: 'projects:write',
  tags,
  summary: "Change a project's name or description",
  request: { params: projectParams, headers: ifMatch, body: { content: json(updateProjectRequest), required: true } },
  responses: {
    200: { description: 'The changed project', headers: etagHeader, content: json(project) },
    409: TAKEN,
    412: STALE,
  },
});

const archive = operation({
  method: 'delete',
  path: '/projects/{id}',
  operationId: 'archiveProject',
  access: 'projects:write',
  tags,
  summary: 'Archive a project',
  description:
    'Nothing new is started in it and its shared context is deleted. Its executions and their cost stay; its name is free again.',
  request: { params: projectParams, headers: ifMatch },
  responses: { 204: { description: 'The project is archived' }, 412: STALE },
});

export const projectRoutes = createRouter()
  .openapi(list, async (c) => {
    const { archived, ...query } = c.req.valid('query');
    const { data, next_cursor } = await listProjects(requestContext(c), { ...query, archived: archived === 'true' });
    return c.json({ data: data.map(presentListedProject), next_cursor }, 200);
  })
  .openapi(create, async (c) => {
    const row = await createProject(requestContext(c), c.req.valid('json'));
    return c.json(presentProject(row), 201, { ETag: etagOf(row.revision), Location: `${c.req.path}/${row.id}` });
  })
  .openapi(get, async (c) => {
    const row = await getProject(requestContext(c), c.req.valid('param').id);
    return c.json(presentProject(row), 200, { ETag: etagOf(row.revision) });
  })
  .openapi(agents, async (c) => c.json(await listProjectAgents(requestContext(c), c.req.valid('param').id), 200))
  .openapi(costs, async (c) => {
    const { id } = c.req.valid('param');
    return c.json(await listProjectCosts(requestContext(c), id, c.req.valid('query')), 200);
  })
  .openapi(update, async (c) => {
    const { id } = c.req.valid('param');
    const row = await updateProject(requestContext(c), id, c.req.valid('json'), c.req.valid('header')['if-match']);
    return c.json(presentProject(row), 200, { ETag: etagOf(row.revision) });
  })
  .openapi(archive, async (c) => {
    await archiveProject(requestContext(c), c.req.valid('param').id, c.req.valid('header')['if-match']);
    return c.body(null, 204);
  });
