import type { Role, Session } from '@agentflow/contracts';
import { base64url } from 'jose';
import { globalDb } from '../../db/client.ts';
import { sha256Hex } from '../../platform/digest.ts';
import type { Env } from '../../platform/env.ts';
import { newId } from '../../platform/ids.ts';
import { keyring } from '../../platform/keyring.ts';
import { ACCESS_TOKEN_SECONDS, signAccessToken } from '../../platform/tokens.ts';
import { auditRow } from '../audit/index.ts';
import { guard, isGuarded, type OrganizationRow, presentOrganization } from '../organizations/index.ts';
import { forgetMemberships } from './current-membership.ts';
import { presentUser } from './present.ts';
import {
  findMember,
  findSession,
  insertSession,
  revokeSessionRow,
  rotateSession,
  type SessionRow,
  type UserRow,
} from './queries.ts';
import { isActiveSession, requirePassword } from './session-queries.ts';

/** A session ends this long after its last refresh. */
export const SESSION_SECONDS = 30 * 86_400;
/** Two tabs that refresh at once, or an answer that got lost: the token before stays good this long. */
const GRACE_MS = 20_000;

/** What a browser holds after signing in: the answer's body, and the refresh token for the cookie. */
export interface SignedIn {
  readonly session: Session;
  readonly refresh_token: string;
}

interface Member {
  readonly user: UserRow;
  readonly organization: OrganizationRow;
  readonly role: Role;
}

export interface Client {
  readonly ip: string;
  readonly user_agent: string;
}

/*
 * A refresh token is `<session id>.<secret>.<mac>`. The MAC proves that the token was ours once, so that an old one is
 * told apart from a made-up one: only the former ends the session. The next secret is derived from the token before, so
 * that two requests with the same token get the same next one, and a lost answer can be asked for again.
 */
const FORM = /^(ses_[0-9a-z]{26})\.([A-Za-z0-9_-]{43})\.([A-Za-z0-9_-]{43})$/;

function macKey(bytes: Uint8Array<ArrayBuffer>): Promise<CryptoKey> {
  return crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
}

async function mac(env: Env, text: string): Promise<string> {
  const [first] = keyring('AUTH_KEYS', env.AUTH_KEYS);
  const tag = await crypto.subtle.sign('HMAC', await macKey(first.bytes), new TextEncoder().encode(text));
  return base64url.encode(new Uint8Array(tag));
}

async function refreshToken(env: Env, sessionId: string, secret: string): Promise<string> {
  return `${sessionId}.${secret}.${await mac(env, `refresh-token ${sessionId} ${secret}`)}`;
}

async function nextToken(env: Env, sessionId: string, presented: string): Promise<string> {
  return refreshToken(env, sessionId, await mac(env, `refresh-secret ${presented}`));
}

/** The session that a token of ours names; null for anything that we did not make. */
async function sessionOf(env: Env, token: string): Promise<string | null> {
  const [, sessionId, secret, tag] = FORM.exec(token) ?? [];
  if (sessionId === undefined || secret === undefined || tag === undefined) return null;
  for (const { bytes } of keyring('AUTH_KEYS', env.AUTH_KEYS)) {
    const text = new TextEncoder().encode(`refresh-token ${sessionId} ${secret}`);
    const given = new Uint8Array(base64url.decode(tag));
    if (await crypto.subtle.verify('HMAC', await macKey(bytes), given, text)) return sessionId;
  }
  return null;
}

/** A new session's row and its refresh token; the caller puts the row into its batch. */
export async function newSession(
  env: Env,
  owner: { user_id: string; organization_id: string },
  client: Client,
  now: number,
): Promise<{ row: SessionRow; refresh_token: string }> {
  const id = newId('session', now);
  const secret = base64url.encode(crypto.getRandomValues(new Uint8Array(32)));
  const refresh_token = await refreshToken(env, id, secret);
  const row: SessionRow = {
    id,
    user_id: owner.user_id,
    organization_id: owner.organization_id,
    token_hash: await sha256Hex(refresh_token),
    previous_hash: null,
    rotated_at: now,
    created_at: now,
    expires_at: now + SESSION_SECONDS * 1000,
    revoked_at: null,
    ip: client.ip,
    user_agent: client.user_agent,
  };
  return { row, refresh_token };
}

/** The answer to signup, login and refresh. */
export async function presentSession(env: Env, member: Member, sessionId: string, now: number): Promise<Session> {
  const { user, organization, role } = member;
  const claims = { user_id: user.id, organization_id: organization.id, session_id: sessionId, role, name: user.name };
  return {
    access_token: await signAccessToken(env.AUTH_KEYS, claims, now),
    token_type: 'Bearer',
    expires_in: ACCESS_TOKEN_SECONDS,
    user: presentUser(user),
    organization: presentOrganization(organization),
  };
}

/**
 * Signs in a person whose password was right; fails when it has been changed or they were erased meanwhile: see
 * `isPasswordChanged` and `isOwnerErased`.
 */
export async function startSession(env: Env, member: Member, client: Client, now: number): Promise<SignedIn> {
  const owner = { user_id: member.user.id, organization_id: member.organization.id };
  const { row, refresh_token } = await newSession(env, owner, client, now);
  const database = globalDb(env);
  await database.batch([
    requirePassword(database, member.user.id, member.user.password_hash),
    insertSession(database, row),
  ]);
  return { session: await presentSession(env, member, row.id, now), refresh_token };
}

/**
 * Exchanges a refresh token. Null when it is not ours, its session ended, or the person is no longer a member. A token
 * that was replaced longer ago than the grace time has leaked or was replayed: its session ends for everybody, and the
 * organization's audit log says so.
 */
export async function refreshSession(
  env: Env,
  token: string,
  client: Client & { readonly request_id: string },
  now: number,
): Promise<SignedIn | null> {
  const sessionId = await sessionOf(env, token);
  if (sessionId === null) return null;
  const database = globalDb(env);
  const presented = await sha256Hex(token);
  const next = await nextToken(env, sessionId, token);
  const nextHash = await sha256Hex(next);
  const expires_at = now + SESSION_SECONDS * 1000;
  const rotated = await rotateSession(database, sessionId, { current: presented, next: nextHash, now, expires_at });
  const row = await findSession(database, sessionId);
  if (row === undefined || row.revoked_at !== null || row.expires_at <= now) return null;
  if (!rotated) {
    const inGrace = row.previous_hash === presented && row.token_hash === nextHash && now - row.rotated_at <= GRACE_MS;
    if (!inGrace) {
      await endReusedSession(env, row, client, now);
      return null;
    }
  }
  const member = await findMember(database, row.organization_id, row.user_id);
  if (member === undefined) return null;
  const session = await presentSession(env, { ...member, role: member.role as Role }, sessionId, now);
  return { session, refresh_token: next };
}

/** Who presented the token is not known, so the entry names nobody as its actor. */
async function endReusedSession(
  env: Env,
  { id, user_id, organization_id }: SessionRow,
  client: Client & { readonly request_id: string },
  now: number,
): Promise<void> {
  const database = globalDb(env);
  const origin = { actor_type: 'system', actor_id: 'sessions', ...client };
  const entry = {
    action: 'session.reuse_detected',
    resource_type: 'session',
    resource_id: id,
    details: { user_id },
  };
  try {
    await database.batch([
      guard(database, organization_id, isActiveSession(user_id, id, now)),
      revokeSessionRow(database, id, now),
      auditRow(database, organization_id, origin, entry, now),
    ]);
  } catch (error) {
    // Another request with an old token has ended it and told so.
    if (!isGuarded(error)) throw error;
  }
  forgetMemberships({ session_id: id });
}

/** Ends the session that a refresh token names, current or not; does nothing for a token that is not ours. */
export async function endSessionOf(env: Env, token: string, now: number): Promise<void> {
  const sessionId = await sessionOf(env, token);
  if (sessionId !== null) await endSession(env, sessionId, now);
}

async function endSession(env: Env, sessionId: string, now: number): Promise<void> {
  await revokeSessionRow(globalDb(env), sessionId, now);
  forgetMemberships({ session_id: sessionId });
}
