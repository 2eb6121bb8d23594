import type { SignupRequest } from '@agentflow/contracts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import { globalDb } from '../../db/client.ts';
import { uniqueViolation } from '../../db/unique-violation.ts';
import type { Env } from '../../platform/env.ts';
import { ApiError } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { hashPassword, verifyPassword } from '../../platform/passwords.ts';
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
import { withLoginThrottle } from './login-throttle.ts';
import {
  findUserByEmail,
  firstMembership,
  insertMembership,
  insertSession,
  insertUser,
  type UserRow,
} from './queries.ts';
import { isPasswordChanged, requireHomeless } from './session-queries.ts';
import { type Client, newSession, presentSession, type SignedIn } from './sessions.ts';

const emailTaken = () => new ApiError('email_taken', 'There is an account with this e-mail address. Sign in instead.');

type Asking = Client & { readonly request_id: string };

/**
 * A person with an organization of their own, signed in. An account that belongs to no organization gets one here, with its
 * password. Throws `email_taken` for every other registered address, with a right password or a wrong one, after the same
 * work; wrong ones count like failed logins, so that this is no way around their limit (`rate_limited`).
 */
export async function signUp(env: Env, request: SignupRequest, client: Asking, now: number): Promise<SignedIn> {
  const user = await findUserByEmail(globalDb(env), normalizeEmail(request.email));
  if (user === undefined) {
    return createAccount(env, { ...request, password_hash: await hashPassword(request.password) }, client, now);
  }
  try {
    await withLoginThrottle(env, { email: user.email, ip: client.ip }, async () => {
      if (!(await verifyPassword(request.password, user.password_hash))) {
        throw new ApiError('invalid_credentials', 'Check the password.');
      }
      if ((await firstMembership(globalDb(env), user.id)) !== undefined) throw emailTaken();
    });
  } catch (error) {
    throw error instanceof ApiError && error.code === 'invalid_credentials' ? emailTaken() : error;
  }
  return foundOrganization(env, { user, registered: true }, request.organization_name, client, now);
}

/** Signup with a password that was hashed before (seeding). One batch: all of it is there, or nothing. */
export function createAccount(
  env: Env,
  request: Pick<SignupRequest, 'organization_name' | 'email' | 'name'> & { readonly password_hash: string },
  client: Asking,
  now: number,
): Promise<SignedIn> {
  const user = newUser(request, now);
  return foundOrganization(env, { user, registered: false }, request.organization_name, client, now);
}

/** The row of a new person; without a name they are called by what stands before the @. */
export function newUser(
  person: { readonly email: string; readonly name?: string | undefined; readonly password_hash: string },
  now: number,
): UserRow {
  const email = normalizeEmail(person.email);
  return {
    id: newId('user', now),
    email,
    name: person.name ?? email.slice(0, email.indexOf('@')),
    password_hash: person.password_hash,
    created_at: now,
    updated_at: now,
  };
}

/** Throws `email_taken` where somebody else was faster with the address, or the person is a member somewhere by now. */
async function foundOrganization(
  env: Env,
  founder: { readonly user: UserRow; readonly registered: boolean },
  name: string,
  client: Asking,
  now: number,
): Promise<SignedIn> {
  const { user } = founder;
  const database = globalDb(env);
  const slug = slugOf(name);
  const organizationId = newId('organization', now);
  const organization = {
    id: organizationId,
    name,
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
        founder.registered ? requireHomeless(database, user.id, user.password_hash) : insertUser(database, user),
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
      if (violated === 'users.email' || isPasswordChanged(error)) throw emailTaken();
      // Somebody took the slug since we looked: the same again with another one.
      if (violated !== 'organizations.slug') throw error;
      organization.slug = distinctSlug(slug);
    }
  }
  await organizationDesk(env.ORGANIZATION, organizationId).setPlan(organizationId, planLimits(INITIAL_PLAN));
  const member = { user, organization, role: 'owner' as const };
  return { session: await presentSession(env, member, session.row.id, now), refresh_token: session.refresh_token };
}
