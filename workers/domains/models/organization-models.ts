import { type ModelFallback, modelFallback } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import type { ModelPrice } from '../../models/index.ts';
import type { Env } from '../../platform/env.ts';
import { fallbackRow, type ModelFallbackRow, type ModelPriceRow, priceOverrides } from './queries.ts';

/** How long settings may be used after another isolate has changed them. */
const CACHE_MS = 15_000;
const MOST_CACHED = 500;

/** What an organization has set for its model calls. */
export interface ModelSettings {
  readonly prices: ReadonlyMap<string, ModelPriceRow>;
  readonly fallback: readonly string[];
}

interface Cached {
  readonly until: number;
  readonly settings: ModelSettings;
}

/** Values, not promises: a promise belongs to the object that made it and may never settle for another one. */
const cache = new Map<string, Cached>();
/** Changes of settings that this isolate has made. */
let changes = 0;

export async function readModelSettings(env: Env, organizationId: string): Promise<ModelSettings> {
  const database = db(env, organizationId);
  const [prices, [chain]] = await database.batch([
    priceOverrides(database, organizationId),
    fallbackRow(database, organizationId),
  ]);
  return { prices: new Map(prices.map((row) => [row.model, row])), fallback: chainOf(chain) };
}

function chainOf(row: ModelFallbackRow | undefined): ModelFallback['models'] {
  return row === undefined ? [] : modelFallback.shape.models.parse(JSON.parse(row.models));
}

/** The organization's settings, at most 15 seconds old in an isolate that did not change them itself. */
async function settingsOf(env: Env, organizationId: string, now: number): Promise<ModelSettings> {
  const cached = cache.get(organizationId);
  if (cached !== undefined && cached.until > now) return cached.settings;
  const before = changes;
  const settings = await readModelSettings(env, organizationId);
  // What was read may be from before a change.
  if (before !== changes) return settings;
  cache.delete(organizationId);
  if (cache.size >= MOST_CACHED) cache.delete(cache.keys().next().value ?? '');
  cache.set(organizationId, { until: now + CACHE_MS, settings });
  return settings;
}

/** Lets this isolate read the organization's settings again. */
export function forgetModelSettings(organizationId: string): void {
  changes++;
  cache.delete(organizationId);
}

/** The organization's own price for a model; null where the listed one holds. */
export async function priceOverride(env: Env, organizationId: string, model: string): Promise<ModelPrice | null> {
  const row = (await settingsOf(env, organizationId, Date.now())).prices.get(model);
  if (row === undefined) return null;
  const { input_microusd_per_million, output_microusd_per_million } = row;
  return { input_microusd_per_million, output_microusd_per_million };
}

/** The chain that holds for nodes without one; comes with the prices and costs no read of its own. */
export async function organizationFallback(env: Env, organizationId: string): Promise<readonly string[]> {
  return (await settingsOf(env, organizationId, Date.now())).fallback;
}
