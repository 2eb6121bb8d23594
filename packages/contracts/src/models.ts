import { z } from 'zod';

/** Providers with an adapter. `custom` is any OpenAI-compatible URL; `builtin` needs neither key nor network. */
export const MODEL_PROVIDERS = ['builtin', 'openai', 'anthropic', 'google', 'workers-ai', 'ollama', 'custom'] as const;
export const modelProvider = z.enum(MODEL_PROVIDERS);
export type ModelProvider = z.infer<typeof modelProvider>;

/** `provider/name`, as in `anthropic/claude-sonnet-4-5`, `ollama/llama3.2`, `workers-ai/@cf/meta/llama-3.3-70b-instruct-fp8-fast`. */
export const modelRef = z
  .string()
  .max(200)
  .regex(/^(builtin|openai|anthropic|google|workers-ai|ollama|custom)\/[A-Za-z0-9@._:/-]+$/, 'must be provider/model');

/** Models that are asked in this order where the one before can't answer. */
export const fallbackChain = z.array(modelRef).max(5);

export const modelFallback = z
  .object({
    models: fallbackChain.describe(
      'Asked in this order where the model of a node that has no chain of its own cannot answer',
    ),
  })
  .strict();
export type ModelFallback = z.infer<typeof modelFallback>;

export const DEFAULT_MODEL = 'builtin/extractive';

export const modelPrice = z.object({
  input_usd_per_million: z.number().min(0),
  output_usd_per_million: z.number().min(0),
});

/** One model of the catalogue as an organization sees it: its own price, when set, replaces the listed one. */
export const catalogueModel = modelPrice.extend({
  id: modelRef,
  provider: modelProvider,
  name: z.string(),
  title: z.string(),
  context_tokens: z.number().int(),
  max_output_tokens: z.number().int(),
  supports_tools: z.boolean(),
  supports_json: z.boolean(),
  price_source: z.string().describe('Where the price is published'),
  price_date: z.string().describe('Day on which the price was read, YYYY-MM-DD'),
  overridden: z.boolean(),
  available: z
    .boolean()
    .describe('Whether the organization or the installation has what the provider needs (key, URL or binding)'),
});
export type CatalogueModel = z.infer<typeof catalogueModel>;

export const setModelPriceRequest = modelPrice
  .extend({
    model: modelRef,
    context_tokens: z.number().int().min(1).optional(),
  })
  .strict();
export type SetModelPriceRequest = z.infer<typeof setModelPriceRequest>;

/** 1 micro-dollar = 10⁻⁶ USD: costs are integers of these everywhere but on the wire. */
export function microusdToUsd(microusd: number): number {
  return microusd / 1_000_000;
}
