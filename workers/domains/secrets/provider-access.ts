import { keyedProvider } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { ProviderAccess, ProviderAccesses } from '../../models/index.ts';
import type { Env } from '../../platform/env.ts';
import { organizationKey } from '../../platform/organization-key.ts';
import { createLogger, describeError } from '../../platform/telemetry.ts';
import { open } from '../../platform/vault.ts';
import { providerKeyPlace } from './places.ts';
import { type ProviderKeyRow, selectProviderKeys } from './queries.ts';

/** How long a key may be used after another isolate has changed it. */
const CACHE_MS = 15_000;
const MOST_CACHED = 500;

/** Values, not promises: a promise belongs to the request that made it. */
const cache = new Map<string, { readonly until: number; readonly accesses: ProviderAccesses }>();
/** Counts changes made by this isolate: a read that began before one is not kept. */
let changes = 0;

/** Where the key does not open, the installation's does not stand in: whose account is charged must not change unseen. */
async function accessOf(env: Env, organizationId: string, row: ProviderKeyRow): Promise<ProviderAccess> {
  const { sealed_key, base_url, provider } = row;
  if (sealed_key === null) return { kind: 'usable', api_key: null, base_url };
  try {
    const key = await organizationKey(env, organizationId);
    return {
      kind: 'usable',
      api_key: await open(key, sealed_key, providerKeyPlace(organizationId, provider)),
      base_url,
    };
  } catch (error) {
    const logger = createLogger({ organization_id: organizationId }, { level: env.LOG_LEVEL });
    logger.log('error', 'provider_key.unreadable', { provider, ...describeError(error) });
    return { kind: 'unreadable' };
  }
}

/** The organization's own access by provider, at most 15 seconds old in an isolate that did not change it itself. */
export async function providerAccesses(env: Env, organizationId: string, now: number): Promise<ProviderAccesses> {
  const cached = cache.get(organizationId);
  if (cached !== undefined && cached.until > now) return cached.accesses;
  const before = changes;
  const rows = await selectProviderKeys(db(env, organizationId), organizationId);
  const entries = await Promise.all(
    rows.map(async (row) => [keyedProvider.parse(row.provider), await accessOf(env, organizationId, row)] as const),
  );
  const accesses = new Map(entries);
  if (before === changes) {
    cache.delete(organizationId);
    if (cache.size >= MOST_CACHED) cache.delete(cache.keys().next().value ?? '');
    cache.set(organizationId, { until: now + CACHE_MS, accesses });
  }
  return accesses;
}

export function forgetProviderAccess(organizationId: string): void {
  changes++;
  cache.delete(organizationId);
}
