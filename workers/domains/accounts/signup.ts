import type { SignupRequest } from '@agentflow/contracts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { globalDb } from '../../db/client.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { hashPassword } from '../../platform/passwords.ts';
import { newWrappedKey } from '../../platform/vault.ts';
import { auditRow } from '../audit/index.ts';
import {
  distinctSlug,
  INITIAL_PLAN,
  insertOrganization,
  planLimits,
  slugExists,
  slugOf,
} from '../organizations/index.ts';
import { normalizeEmail } from './email.ts';
import { findUserByEmail, insertMembership, insertSession, insertUser } from './queries.ts';
import { type Client, newSession, presentSession, type SignedIn } from './sessions.ts';

const emailTaken = () => new ApiError('email_taken', 'There is an account with this e-mail address. Sign in instead.');

/** A person with an organization of their own, signed in. Throws `email_taken`. */
export async function signUp(
  env: Env,
  request: SignupRequest,
  client: Client & { readonly request_id: string },
  now: number,
): Promise<SignedIn> {
  if ((await findUserByEmail(globalDb(env), normalizeEmail(request.email))) !== undefined) throw emailTaken();
  return createAccount(env, { ...request, password_hash: await hashPassword(request.password) }, client, now);
}

/** Signup with a password that was hashed before (seeding). One batch: all of it is there, or nothing. */
export async function createAccount(
  env: Env,
  request: Pick<SignupRequest, 'organization_name' | 'email' | 'name'> & { readonly password_hash: string },
  client: Client & { readonly request_id: string },
  now: number,
): Promise<SignedIn> {
  const database = globalDb(env);
  const email = normalizeEmail(request.email);
  const user = {
    id: newId('user', now),
    email,
    name: request.name ?? email.slice(0, email.indexOf('@')),
    password_hash: request.password_hash,
    created_at: now,
    updated_at: now,
  };
  const slug = slugOf(request.organization_name);
  const organizationId = newId('organization', now);
  const organization = {
    id: organizationId,
    name: request.organization_name,
    slug: (await slugExists(database, slug)) ? distinctSlug(slug) : slug,
    plan: INITIAL_PLAN,
    wrapped_key: await newWrappedKey(env.VAULT_KEYS, organizationId),
    ip_allowlist: null,
    erased_at: null,
    created_at: now,
    updated_at: now,
  };
  const session = await newSession(env, { user_id: user.id, organization_id: organizationId }, client, now);
  const origin = { actor_type: 'user', actor_id: user.id, ...client };
  const entry = {
    action: 'organization.created',
    resource_type: 'organization',
    resource_id: organizationId,
    details: { name: organization.name, plan: organization.plan },
  };
  for (;;) {
    try {
      await database.batch([
        insertUser(database, user),
        insertOrganization(database, organization),
        insertMembership(database, {
          organization_id: organizationId,
          user_id: user.id,
          role: 'owner',
          created_at: now,
        }),
        insertSession(database, session.row),
        auditRow(database, organizationId, origin, entry, now),
      ]);
      break;
    } catch (error) {
      const violated = uniqueViolation(error);
      if (violated === 'users.email') throw emailTaken();
      // Somebody took the slug since we looked: the same again with another one.
      if (violated !== 'organizations.slug') throw error;
      organization.slug = distinctSlug(slug);
    }
  }
  await organizationDesk(env.ORGANIZATION, organizationId).setPlan(organizationId, planLimits(INITIAL_PLAN));
  const member = { user, organization, role: 'owner' as const };
  return { session: await presentSession(env, member, session.row.id, now), refresh_token: session.refresh_token };
}

/** `table.column` of a violated UNIQUE constraint, as SQLite names it in its message; else null. */
function uniqueViolation(error: unknown): string | null {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    const match = /UNIQUE constraint failed: ([a-z_]+\.[a-z_]+)/.exec(cause.message);
    if (match?.[1] !== undefined) return match[1];
  }
  return null;
}
