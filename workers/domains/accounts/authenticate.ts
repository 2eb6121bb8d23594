import { type KeyCheck, organizationDesk } from '../../../durable-objects/organization/client.ts';
import { ApiError } from '../../platform/errors.ts';
import { normalizeAddress } from '../../platform/ip-networks.ts';
import { parseApiKey } from '../../platform/keys.ts';
import { limitHeaders } from '../../platform/limit-headers.ts';
import type { Authenticator } from '../../platform/router.ts';
import { verifyAccessToken } from '../../platform/tokens.ts';
import { currentMembership } from './current-membership.ts';

const BEARER = /^bearer +(\S+)$/i;
const KEY = /^(?:af|ea)_/;

function tokenExpired(what: string): ApiError {
  return new ApiError('token_expired', `The ${what} has expired.`, {
    headers: { 'WWW-Authenticate': 'Bearer error="invalid_token"' },
  });
}

function ipNotAllowed(): ApiError {
  return new ApiError('ip_not_allowed', "The request's address is not on the organization's IP allowlist.");
}

function tooManyReads({ detail, limits, retry_after_seconds }: Extract<KeyCheck, { code: 'rate_limited' }>): ApiError {
  return new ApiError('rate_limited', detail, {
    headers: { ...limitHeaders(limits), 'Retry-After': String(retry_after_seconds) },
  });
}

function heldTo(ip: string, restricted: boolean): { held_to?: string } {
  return restricted ? { held_to: normalizeAddress(ip) ?? ip } : {};
}

/**
 * Who calls: a user's access token, with the role that the membership has now, or an API key that the organization's
 * desk has checked. Null for no or a wrong credential; throws `token_expired` for one that was right once, and
 * `ip_not_allowed` for a right one from an address that is not on the organization's list, a person's with `anyAddress`
 * excepted, and `rate_limited` for a key that has read more than the organization allows. A request
 * with both headers is judged by `Authorization` alone.
 */
export const authenticate: Authenticator = async (request) => {
  const { env, authorization, apiKey, claimed, ip, country, deferKey, anyAddress } = request;
  const credential = authorization === undefined ? apiKey : BEARER.exec(authorization)?.[1];
  if (credential === undefined) return null;

  if (KEY.test(credential)) {
    const parsed = await parseApiKey(credential);
    if (parsed === null) return null;
    const { organization_id, form, key_hash } = parsed;
    if (deferKey) return { kind: 'unchecked_key', form, organization_id, claimed: claimed ?? null, key_hash };
    const checked = await organizationDesk(env.ORGANIZATION, organization_id).authenticate({
      key_hash,
      ip,
      country: country(),
    });
    if (!checked.ok) {
      if (checked.code === 'token_expired') throw tokenExpired('API key');
      if (checked.code === 'ip_not_allowed') throw ipNotAllowed();
      if (checked.code === 'rate_limited') throw tooManyReads(checked);
      if (checked.code === 'external_agent_inactive') {
        throw new ApiError('external_agent_inactive', 'The external agent is deactivated.');
      }
      return null;
    }
    const { key, external } = checked;
    const limits = checked.limits.length === 0 ? {} : { limits: checked.limits };
    const around = { organization_id, ...limits, ...heldTo(ip, checked.restricted) };
    if (external === null) {
      return { kind: 'api_key', key_id: key.id, name: key.name, scopes: key.scopes, ...around };
    }
    if (claimed !== undefined && claimed !== external.id) {
      const detail = 'The key belongs to another external agent than the request names.';
      throw new ApiError('external_agent_mismatch', detail);
    }
    const { id: external_agent_id, name, platform, agents, operations } = external;
    return { kind: 'external_agent', external_agent_id, key_id: key.id, name, platform, agents, operations, ...around };
  }
  if (authorization === undefined) return null;

  const now = Date.now();
  const verified = await verifyAccessToken(env.AUTH_KEYS, credential, now);
  if (!verified.ok) {
    if (verified.reason === 'expired') throw tokenExpired('access token');
    return null;
  }
  const { organization_id, user_id, session_id, name } = verified.claims;
  const membership = await currentMembership(env, organization_id, { user_id, session_id }, now);
  if (membership === null) return null;
  const { role, addresses } = membership;
  if (!anyAddress && !addresses.allows(ip)) throw ipNotAllowed();
  const person = { kind: 'user', organization_id, user_id, session_id, name, role } as const;
  return { ...person, ...heldTo(ip, addresses.restricted) };
};
