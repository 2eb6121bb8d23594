import {
  acceptInvitationRequest,
  type Invitation,
  invitation,
  invitationDelivery,
  invitationDetails,
  invitationId,
  inviteMemberRequest,
  page,
  pageQuery,
  role,
  sentInvitation,
  session,
} from '@agentflow/contracts';
import { z } from 'zod';
import { db, globalDb } from '../../db/client.ts';
import { identify, requestContext } from '../../platform/auth.ts';
import type { Principal } from '../../platform/context.ts';
import { decodeCursor, pageOf } from '../../platform/pagination.ts';
import { publicOrigin } from '../../platform/public-url.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { clientOf, findUserByEmail, setRefreshCookie } from '../accounts/index.ts';
import { acceptInvitation, readInvitation } from './accept.ts';
import { inviteMember, resendInvitation, revokeInvitation, type Sent } from './invite.ts';
import { type InvitationRow, listOpenInvitations } from './queries.ts';
import { invitationToken } from './token.ts';

const tags = ['Invitations'];
const params = z.object({ id: invitationId });
const tokenParams = z.object({ token: invitationToken });
const GONE = refusal('The invitation was accepted, revoked, or has expired (`invitation_gone`)', 'invitation_gone');
const NO_MAIL = refusal('This installation cannot send mail (`mail_not_configured`)', 'mail_not_configured');

const postInvite = operation({
  method: 'post',
  path: '/org/members/invite',
  operationId: 'inviteMember',
  access: 'members:manage',
  idempotent: true,
  tags,
  summary: 'Invite somebody',
  description:
    'Sends a link that works once within seven days, and ends the one that the address had before. Nobody invites above their own role; an API key counts as an admin.',
  request: { body: { content: json(inviteMemberRequest) } },
  responses: {
    201: { description: 'The invitation', content: json(sentInvitation) },
    409: refusal(
      'The address belongs to a member (`already_member`), or 200 invitations are open (`limit_reached`)',
      'already_member',
      'limit_reached',
    ),
    503: NO_MAIL,
  },
});

const getInvitations = operation({
  method: 'get',
  path: '/org/members/invitations',
  operationId: 'listInvitations',
  access: 'members:read',
  tags,
  summary: 'List open invitations',
  description: 'Those that were neither accepted nor revoked and have not expired.',
  request: { query: pageQuery },
  responses: { 200: { description: 'A page of invitations', content: json(page(invitation)) } },
});

const deleteInvitation = operation({
  method: 'delete',
  path: '/org/members/invitations/{id}',
  operationId: 'revokeInvitation',
  access: 'members:manage',
  tags,
  summary: 'Revoke an invitation',
  request: { params },
  responses: { 204: { description: 'Its link works no more' }, 410: GONE },
});

const postResend = operation({
  method: 'post',
  path: '/org/members/invitations/{id}/resend',
  operationId: 'resendInvitation',
  access: 'members:manage',
  tags,
  summary: 'Send an invitation again',
  description: 'With a new link for seven days more; the one before works no more. The caller becomes who invites.',
  request: { params },
  responses: { 200: { description: 'The invitation', content: json(sentInvitation) }, 410: GONE, 503: NO_MAIL },
});

const getInvitation = operation({
  method: 'get',
  path: '/org/invitations/{token}',
  operationId: 'getInvitation',
  access: 'public',
  tags,
  summary: 'What a link invites to',
  description: 'For whoever holds the link. Changes nothing.',
  request: { params: tokenParams },
  responses: {
    200: { description: 'The invitation', content: json(invitationDetails) },
    404: refusal('There never was such a link', 'not_found'),
    410: GONE,
  },
});

const postAccept = operation({
  method: 'post',
  path: '/org/invitations/{token}/accept',
  operationId: 'acceptInvitation',
  access: 'public',
  tags,
  summary: 'Accept an invitation',
  description:
    "Joins the organization and signs in to it. An address that is not registered needs a new `password`; a registered one its account's, or the access token of somebody who is signed in under it, whose session then ends in favour of the new one.",
  request: { params: tokenParams, body: { content: json(acceptInvitationRequest) } },
  responses: {
    200: { description: 'Signed in', content: json(session) },
    401: refusal(
      'The password is wrong (`invalid_credentials`), or the access token is not valid',
      'invalid_credentials',
    ),
    403: refusal(
      'The caller is signed in under another address (`wrong_person`), or is an API key',
      'wrong_person',
      'forbidden',
    ),
    404: refusal('There never was such a link', 'not_found'),
    409: refusal('The person is a member already (`already_member`)', 'already_member'),
    410: GONE,
    429: refusal('Too many failed attempts of this account or from this address', 'rate_limited'),
  },
});

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();

function presentInvitation(row: InvitationRow): Invitation {
  return {
    id: row.id,
    email: row.email,
    role: role.parse(row.role),
    invited_by: { id: row.invited_by, name: row.inviter_name ?? '' },
    delivery: invitationDelivery.parse(row.delivery),
    created_at: iso(row.created_at),
    expires_at: iso(row.expires_at),
  };
}

const presentSent = ({ row, link }: Sent) => ({ ...presentInvitation(row), link });

export const invitationRoutes = createRouter()
  .openapi(postInvite, async (c) => {
    const origin = publicOrigin(c.env, c.req.url);
    return c.json(presentSent(await inviteMember(requestContext(c), c.req.valid('json'), origin)), 201);
  })
  .openapi(getInvitations, async (c) => {
    const { env, organizationId, now } = requestContext(c);
    const { limit, cursor } = c.req.valid('query');
    const page = { limit, before: decodeCursor(cursor) };
    const rows = await listOpenInvitations(db(env, organizationId), organizationId, page, now());
    const { data, next_cursor } = pageOf(rows, limit);
    return c.json({ data: data.map(presentInvitation), next_cursor }, 200);
  })
  .openapi(deleteInvitation, async (c) => {
    await revokeInvitation(requestContext(c), c.req.valid('param').id);
    return c.body(null, 204);
  })
  .openapi(postResend, async (c) => {
    const origin = publicOrigin(c.env, c.req.url);
    return c.json(presentSent(await resendInvitation(requestContext(c), c.req.valid('param').id, origin)), 200);
  })
  .openapi(getInvitation, async (c) => {
    const found = await readInvitation(c.env, c.req.valid('param').token, Date.now());
    const { email, expires_at } = found.invitation;
    const registered = (await findUserByEmail(globalDb(c.env), email)) !== undefined;
    return c.json(
      {
        organization: { id: found.organization.id, name: found.organization.name },
        email,
        role: role.parse(found.invitation.role),
        invited_by: found.inviter_name ?? '',
        expires_at: iso(expires_at),
        registered,
      },
      200,
    );
  })
  .openapi(postAccept, async (c) => {
    const carriesCredential = ['authorization', 'x-api-key'].some((name) => c.req.header(name) !== undefined);
    const principal = carriesCredential ? await identify(c) : null;
    const { session: answer, refresh_token } = await acceptInvitation(
      { env: c.env, waitUntil: (work) => c.executionCtx.waitUntil(work) },
      c.req.valid('param').token,
      c.req.valid('json'),
      // Only routes with `deferKey` leave a key unchecked.
      principal as Principal | null,
      clientOf(c),
      Date.now(),
    );
    setRefreshCookie(c, refresh_token);
    return c.json(answer, 200);
  });
