import { type LoginRequest, role } from '@agentflow/contracts';
import { globalDb } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError } from '../../platform/errors.ts';
import { verifyPassword } from '../../platform/passwords.ts';
import { normalizeEmail } from './email.ts';
import { findUserByEmail, firstMembership } from './queries.ts';
import { type Client, type SignedIn, startSession } from './sessions.ts';

/** Signs in with a password. An unknown address and a wrong password give the same answer after the same work. */
export async function logIn(env: Env, request: LoginRequest, client: Client, now: number): Promise<SignedIn> {
  const database = globalDb(env);
  const user = await findUserByEmail(database, normalizeEmail(request.email));
  const fits = await verifyPassword(request.password, user?.password_hash ?? null);
  const membership = user === undefined || !fits ? undefined : await firstMembership(database, user.id);
  if (user === undefined || membership === undefined) {
    throw new ApiError('invalid_credentials', 'Check the e-mail address and the password.');
  }
  const { organization } = membership;
  return startSession(env, { user, organization, role: role.parse(membership.role) }, client, now);
}
