import type { KeyedProvider, ProviderKey, SetProviderKeyRequest } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid, notFound } from '../../platform/errors.ts';
import { organizationKey } from '../../platform/organization-key.ts';
import { seal } from '../../platform/vault.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { guard, isGuarded } from '../organizations/index.ts';
import { providerKeyPlace } from './places.ts';
import { presentProviderKey } from './present.ts';
import { forgetProviderAccess } from './provider-access.ts';
import {
  deleteProviderKey,
  type ProviderKeyRow,
  providerKeyExists,
  selectProviderKeys,
  upsertProviderKey,
} from './queries.ts';

/** These run anywhere, so that nothing but an address leads to them; the others have one of their own. */
const NEED_ADDRESS: readonly KeyedProvider[] = ['ollama', 'custom'];
const HINT_CHARACTERS = 4;
/** Of a shorter key, four characters would be too much to show. */
const SHORTEST_WITH_HINT = 12;

export async function listProviderKeys(ctx: RequestContext): Promise<ProviderKey[]> {
  const rows = await selectProviderKeys(db(ctx.env, ctx.organizationId), ctx.organizationId);
  return rows.map(presentProviderKey);
}

function requireUsable(provider: KeyedProvider, { api_key, base_url }: SetProviderKeyRequest): void {
  if (NEED_ADDRESS.includes(provider) && base_url === undefined) {
    throw invalid([{ path: 'base_url', message: `is required for ${provider}` }]);
  }
  if (!NEED_ADDRESS.includes(provider) && api_key === undefined) {
    throw invalid([{ path: 'api_key', message: `is required for ${provider}` }]);
  }
  if (api_key !== undefined && !/^[\x21-\x7e]+$/.test(api_key)) {
    throw invalid([{ path: 'api_key', message: 'must have visible ASCII characters only, as it is sent in a header' }]);
  }
  if (base_url === undefined) return;
  const { username, password, search, hash } = new URL(base_url);
  if (username !== '' || password !== '' || search !== '' || hash !== '') {
    // The address is shown again, so that no credential may stand in it; and paths are appended to it.
    const message = 'must have no user name, password, query or fragment';
    throw invalid([{ path: 'base_url', message }]);
  }
}

/** Sets the organization's whole access to a provider: what is left out is gone. Throws `validation_failed`. */
export async function setProviderKey(
  ctx: RequestContext,
  provider: KeyedProvider,
  request: SetProviderKeyRequest,
): Promise<ProviderKey> {
  requireUsable(provider, request);
  const { env, organizationId } = ctx;
  const { api_key, base_url } = request;
  const now = ctx.now();
  const key = api_key === undefined ? null : await organizationKey(env, organizationId);
  const row: ProviderKeyRow = {
    organization_id: organizationId,
    provider,
    sealed_key:
      key === null || api_key === undefined
        ? null
        : await seal(key, api_key, providerKeyPlace(organizationId, provider)),
    hint: api_key !== undefined && api_key.length >= SHORTEST_WITH_HINT ? api_key.slice(-HINT_CHARACTERS) : null,
    base_url: base_url ?? null,
    updated_at: now,
    updated_by: ctx.actor.id,
  };
  const database = db(env, organizationId);
  const details = { key: api_key !== undefined, base_url: base_url ?? null };
  const entry = { action: 'provider_key.set', resource_type: 'provider_key', resource_id: provider, details };
  await database.batch([
    upsertProviderKey(database, row),
    auditRow(database, organizationId, auditOrigin(ctx), entry, now),
  ]);
  forgetProviderAccess(organizationId);
  return presentProviderKey(row);
}

/** Goes back to the installation's access, if it has one. Throws `not_found`. */
export async function removeProviderKey(ctx: RequestContext, provider: KeyedProvider): Promise<void> {
  const { env, organizationId } = ctx;
  const database = db(env, organizationId);
  const entry = { action: 'provider_key.removed', resource_type: 'provider_key', resource_id: provider };
  try {
    await database.batch([
      guard(database, organizationId, providerKeyExists(organizationId, provider)),
      deleteProviderKey(database, organizationId, provider),
      auditRow(database, organizationId, auditOrigin(ctx), entry, ctx.now()),
    ]);
  } catch (error) {
    if (isGuarded(error)) throw notFound('key for the provider', provider);
    throw error;
  }
  forgetProviderAccess(organizationId);
}
