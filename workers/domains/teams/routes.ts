import {
  page,
  pageQuery,
  type Team,
  type TeamMember,
  team,
  teamId,
  teamMember,
  teamRequest,
  userId,
} from '@agentflow/contracts';
import { z } from 'zod';
import { db } from '../../db/client.ts';
import { requestContext } from '../../platform/auth.ts';
import { decodeCursor, pageOf } from '../../platform/pagination.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { listTeamMembers, listTeams, type TeamRow } from './queries.ts';
import { changeTeam, createTeam, deleteTeam, getTeam, setTeamMember } from './teams.ts';

const tags = ['Teams'];
const params = z.object({ id: teamId });
const memberParams = z.object({ id: teamId, user_id: userId });
const NAME_TAKEN = 'There is a team of this name, letter case apart (`name_taken`)';

const getTeams = operation({
  method: 'get',
  path: '/org/teams',
  operationId: 'listTeams',
  access: 'members:read',
  tags,
  summary: 'List teams',
  request: { query: pageQuery },
  responses: { 200: { description: 'A page of teams', content: json(page(team)) } },
});

const postTeam = operation({
  method: 'post',
  path: '/org/teams',
  operationId: 'createTeam',
  access: 'teams:manage',
  idempotent: true,
  tags,
  summary: 'Create a team',
  request: { body: { content: json(teamRequest) } },
  responses: {
    201: { description: 'The new team', content: json(team) },
    409: refusal(`${NAME_TAKEN}, or there are 200 teams (\`limit_reached\`)`, 'name_taken', 'limit_reached'),
  },
});

const putTeam = operation({
  method: 'put',
  path: '/org/teams/{id}',
  operationId: 'updateTeam',
  access: 'teams:manage',
  tags,
  summary: 'Change a team',
  request: { params, body: { content: json(teamRequest) } },
  responses: { 200: { description: 'The changed team', content: json(team) }, 409: refusal(NAME_TAKEN, 'name_taken') },
});

const deleteTeamOperation = operation({
  method: 'delete',
  path: '/org/teams/{id}',
  operationId: 'deleteTeam',
  access: 'teams:manage',
  tags,
  summary: 'Delete a team',
  description: 'Its people stay members of the organization.',
  request: { params },
  responses: { 204: { description: 'The team is gone' } },
});

const getTeamMembers = operation({
  method: 'get',
  path: '/org/teams/{id}/members',
  operationId: 'listTeamMembers',
  access: 'members:read',
  tags,
  summary: "List a team's people",
  request: { params, query: pageQuery },
  responses: { 200: { description: 'A page of people', content: json(page(teamMember)) } },
});

const putTeamMember = operation({
  method: 'put',
  path: '/org/teams/{id}/members/{user_id}',
  operationId: 'addTeamMember',
  access: 'teams:manage',
  tags,
  summary: 'Put a member into a team',
  description: 'Members of the organization only. Somebody who is in the team already stays in it.',
  request: { params: memberParams },
  responses: { 204: { description: 'The person is in the team' } },
});

const deleteTeamMember = operation({
  method: 'delete',
  path: '/org/teams/{id}/members/{user_id}',
  operationId: 'removeTeamMember',
  access: 'teams:manage',
  tags,
  summary: 'Take a member out of a team',
  description: 'The person stays a member of the organization. Somebody who is not in the team stays out of it.',
  request: { params: memberParams },
  responses: { 204: { description: 'The person is not in the team' } },
});

function presentTeam({ created_at, ...row }: TeamRow): Team {
  return { ...row, created_at: new Date(created_at).toISOString() };
}

function presentTeamMember({ added_at, ...user }: Awaited<ReturnType<typeof listTeamMembers>>[number]): TeamMember {
  return { user, added_at: new Date(added_at).toISOString() };
}

export const teamRoutes = createRouter()
  .openapi(getTeams, async (c) => {
    const { env, organizationId } = requestContext(c);
    const { limit, cursor } = c.req.valid('query');
    const rows = await listTeams(db(env, organizationId), organizationId, { limit, before: decodeCursor(cursor) });
    const { data, next_cursor } = pageOf(rows, limit);
    return c.json({ data: data.map(presentTeam), next_cursor }, 200);
  })
  .openapi(postTeam, async (c) => c.json(presentTeam(await createTeam(requestContext(c), c.req.valid('json'))), 201))
  .openapi(putTeam, async (c) => {
    const row = await changeTeam(requestContext(c), c.req.valid('param').id, c.req.valid('json'));
    return c.json(presentTeam(row), 200);
  })
  .openapi(deleteTeamOperation, async (c) => {
    await deleteTeam(requestContext(c), c.req.valid('param').id);
    return c.body(null, 204);
  })
  .openapi(getTeamMembers, async (c) => {
    const ctx = requestContext(c);
    const { env, organizationId } = ctx;
    const { limit, cursor } = c.req.valid('query');
    const before = decodeCursor(cursor);
    const { id } = await getTeam(ctx, c.req.valid('param').id);
    const rows = await listTeamMembers(db(env, organizationId), organizationId, id, { limit, before });
    const { data, next_cursor } = pageOf(rows, limit);
    return c.json({ data: data.map(presentTeamMember), next_cursor }, 200);
  })
  .openapi(putTeamMember, async (c) => {
    const { id, user_id } = c.req.valid('param');
    await setTeamMember(requestContext(c), id, user_id, true);
    return c.body(null, 204);
  })
  .openapi(deleteTeamMember, async (c) => {
    const { id, user_id } = c.req.valid('param');
    await setTeamMember(requestContext(c), id, user_id, false);
    return c.body(null, 204);
  });
