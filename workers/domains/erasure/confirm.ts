import type { EraseRequest } from '@agentflow/contracts';
import { globalDb } from '../../db/client.ts';
import type { RequestContext, UserPrincipal } from '../../platform/context.ts';
import { ApiError, invalid, unauthenticated } from '../../platform/errors.ts';
import { verifyPassword } from '../../platform/passwords.ts';
import { findUser, requireUser, type UserRow, withLoginThrottle } from '../accounts/index.ts';

export const wrongPassword = () => new ApiError('invalid_credentials', 'Check the password.');

/** The person who asks. Throws `forbidden` for an API key. */
export async function requirePerson(ctx: RequestContext): Promise<{ principal: UserPrincipal; user: UserRow }> {
  const principal = requireUser(ctx);
  const user = await findUser(globalDb(ctx.env), principal.user_id);
  if (user === undefined) throw unauthenticated();
  return { principal, user };
}

/**
 * Throws `validation_failed` unless the word is the one that the preview named, then `invalid_credentials` for a wrong
 * password; guesses count like failed logins.
 */
export async function requireConfirmation(
  ctx: RequestContext,
  user: UserRow,
  request: EraseRequest,
  word: { readonly wanted: string; readonly given: string },
): Promise<void> {
  if (word.given !== word.wanted) {
    throw invalid([{ path: 'confirm', message: `must be ${word.wanted}` }], 'Nothing was erased.');
  }
  await withLoginThrottle(ctx.env, { email: user.email, ip: ctx.ip }, async () => {
    if (!(await verifyPassword(request.password, user.password_hash))) throw wrongPassword();
  });
}
