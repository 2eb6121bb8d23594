import type { ChangePasswordRequest } from '@agentflow/contracts';
import { globalDb } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { hashPassword, verifyPassword } from '../../platform/passwords.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { forgetMemberships } from './current-membership.ts';
import { withLoginThrottle } from './login-throttle.ts';
import { requireUser } from './own-sessions.ts';
import { findUser, isPasswordChanged, replacePassword, revokeOtherSessions } from './session-queries.ts';

const wrongPassword = () => new ApiError('invalid_credentials', 'Check the current password.');

/**
 * Changes the caller's password and signs them out everywhere but here. Guesses of the current password count like
 * failed logins. Throws `invalid_credentials`, also when another change was faster; `forbidden` for an API key.
 */
export async function changePassword(ctx: RequestContext, request: ChangePasswordRequest): Promise<void> {
  const { user_id, session_id } = requireUser(ctx);
  const database = globalDb(ctx.env);
  const user = await findUser(database, user_id);
  if (user === undefined) throw notFound('user', user_id);
  await withLoginThrottle(ctx.env, { email: user.email, ip: ctx.ip }, async () => {
    if (!(await verifyPassword(request.current_password, user.password_hash))) throw wrongPassword();
  });
  const next = await hashPassword(request.new_password);
  const now = ctx.now();
  const entry = { action: 'user.password_changed', resource_type: 'user', resource_id: user_id };
  try {
    const [, revoked] = await database.batch([
      replacePassword(database, user_id, { expected: user.password_hash, next, now }),
      revokeOtherSessions(database, user_id, session_id, now),
      auditRow(database, ctx.organizationId, auditOrigin(ctx), entry, now),
    ]);
    for (const { id } of revoked) forgetMemberships({ session_id: id });
  } catch (error) {
    if (isPasswordChanged(error)) throw wrongPassword();
    throw error;
  }
}
