import type { CatalogueModel, ModelProvider, SetModelPriceRequest } from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import {
  availableProviders,
  CATALOGUE,
  type CatalogueEntry,
  catalogueEntry,
  checkModel,
  currentPrice,
  effectiveConfig,
  microusdPerMillion,
  splitModelRef,
} from '../../models/index.ts';
import type { RequestContext } from '../../platform/context.ts';
import type { Env } from '../../platform/env.ts';
import { invalid, notFound } from '../../platform/errors.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { providerAccesses } from '../secrets/index.ts';
import { forgetModelSettings, readModelSettings } from './organization-models.ts';
import { deleteModelPrice, type ModelPriceRow, upsertModelPrice } from './queries.ts';

/** Above any vendor's price by far; keeps products of price and tokens within exact integers. */
const HIGHEST_USD_PER_MILLION = 100_000;

const ORGANIZATION_PRICE_SOURCE = "The organization's own price";

function presentEntry(
  entry: CatalogueEntry,
  row: ModelPriceRow | undefined,
  available: boolean,
  now: number,
): CatalogueModel {
  const { long_prompt: _tier, scheduled: _change, ...model } = entry;
  if (row === undefined) return { ...model, ...priceOn(entry, now), overridden: false, available };
  return { ...model, ...ownPrice(row), overridden: true, available };
}

function priceOn(entry: CatalogueEntry, now: number) {
  const { input_usd_per_million, output_usd_per_million } = currentPrice(entry, now);
  return { input_usd_per_million, output_usd_per_million };
}

function ownPrice(row: ModelPriceRow) {
  return {
    input_usd_per_million: row.input_microusd_per_million / 1_000_000,
    output_usd_per_million: row.output_microusd_per_million / 1_000_000,
    ...(row.context_tokens === null ? {} : { context_tokens: row.context_tokens }),
    price_source: ORGANIZATION_PRICE_SOURCE,
    price_date: new Date(row.updated_at).toISOString().slice(0, 10),
  };
}

/** A model that is known by its price alone. Zero tokens stand for "unknown". */
function presentOwn(row: ModelPriceRow, available: boolean): CatalogueModel | null {
  const parts = splitModelRef(row.model);
  if (parts === null) return null;
  return {
    id: row.model,
    ...parts,
    title: parts.name,
    context_tokens: 0,
    max_output_tokens: 0,
    supports_tools: false,
    supports_json: true,
    ...ownPrice(row),
    overridden: true,
    available,
  };
}

/** Providers that the organization can call, by its own access or the installation's. */
async function callable(env: Env, organizationId: string): Promise<ReadonlySet<ModelProvider>> {
  return availableProviders(effectiveConfig(env, await providerAccesses(env, organizationId, Date.now())));
}

/**
 * The model that works where nobody has chosen one: `wanted`, or the first of the catalogue that uses tools and that the
 * organization can call; null where there is none. `elsewhere`: it is called by somebody else, with keys of their own. Throws
 * `validation_failed` for a wanted one that can't be called.
 */
export async function modelWithTools(
  env: Env,
  organizationId: string,
  wanted: { readonly model: string; readonly path: string } | null,
  { elsewhere }: { readonly elsewhere: boolean },
): Promise<string | null> {
  const available = await callable(env, organizationId);
  if (wanted === null) {
    const fit = CATALOGUE.filter(({ provider, supports_tools }) => provider !== 'builtin' && supports_tools);
    return (fit.find(({ provider }) => available.has(provider)) ?? (elsewhere ? fit[0] : undefined))?.id ?? null;
  }
  const { model, path } = wanted;
  const provider = splitModelRef(model)?.provider ?? 'builtin';
  const known = elsewhere || available.has(provider);
  const message =
    checkModel(model, { tools: true }) ?? (known ? null : `There is no access to ${provider}: add its key first.`);
  if (message !== null) throw invalid([{ path, message }]);
  return model;
}

/** The catalogue as the organization sees it, then the models of its own endpoints that it has priced. */
export async function listModels(ctx: RequestContext): Promise<CatalogueModel[]> {
  const { env, organizationId } = ctx;
  const [{ prices: overrides }, available] = await Promise.all([
    readModelSettings(env, organizationId),
    callable(env, organizationId),
  ]);
  const now = ctx.now();
  const listed = CATALOGUE.map((entry) =>
    presentEntry(entry, overrides.get(entry.id), available.has(entry.provider), now),
  );
  const ids = new Set(listed.map(({ id }) => id));
  const own = [...overrides.values()]
    .filter((row) => !ids.has(row.model))
    .map((row) => presentOwn(row, available.has(splitModelRef(row.model)?.provider ?? 'builtin')))
    .filter((model) => model !== null);
  return [...listed, ...own];
}

/** Sets the organization's price of a catalogue, Ollama or custom model, and gives the model as it is now seen. */
export async function setModelPrice(ctx: RequestContext, request: SetModelPriceRequest): Promise<CatalogueModel> {
  const unknown = checkModel(request.model);
  if (unknown !== null) throw invalid([{ path: 'model', message: unknown }]);
  const prices = ['input_usd_per_million', 'output_usd_per_million'] as const;
  const tooHigh = prices.filter((name) => request[name] > HIGHEST_USD_PER_MILLION);
  if (tooHigh.length > 0) {
    throw invalid(tooHigh.map((path) => ({ path, message: `must be at most ${HIGHEST_USD_PER_MILLION}` })));
  }

  const { env, organizationId } = ctx;
  const now = ctx.now();
  const row: ModelPriceRow = {
    organization_id: organizationId,
    model: request.model,
    input_microusd_per_million: microusdPerMillion(request.input_usd_per_million),
    output_microusd_per_million: microusdPerMillion(request.output_usd_per_million),
    context_tokens: request.context_tokens ?? null,
    updated_at: now,
    updated_by: ctx.actor.id,
  };
  const database = db(env, organizationId);
  await database.batch([
    upsertModelPrice(database, row),
    auditRow(
      database,
      organizationId,
      auditOrigin(ctx),
      {
        action: 'model_price.set',
        resource_type: 'model_price',
        resource_id: request.model,
        details: {
          input_usd_per_million: request.input_usd_per_million,
          output_usd_per_million: request.output_usd_per_million,
        },
      },
      now,
    ),
  ]);
  forgetModelSettings(organizationId);

  const available = (await callable(env, organizationId)).has(splitModelRef(request.model)?.provider ?? 'builtin');
  const entry = catalogueEntry(request.model);
  const model = entry?.id === request.model ? presentEntry(entry, row, available, now) : presentOwn(row, available);
  if (model === null) throw new Error(`a checked model has a provider: ${request.model}`);
  return model;
}

/** Takes the organization's price back, so that the listed one holds again. */
export async function removeModelPrice(ctx: RequestContext, model: string): Promise<void> {
  const { env, organizationId } = ctx;
  const { prices: overrides } = await readModelSettings(env, organizationId);
  if (!overrides.has(model)) throw notFound('price of its own for the model', model);
  const database = db(env, organizationId);
  await database.batch([
    deleteModelPrice(database, organizationId, model),
    auditRow(
      database,
      organizationId,
      auditOrigin(ctx),
      { action: 'model_price.removed', resource_type: 'model_price', resource_id: model },
      ctx.now(),
    ),
  ]);
  forgetModelSettings(organizationId);
}
