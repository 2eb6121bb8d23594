import { type AcceptInvitationRequest, role } from '@agentflow/contracts';
import { and, type SQL } from 'drizzle-orm';
import type { BatchItem } from 'drizzle-orm/batch';
import { globalDb } from '../../db/client.ts';
import { uniqueViolation } from '../../db/unique-violation.ts';
import type { Principal, RequestContext } from '../../platform/context.ts';
import { sha256Hex } from '../../platform/digest.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError, invalid, unauthenticated } from '../../platform/errors.ts';
import { hashPassword, verifyPassword } from '../../platform/passwords.ts';
import {
  type Client,
  findUser,
  findUserByEmail,
  forgetMemberships,
  insertMembership,
  insertSession,
  insertUser,
  isPasswordChanged,
  newSession,
  newUser,
  presentSession,
  requirePassword,
  revokeSessionRow,
  type SignedIn,
  type UserRow,
  withLoginThrottle,
} from '../accounts/index.ts';
import { auditRow } from '../audit/index.ts';
import { outgoingEvent, tellingDesks } from '../events/index.ts';
import { guard, isGuarded } from '../organizations/index.ts';
import {
  findByTokenHash,
  holds,
  type InvitationByToken,
  isAlive,
  isOpenUnder,
  isVouchedFor,
  updateInvitation,
} from './queries.ts';

const gone = () =>
  new ApiError('invitation_gone', 'The invitation was used or revoked, or has expired. Ask for a new one.');
const wrongPassword = () => new ApiError('invalid_credentials', "Check the password of the invited address's account.");

/** What must hold for an invitation to be accepted, in one batch with its acceptance. */
function acceptable({ invitation }: InvitationByToken, now: number): SQL {
  const { id, organization_id, token_hash, invited_by } = invitation;
  return and(
    isOpenUnder(organization_id, id, token_hash, now),
    isVouchedFor(organization_id, invited_by, role.parse(invitation.role)),
    isAlive(organization_id),
  ) as SQL;
}

/**
 * The invitation that a link's token names; reading it changes nothing, since mail scanners open links. Throws `not_found`
 * for a token that never was, `invitation_gone` for one that cannot be accepted any more.
 */
export async function readInvitation(env: Env, token: string, now: number): Promise<InvitationByToken> {
  const database = globalDb(env);
  const found = await findByTokenHash(database, await sha256Hex(token));
  // The token is a credential: no answer repeats it.
  if (found === undefined) throw new ApiError('not_found', 'There is no such invitation.');
  if (!(await holds(database, found.organization.id, acceptable(found, now)))) throw gone();
  return found;
}

/** Who accepts, and the statements that must stand in the batch because of it. */
interface Acceptor {
  readonly user: UserRow;
  readonly writes: readonly BatchItem<'sqlite'>[];
  /** The session that the new one takes the place of. */
  readonly replaced: string | null;
}

/**
 * Makes the invited person a member and signs them in. Single use: one of several at once gets in, the others see
 * `invitation_gone`. An unknown address registers with `password`; a registered one proves itself by its password or by
 * `caller`, who is signed in under it. Throws `not_found`, `invitation_gone`, `validation_failed` where a password is
 * needed, `invalid_credentials`, `rate_limited`, `wrong_person`, `already_member`.
 */
export async function acceptInvitation(
  ctx: Pick<RequestContext, 'env' | 'waitUntil'>,
  token: string,
  request: AcceptInvitationRequest,
  caller: Principal | null,
  client: Client & { readonly request_id: string },
  now: number,
): Promise<SignedIn> {
  const { env } = ctx;
  for (;;) {
    const found = await readInvitation(env, token, now);
    const acceptor =
      caller === null
        ? await byPassword(env, found.invitation.email, request, client, now)
        : await bySession(env, found.invitation.email, caller, now);
    try {
      return await join(ctx, found, acceptor, client, now);
    } catch (error) {
      // Somebody registered the address meanwhile: again, with the account that there is now.
      if (uniqueViolation(error) !== 'users.email') throw error;
    }
  }
}

async function bySession(env: Env, email: string, caller: Principal, now: number): Promise<Acceptor> {
  if (caller.kind !== 'user') {
    throw new ApiError('forbidden', 'This is for people: sign in instead of sending an API key.');
  }
  const database = globalDb(env);
  const user = await findUser(database, caller.user_id);
  if (user === undefined) throw unauthenticated();
  if (user.email !== email) {
    throw new ApiError(
      'wrong_person',
      `The invitation is for ${email}: sign in under that address, or sign out first.`,
    );
  }
  return { user, writes: [revokeSessionRow(database, caller.session_id, now)], replaced: caller.session_id };
}

async function byPassword(
  env: Env,
  email: string,
  { name, password }: AcceptInvitationRequest,
  client: Client,
  now: number,
): Promise<Acceptor> {
  const database = globalDb(env);
  const user = await findUserByEmail(database, email);
  if (password === undefined) {
    const message =
      user === undefined ? 'is needed: choose one for the new account' : `is needed: that of the account ${email}`;
    throw invalid([{ path: 'password', message }]);
  }
  if (user === undefined) {
    const created = newUser({ email, name, password_hash: await hashPassword(password) }, now);
    return { user: created, writes: [insertUser(database, created)], replaced: null };
  }
  await withLoginThrottle(env, { email, ip: client.ip }, async () => {
    if (!(await verifyPassword(password, user.password_hash))) throw wrongPassword();
  });
  return { user, writes: [requirePassword(database, user.id, user.password_hash)], replaced: null };
}

/** One batch: membership, invitation, session and audit row, or nothing of it. */
async function join(
  ctx: Pick<RequestContext, 'env' | 'waitUntil'>,
  found: InvitationByToken,
  { user, writes, replaced }: Acceptor,
  client: Client & { readonly request_id: string },
  now: number,
): Promise<SignedIn> {
  const { env } = ctx;
  const { invitation, organization } = found;
  const database = globalDb(env);
  const given = role.parse(invitation.role);
  const session = await newSession(env, { user_id: user.id, organization_id: organization.id }, client, now);
  const origin = { actor_type: 'user', actor_id: user.id, ...client };
  const entry = {
    action: 'member.joined',
    resource_type: 'member',
    resource_id: user.id,
    details: { email: user.email, role: given, invitation_id: invitation.id, invited_by: invitation.invited_by },
  };
  const told = { user_id: user.id, email: user.email, role: given };
  const membership = { organization_id: organization.id, user_id: user.id, role: given, created_at: now };
  try {
    await tellingDesks(ctx, [organization.id], () =>
      database.batch([
        guard(database, organization.id, acceptable(found, now)),
        ...writes,
        insertMembership(database, membership),
        updateInvitation(database, organization.id, invitation.id, { accepted_at: now }),
        insertSession(database, session.row),
        outgoingEvent(database, organization.id, 'member.joined', told, now),
        auditRow(database, organization.id, origin, entry, now),
      ]),
    );
  } catch (error) {
    if (isGuarded(error)) throw gone();
    if (isPasswordChanged(error)) throw wrongPassword();
    if (uniqueViolation(error) === 'memberships.organization_id') {
      throw new ApiError('already_member', `${user.email} is a member of the organization already.`);
    }
    throw error;
  }
  forgetMemberships({ organization_id: organization.id, user_id: user.id });
  if (replaced !== null) forgetMemberships({ session_id: replaced });
  const member = { user, organization, role: given };
  return { session: await presentSession(env, member, session.row.id, now), refresh_token: session.refresh_token };
}
