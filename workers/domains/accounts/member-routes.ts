import { member, page, pageQuery, setMemberRoleRequest, userId } from '@agentflow/contracts';
import { z } from 'zod';
import { db } from '../../db/client.ts';
import { requestContext } from '../../platform/auth.ts';
import { decodeCursor, pageOf } from '../../platform/pagination.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { listMembers } from './member-queries.ts';
import { removeMember, setMemberRole } from './members.ts';
import { presentMember } from './present.ts';

const tags = ['Members'];
const params = z.object({ id: userId });
const KEPT = refusal(
  'The last owner stays an owner (`last_owner`), or others are changing the members too',
  'last_owner',
  'conflict',
);

const getMembers = operation({
  method: 'get',
  path: '/org/members',
  operationId: 'listMembers',
  access: 'members:read',
  tags,
  summary: 'List members',
  description: 'The people of the organization with their roles, those who signed up last first.',
  request: { query: pageQuery },
  responses: { 200: { description: 'A page of members', content: json(page(member)) } },
});

const putRole = operation({
  method: 'put',
  path: '/org/members/{id}/role',
  operationId: 'setMemberRole',
  access: 'members:manage',
  tags,
  summary: "Change a member's role",
  description:
    'Holds from the next request on. Nobody changes a person above their own role or gives a role above it; an API key counts as an admin. `id` is the user’s.',
  request: { params, body: { content: json(setMemberRoleRequest) } },
  responses: { 200: { description: 'The member with the new role', content: json(member) }, 409: KEPT },
});

const deleteMember = operation({
  method: 'delete',
  path: '/org/members/{id}',
  operationId: 'removeMember',
  access: 'members:manage',
  tags,
  summary: 'Remove a member',
  description: 'Ends the sessions of the person in this organization. API keys that they made stay: revoke those too.',
  request: { params },
  responses: { 204: { description: 'The person is no longer a member' }, 409: KEPT },
});

export const memberRoutes = createRouter()
  .openapi(getMembers, async (c) => {
    const { env, organizationId } = requestContext(c);
    const { limit, cursor } = c.req.valid('query');
    const rows = await listMembers(db(env, organizationId), organizationId, { limit, before: decodeCursor(cursor) });
    const { data, next_cursor } = pageOf(rows, limit);
    return c.json({ data: data.map(presentMember), next_cursor }, 200);
  })
  .openapi(putRole, async (c) => {
    const row = await setMemberRole(requestContext(c), c.req.valid('param').id, c.req.valid('json').role);
    return c.json(presentMember(row), 200);
  })
  .openapi(deleteMember, async (c) => {
    await removeMember(requestContext(c), c.req.valid('param').id);
    return c.body(null, 204);
  });
