import {
  type Actor,
  actor,
  FEED_EVENT_TYPES,
  type FeedEventType,
  type Permission,
  permission,
  type Role,
  role,
} from '@agentflow/contracts';
import { errors, type JWTPayload, jwtVerify, SignJWT } from 'jose';
import { z } from 'zod';
import { keyring } from './keyring.ts';

/**
 * Access tokens and tickets for streams: JWTs (RFC 7519) signed with HS256 and nothing else, by the first of AUTH_KEYS.
 * They differ in audience, so that none passes for another.
 */
const ALGORITHM = 'HS256';
const ISSUER = 'agentflow';
const ACCESS_AUDIENCE = 'agentflow:api';
const TICKET_AUDIENCE = 'agentflow:stream';
const FEED_AUDIENCE = 'agentflow:feed';
const THREAD_AUDIENCE = 'agentflow:refinement';
const CHAT_LINK_AUDIENCE = 'agentflow:chat-account';

export const ACCESS_TOKEN_SECONDS = 15 * 60;
export const TICKET_SECONDS = 60;
const CHAT_LINK_SECONDS = 15 * 60;

export interface AccessClaims {
  readonly user_id: string;
  readonly organization_id: string;
  readonly session_id: string;
  /** The role when the token was made; what counts is the membership's current one. */
  readonly role: Role;
  readonly name: string;
}

export interface TicketClaims {
  readonly execution_id: string;
  readonly organization_id: string;
  /** The only address that it is good from, where the organization has an IP allowlist. */
  readonly held_to: string | null;
  /** Whoever it was made for, where they may do more through the stream than read. */
  readonly caller?: StreamCaller;
}

/** Who is on a stream, with what they may do through it. */
export interface StreamCaller {
  readonly actor: Actor;
  /** null for a key. */
  readonly role: Role | null;
  readonly may: readonly Permission[];
}

/** Lets a browser watch the feed of an organization. */
export interface FeedTicketClaims {
  readonly organization_id: string;
  /** Id of the person or key that it was made for. */
  readonly caller: string;
  /** Types of events that they may see. */
  readonly types: readonly FeedEventType[];
  /** As in `TicketClaims`. */
  readonly held_to: string | null;
}

/** Lets a browser watch the thread of a refinement. */
export interface ThreadTicketClaims {
  readonly organization_id: string;
  readonly thread_id: string;
  readonly caller: Actor;
  /** Whether what the browser sends reaches the run. */
  readonly may_steer: boolean;
  /** As in `TicketClaims`. */
  readonly held_to: string | null;
}

/** An account on a chat platform, that whoever opens the link may say is theirs. */
export interface ChatLinkClaims {
  readonly organization_id: string;
  readonly platform: string;
  /** See `chat_accounts`. */
  readonly workspace: string;
  readonly account_id: string;
  readonly account_name: string;
}

export type Verified<Claims> =
  | { readonly ok: true; readonly claims: Claims }
  | { readonly ok: false; readonly reason: 'expired' | 'invalid' };

const accessPayload = z.object({
  sub: z.string(),
  org: z.string(),
  sid: z.string(),
  role,
  name: z.string(),
  /** Seconds since the epoch. */
  exp: z.number(),
});
const ticketPayload = z.object({
  exe: z.string(),
  org: z.string(),
  ip: z.string().optional(),
  who: z.object({ actor, role: role.nullable(), may: z.array(permission) }).optional(),
});
const feedPayload = z.object({
  sub: z.string(),
  org: z.string(),
  types: z.array(z.enum(FEED_EVENT_TYPES)),
  ip: z.string().optional(),
});

const threadPayload = z.object({
  thr: z.string(),
  org: z.string(),
  caller: actor,
  steer: z.boolean(),
  ip: z.string().optional(),
});

const chatLinkPayload = z.object({
  org: z.string(),
  platform: z.string(),
  workspace: z.string(),
  sub: z.string(),
  name: z.string(),
  exp: z.number(),
});

/** Values, not promises: a promise belongs to the request that made it and may never settle for another one. */
const imported = new Map<string, CryptoKey>();

async function signingKey(bytes: Uint8Array<ArrayBuffer>, at: string): Promise<CryptoKey> {
  const known = imported.get(at);
  if (known !== undefined) return known;
  const key = await crypto.subtle.importKey('raw', bytes, { name: 'HMAC', hash: 'SHA-256' }, false, ['sign', 'verify']);
  imported.set(at, key);
  return key;
}

/** A token of a kind that `audience` names, for so many seconds from `now` (milliseconds). */
export async function signClaims(
  authKeys: string,
  audience: string,
  seconds: number,
  payload: JWTPayload,
  now: number,
): Promise<string> {
  const [first] = keyring('AUTH_KEYS', authKeys);
  const issued = Math.floor(now / 1000);
  return new SignJWT(payload)
    .setProtectedHeader({ alg: ALGORITHM, kid: first.kid })
    .setIssuer(ISSUER)
    .setAudience(audience)
    .setIssuedAt(issued)
    .setExpirationTime(issued + seconds)
    .sign(await signingKey(first.bytes, `${authKeys}#${first.kid}`));
}

/** Checks signature, algorithm, key id, issuer, audience, times and the payload's form. */
export async function verifyClaims<T>(
  authKeys: string,
  audience: string,
  token: string,
  schema: z.ZodType<T>,
  now: number,
): Promise<Verified<T>> {
  const ring = keyring('AUTH_KEYS', authKeys);
  try {
    const { payload } = await jwtVerify(
      token,
      async (header) => {
        const found = ring.find((each) => each.kid === header.kid);
        if (found === undefined) throw new errors.JWSInvalid('unknown kid');
        return signingKey(found.bytes, `${authKeys}#${found.kid}`);
      },
      {
        algorithms: [ALGORITHM],
        issuer: ISSUER,
        audience,
        requiredClaims: ['exp', 'iat'],
        currentDate: new Date(now),
      },
    );
    const parsed = schema.safeParse(payload);
    return parsed.success ? { ok: true, claims: parsed.data } : { ok: false, reason: 'invalid' };
  } catch (error) {
    if (error instanceof errors.JWTExpired) return { ok: false, reason: 'expired' };
    if (error instanceof errors.JOSEError) return { ok: false, reason: 'invalid' };
    throw error;
  }
}

/** An access token for 15 minutes. `now` in milliseconds. */
export function signAccessToken(authKeys: string, claims: AccessClaims, now: number): Promise<string> {
  const payload = {
    sub: claims.user_id,
    org: claims.organization_id,
    sid: claims.session_id,
    role: claims.role,
    name: claims.name,
  };
  return signClaims(authKeys, ACCESS_AUDIENCE, ACCESS_TOKEN_SECONDS, payload, now);
}

/**
 * Tokens whose signature this isolate has checked, by token and keys: a browser sends the same one for 15 minutes. What a
 * signature proves does not change; the time is compared each time, and nothing but time can end a token here (sessions
 * and roles are looked up by their own).
 */
const verifiedTokens = new Map<string, { readonly claims: AccessClaims; readonly expires_at: number }>();
const MAX_VERIFIED = 2000;

/** Checks signature, algorithm, key id, issuer, audience and times. `expired` only for a token that was once ours. */
export async function verifyAccessToken(authKeys: string, token: string, now: number): Promise<Verified<AccessClaims>> {
  const at = `${token} ${authKeys}`;
  const known = verifiedTokens.get(at);
  if (known !== undefined)
    return known.expires_at > now ? { ok: true, claims: known.claims } : { ok: false, reason: 'expired' };
  const verified = await verifyClaims(authKeys, ACCESS_AUDIENCE, token, accessPayload, now);
  if (!verified.ok) return verified;
  const { sub, org, sid, role: tokenRole, name, exp } = verified.claims;
  const claims = { user_id: sub, organization_id: org, session_id: sid, role: tokenRole, name };
  if (verifiedTokens.size >= MAX_VERIFIED) verifiedTokens.clear();
  verifiedTokens.set(at, { claims, expires_at: exp * 1000 });
  return { ok: true, claims };
}

/** A ticket that lets a browser's socket follow one execution; one minute, for the `ticket` query parameter. */
export function signTicket(authKeys: string, claims: TicketClaims, now: number): Promise<string> {
  return signClaims(
    authKeys,
    TICKET_AUDIENCE,
    TICKET_SECONDS,
    {
      exe: claims.execution_id,
      org: claims.organization_id,
      ...(claims.held_to === null ? {} : { ip: claims.held_to }),
      ...(claims.caller === undefined ? {} : { who: claims.caller }),
    },
    now,
  );
}

export async function verifyTicket(authKeys: string, ticket: string, now: number): Promise<Verified<TicketClaims>> {
  const verified = await verifyClaims(authKeys, TICKET_AUDIENCE, ticket, ticketPayload, now);
  if (!verified.ok) return verified;
  const { exe, org, ip, who } = verified.claims;
  const caller = who === undefined ? {} : { caller: who };
  return { ok: true, claims: { execution_id: exe, organization_id: org, held_to: ip ?? null, ...caller } };
}

/** A ticket for the feed; one minute, for the `ticket` query parameter. */
export function signFeedTicket(authKeys: string, claims: FeedTicketClaims, now: number): Promise<string> {
  const payload = {
    sub: claims.caller,
    org: claims.organization_id,
    types: claims.types,
    ...(claims.held_to === null ? {} : { ip: claims.held_to }),
  };
  return signClaims(authKeys, FEED_AUDIENCE, TICKET_SECONDS, payload, now);
}

export async function verifyFeedTicket(
  authKeys: string,
  ticket: string,
  now: number,
): Promise<Verified<FeedTicketClaims>> {
  const verified = await verifyClaims(authKeys, FEED_AUDIENCE, ticket, feedPayload, now);
  if (!verified.ok) return verified;
  const { sub, org, types, ip } = verified.claims;
  return { ok: true, claims: { caller: sub, organization_id: org, types, held_to: ip ?? null } };
}

/** A ticket for a refinement's thread; one minute, for the `ticket` query parameter. */
export function signThreadTicket(authKeys: string, claims: ThreadTicketClaims, now: number): Promise<string> {
  const payload = {
    thr: claims.thread_id,
    org: claims.organization_id,
    caller: claims.caller,
    steer: claims.may_steer,
    ...(claims.held_to === null ? {} : { ip: claims.held_to }),
  };
  return signClaims(authKeys, THREAD_AUDIENCE, TICKET_SECONDS, payload, now);
}

export async function verifyThreadTicket(
  authKeys: string,
  ticket: string,
  now: number,
): Promise<Verified<ThreadTicketClaims>> {
  const verified = await verifyClaims(authKeys, THREAD_AUDIENCE, ticket, threadPayload, now);
  if (!verified.ok) return verified;
  const { thr, org, caller, steer, ip } = verified.claims;
  const claims = { thread_id: thr, organization_id: org, caller, may_steer: steer, held_to: ip ?? null };
  return { ok: true, claims };
}

export function signChatLink(authKeys: string, claims: ChatLinkClaims, now: number): Promise<string> {
  const { organization_id, platform, workspace, account_id, account_name } = claims;
  const payload = { org: organization_id, platform, workspace, sub: account_id, name: account_name };
  return signClaims(authKeys, CHAT_LINK_AUDIENCE, CHAT_LINK_SECONDS, payload, now);
}

/** `expires_at` in milliseconds. */
export async function verifyChatLink(
  authKeys: string,
  token: string,
  now: number,
): Promise<Verified<ChatLinkClaims & { readonly expires_at: number }>> {
  const verified = await verifyClaims(authKeys, CHAT_LINK_AUDIENCE, token, chatLinkPayload, now);
  if (!verified.ok) return verified;
  const { org, platform, workspace, sub, name, exp } = verified.claims;
  const account = { platform, workspace, account_id: sub, account_name: name };
  return { ok: true, claims: { organization_id: org, ...account, expires_at: exp * 1000 } };
}
