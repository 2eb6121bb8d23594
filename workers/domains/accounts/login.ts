import { type LoginRequest, role } from '@agentflow/contracts';
import { globalDb } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError } from '../../platform/errors.ts';
import { verifyPassword } from '../../platform/passwords.ts';
import { normalizeEmail } from './email.ts';
import { withLoginThrottle } from './login-throttle.ts';
import { findUserByEmail, firstMembership } from './queries.ts';
import { isOwnerErased, isPasswordChanged } from './session-queries.ts';
import { type Client, type SignedIn, startSession } from './sessions.ts';

const wrong = () => new ApiError('invalid_credentials', 'Check the e-mail address and the password.');

/**
 * Signs in with a password. An unknown address and a wrong password give the same answer after the same work. Throws
 * `invalid_credentials`, and `rate_limited` after too many of them; `no_organization` for a right password of somebody who
 * belongs nowhere, which is no failed login.
 */
export function logIn(env: Env, request: LoginRequest, client: Client, now: number): Promise<SignedIn> {
  return withLoginThrottle(env, { email: request.email, ip: client.ip }, async () => {
    const database = globalDb(env);
    const user = await findUserByEmail(database, normalizeEmail(request.email));
    const fits = await verifyPassword(request.password, user?.password_hash ?? null);
    if (user === undefined || !fits) throw wrong();
    const membership = await firstMembership(database, user.id);
    if (membership === undefined) {
      throw new ApiError(
        'no_organization',
        'This account belongs to no organization. Sign up with it to make one, or accept an invitation.',
      );
    }
    const { organization } = membership;
    try {
      return await startSession(env, { user, organization, role: role.parse(membership.role) }, client, now);
    } catch (error) {
      if (isPasswordChanged(error) || isOwnerErased(error)) throw wrong();
      throw error;
    }
  });
}
