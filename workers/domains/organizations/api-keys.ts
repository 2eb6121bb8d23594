import {
  type CreateApiKeyRequest,
  type CreatedApiKey,
  type Permission,
  ROLE_PERMISSIONS,
  type RotateApiKeyRequest,
  roleAllows,
} from '@agentflow/contracts';
import { organizationDesk } from '../../../durable-objects/organization/client.ts';
import type { Principal, RequestContext } from '../../platform/context.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { newId } from '../../platform/ids.ts';
import { newApiKey } from '../../platform/keys.ts';
import { auditOrigin } from '../audit/index.ts';
import { presentApiKey } from './present.ts';

function mayGrant(principal: Principal, scope: Permission): boolean {
  return principal.kind === 'user' ? roleAllows(principal.role, scope) : principal.scopes.includes(scope);
}

/**
 * Makes a key through the desk, which is the authority on keys and projects them to D1 with their audit row. Nobody
 * grants what they do not have themselves. The key in the answer is not stored anywhere.
 */
export async function createApiKey(ctx: RequestContext, request: CreateApiKeyRequest): Promise<CreatedApiKey> {
  const scopes = [...new Set(request.scopes)];
  const beyond = scopes.filter((scope) => !mayGrant(ctx.principal, scope));
  if (beyond.length > 0) {
    throw new ApiError('forbidden', `You do not have these permissions yourself: ${beyond.join(', ')}.`);
  }
  const now = ctx.now();
  const expiresAt = request.expires_at === undefined ? null : Date.parse(request.expires_at);
  if (expiresAt !== null && expiresAt <= now) throw invalid([{ path: 'expires_at', message: 'must be in the future' }]);

  const { key, prefix, key_hash } = await newApiKey(ctx.organizationId);
  const record = {
    id: newId('apiKey', now),
    name: request.name,
    prefix,
    created_at: now,
    created_by: ctx.actor.id,
    expires_at: expiresAt,
  };
  const desk = organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId);
  await desk.createKey(ctx.organizationId, { ...record, key_hash, scopes }, auditOrigin(ctx));
  const row = { ...record, scopes: JSON.stringify(scopes), last_used_at: null, revoked_at: null, replaced_by: null };
  return { ...presentApiKey(row), key };
}

/**
 * Puts a new key in the place of another, which still works for the overlap. Nobody rotates a key that may do more than
 * they may (`forbidden`), since the new one is shown to them. Throws `not_found` for an unknown or revoked key, and
 * `conflict` for one that was rotated before, also when two rotate it at once.
 */
export async function rotateApiKey(
  ctx: RequestContext,
  keyId: string,
  request: RotateApiKeyRequest,
): Promise<CreatedApiKey> {
  const { organizationId, principal } = ctx;
  const now = ctx.now();
  const { key, prefix, key_hash } = await newApiKey(organizationId);
  const rotated = await organizationDesk(ctx.env.ORGANIZATION, organizationId).rotateKey(
    {
      organization_id: organizationId,
      key_id: keyId,
      overlap_ms: request.overlap_seconds * 1000,
      now,
      replacement: { id: newId('apiKey', now), prefix, key_hash, created_by: ctx.actor.id },
      external_agent_id: null,
      grantable: principal.kind === 'user' ? ROLE_PERMISSIONS[principal.role] : principal.scopes,
    },
    auditOrigin(ctx),
  );
  switch (rotated.outcome) {
    case 'not_found':
      throw notFound('API key', keyId);
    case 'beyond': {
      const scopes = rotated.scopes.join(', ');
      throw new ApiError('forbidden', `The key has permissions that you do not have yourself: ${scopes}.`);
    }
    case 'rotated_before':
      throw new ApiError('conflict', `The key was rotated before: ${rotated.replaced_by} has taken its place.`);
    case 'rotated':
      return { ...presentApiKey({ ...rotated.key, scopes: JSON.stringify(rotated.key.scopes) }), key };
  }
}

/** Revokes a key; it is refused everywhere from the moment that this returns. */
export async function revokeApiKey(ctx: RequestContext, keyId: string): Promise<void> {
  const desk = organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId);
  const { found } = await desk.revokeKey(keyId, null, auditOrigin(ctx));
  if (!found) throw notFound('API key', keyId);
}
