import { type InvitationDelivery, type InviteMemberRequest, role } from '@agentflow/contracts';
import { and, type SQL } from 'drizzle-orm';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { createMailer } from '../../platform/mail.ts';
import { callerRole, normalizeEmail, requireRoleWithin } from '../accounts/index.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { outgoingEvent, tellingDesks } from '../events/index.ts';
import { findOrganization, guard, isGuarded } from '../organizations/index.ts';
import { invitationMail } from './invitation-mail.ts';
import {
  fewerOpenThan,
  findInvitation,
  holds,
  type InvitationRow,
  insertInvitation,
  isNoMember,
  isOpen,
  revokeOpenFor,
  updateDelivery,
  updateInvitation,
} from './queries.ts';
import { newInvitationToken } from './token.ts';

const LIFETIME_MS = 7 * 86_400_000;
const MOST_OPEN = 200;
/** In every round a competing writer has gone through. */
const ROUNDS = 5;

/** `link` is null where it went out by mail. */
export interface Sent {
  readonly row: InvitationRow;
  readonly link: string | null;
}

const gone = () => new ApiError('invitation_gone', 'The invitation was accepted, revoked, or has expired.');
const busy = () => new ApiError('conflict', 'Others are changing the members at the same time. Try again.');

/**
 * How links leave this installation: by mail, and where no mail leaves it, in the answer. Throws
 * `mail_not_configured` in production without one.
 */
function requireDelivery(ctx: RequestContext) {
  const mailer = createMailer(ctx.env);
  if (mailer === null && ctx.env.ENVIRONMENT === 'production') {
    throw new ApiError(
      'mail_not_configured',
      'Set MAIL_FROM, and MAIL_API_KEY or the binding SEND_EMAIL, so that invitations can be sent.',
    );
  }
  return mailer;
}

/**
 * Invites an address; what was open for it is revoked in the same batch. Nothing is stored where no mail can be sent.
 * Throws `forbidden` for a role above the caller's, `already_member`, `limit_reached` at 200 open ones,
 * `mail_not_configured`.
 *
 * @param origin of the UI, where the link leads
 */
export async function inviteMember(ctx: RequestContext, request: InviteMemberRequest, origin: string): Promise<Sent> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const mailer = requireDelivery(ctx);
  const email = normalizeEmail(request.email);
  const now = ctx.now();
  const { token, token_hash } = await newInvitationToken();
  const row: InvitationRow = {
    id: newId('invitation', now),
    organization_id: organizationId,
    email,
    role: request.role,
    token_hash,
    invited_by: ctx.actor.id,
    inviter_name: ctx.actor.name,
    // Until the mail service has taken it.
    delivery: mailer === null || mailer.local ? 'shown' : 'failed',
    created_at: now,
    expires_at: now + LIFETIME_MS,
    accepted_at: null,
    revoked_at: null,
  };
  const { inviter_name: _, ...stored } = row;
  const entry = {
    action: 'invitation.created',
    resource_type: 'invitation',
    resource_id: row.id,
    details: { email, role: request.role },
  };
  const told = { invitation_id: row.id, email, role: request.role, invited_by: ctx.actor.id };
  const noMember = isNoMember(organizationId, email);
  const room = fewerOpenThan(organizationId, email, MOST_OPEN, now);
  for (let round = 0; round < ROUNDS; round++) {
    const own = await callerRole(ctx, 'members:manage');
    requireRoleWithin(own.role, request.role);
    try {
      await tellingDesks(ctx, [organizationId], () =>
        database.batch([
          guard(database, organizationId, and(noMember, room, own.holds) as SQL),
          revokeOpenFor(database, organizationId, email, now),
          insertInvitation(database, stored),
          outgoingEvent(database, organizationId, 'member.invited', told, now),
          auditRow(database, organizationId, auditOrigin(ctx), entry, now),
        ]),
      );
    } catch (error) {
      if (!isGuarded(error)) throw error;
      if (!(await holds(database, organizationId, noMember))) {
        throw new ApiError('already_member', `${email} is a member of the organization already.`);
      }
      if (!(await holds(database, organizationId, room))) {
        throw new ApiError('limit_reached', `${MOST_OPEN} invitations are open: revoke some of them first.`);
      }
      continue;
    }
    return deliver(ctx, row, token, origin);
  }
  throw busy();
}

/**
 * Makes a new link, good for seven days more, and ends the one before. Whoever resends answers for the invitation from then
 * on, as if they had made it. Throws `not_found`, `invitation_gone`, `forbidden`, `mail_not_configured`.
 */
export async function resendInvitation(ctx: RequestContext, invitationId: string, origin: string): Promise<Sent> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const mailer = requireDelivery(ctx);
  const { token, token_hash } = await newInvitationToken();
  for (let round = 0; round < ROUNDS; round++) {
    const before = await requireOpen(ctx, invitationId);
    const own = await callerRole(ctx, 'members:manage');
    requireRoleWithin(own.role, role.parse(before.role));
    const now = ctx.now();
    const changed = {
      token_hash,
      invited_by: ctx.actor.id,
      delivery: mailer === null || mailer.local ? 'shown' : 'failed',
      expires_at: now + LIFETIME_MS,
    };
    const entry = {
      action: 'invitation.resent',
      resource_type: 'invitation',
      resource_id: invitationId,
      details: { email: before.email, role: before.role },
    };
    try {
      await database.batch([
        guard(database, organizationId, and(isOpen(organizationId, invitationId, now), own.holds) as SQL),
        updateInvitation(database, organizationId, invitationId, changed),
        auditRow(database, organizationId, auditOrigin(ctx), entry, now),
      ]);
    } catch (error) {
      if (!isGuarded(error)) throw error;
      continue;
    }
    return deliver(ctx, { ...before, ...changed, inviter_name: ctx.actor.name }, token, origin);
  }
  throw busy();
}

/** Ends an open invitation. Throws `not_found`, and `invitation_gone` where it is not open any more. */
export async function revokeInvitation(ctx: RequestContext, invitationId: string): Promise<void> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const row = await requireOpen(ctx, invitationId);
  const now = ctx.now();
  const entry = {
    action: 'invitation.revoked',
    resource_type: 'invitation',
    resource_id: invitationId,
    details: { email: row.email, role: row.role },
  };
  try {
    await database.batch([
      guard(database, organizationId, isOpen(organizationId, invitationId, now)),
      updateInvitation(database, organizationId, invitationId, { revoked_at: now }),
      auditRow(database, organizationId, auditOrigin(ctx), entry, now),
    ]);
  } catch (error) {
    throw isGuarded(error) ? gone() : error;
  }
}

async function requireOpen(ctx: RequestContext, invitationId: string): Promise<InvitationRow> {
  const row = await findInvitation(db(ctx.env, ctx.organizationId), ctx.organizationId, invitationId);
  if (row === undefined) throw notFound('invitation', invitationId);
  if (row.accepted_at !== null || row.revoked_at !== null || row.expires_at <= ctx.now()) throw gone();
  return row;
}

/** Sends a stored invitation's link. A mail that fails is told in `delivery`: the invitation stays, and can be sent again. */
async function deliver(ctx: RequestContext, row: InvitationRow, token: string, origin: string): Promise<Sent> {
  const { organizationId, env } = ctx;
  const database = db(env, organizationId);
  const link = `${origin}/invitations/${token}`;
  const mailer = createMailer(env);
  if (mailer === null) {
    // With the mails of local mode the only place where a credential is logged; `requireDelivery` keeps production out.
    ctx.log.log('info', 'mail.not_sent_link_shown', { to: row.email, link });
    return { row, link };
  }
  const organization = await findOrganization(database, organizationId);
  if (organization === undefined) throw notFound('organization', organizationId);
  const mail = await invitationMail({
    to: row.email,
    link,
    organization: organization.name,
    inviter: ctx.actor.name,
    role: row.role,
    expires_at: row.expires_at,
  });
  const result = await mailer.send(mail, `invitation/${row.id}/${row.token_hash.slice(0, 16)}`);
  if (!result.sent) {
    ctx.log.log('warn', 'mail.failed', { invitation_id: row.id, reason: result.reason });
    return { row, link: null };
  }
  ctx.log.log('info', 'mail.sent', { invitation_id: row.id, mail_id: result.id });
  if (mailer.local) return { row, link };
  const delivery: InvitationDelivery = 'sent';
  await updateDelivery(database, organizationId, row, delivery);
  return { row: { ...row, delivery }, link: null };
}
