import { type CatalogueModel, DEFAULT_MODEL, MODEL_PROVIDERS, type ModelProvider } from '@agentflow/contracts';
import { type ModelPrice, microusdPerMillion } from './pricing.ts';

/** A price that replaces the listed one from a day on (UTC), announced by the vendor in advance. */
interface ScheduledPrice {
  readonly from: string;
  readonly input_usd_per_million: number;
  readonly output_usd_per_million: number;
}

/** What every call pays whose prompt is longer than `over_tokens`. */
interface LongPromptPrice {
  readonly over_tokens: number;
  readonly input_usd_per_million: number;
  readonly output_usd_per_million: number;
}

export interface CatalogueEntry extends Omit<CatalogueModel, 'overridden' | 'available'> {
  readonly long_prompt?: LongPromptPrice;
  readonly scheduled?: ScheduledPrice;
}

const SOURCES = {
  openai: 'https://developers.openai.com/api/docs/pricing',
  anthropic: 'https://platform.claude.com/docs/en/about-claude/pricing',
  google: 'https://ai.google.dev/gemini-api/docs/pricing',
  'workers-ai': 'https://developers.cloudflare.com/workers-ai/platform/pricing/',
} as const;

interface Extras {
  readonly long_prompt?: LongPromptPrice;
  readonly scheduled?: ScheduledPrice;
  readonly supports_tools?: boolean;
  readonly supports_json?: boolean;
}

function listed(
  provider: keyof typeof SOURCES,
  name: string,
  title: string,
  [input, output]: readonly [usdIn: number, usdOut: number],
  [context, maxOutput]: readonly [context: number, maxOutput: number],
  price_date: string,
  extras: Extras = {},
): CatalogueEntry {
  return {
    id: `${provider}/${name}`,
    provider,
    name,
    title,
    input_usd_per_million: input,
    output_usd_per_million: output,
    context_tokens: context,
    max_output_tokens: maxOutput,
    supports_tools: true,
    supports_json: true,
    price_source: SOURCES[provider],
    price_date,
    ...extras,
  };
}

const GEMINI_4_FULL_PRICE = { from: '2026-12-01', input_usd_per_million: 4, output_usd_per_million: 20 };
const FLASH_FULL_PRICE = { from: '2027-01-01', input_usd_per_million: 1.5, output_usd_per_million: 7.5 };

/** Models with a published price, newest generation first. `price_date` is the day for which the price is attested. */
export const CATALOGUE: readonly CatalogueEntry[] = [
  {
    id: DEFAULT_MODEL,
    provider: 'builtin',
    name: 'extractive',
    title: 'Built-in extractive model (selects text, writes none)',
    input_usd_per_million: 0,
    output_usd_per_million: 0,
    context_tokens: 100_000,
    max_output_tokens: 8192,
    supports_tools: false,
    supports_json: true,
    price_source: 'Part of AgentFlow',
    price_date: '2026-11-21',
  },

  listed('openai', 'gpt-6.2-astra', 'GPT-6.2 Astra', [8, 40], [1_050_000, 128_000], '2026-11-18'),
  listed('openai', 'gpt-6.2-sol', 'GPT-6.2 Sol', [2, 10], [1_050_000, 128_000], '2026-11-18'),
  listed('openai', 'gpt-6.1-terra', 'GPT-6.1 Terra', [1, 5], [1_050_000, 128_000], '2026-10-27'),
  listed('openai', 'gpt-6.1-sol', 'GPT-6.1 Sol', [2, 10], [1_050_000, 128_000], '2026-10-13', {
    long_prompt: { over_tokens: 272_000, input_usd_per_million: 4, output_usd_per_million: 15 },
  }),
  listed('openai', 'gpt-6-luna', 'GPT-6 Luna', [0.1, 0.5], [1_050_000, 128_000], '2026-10-16'),
  listed('openai', 'gpt-5.4', 'GPT-5.4', [2.5, 15], [1_050_000, 128_000], '2026-07-24'),
  listed('openai', 'gpt-5.4-mini', 'GPT-5.4 mini', [0.75, 4.5], [400_000, 128_000], '2026-07-24'),
  listed('openai', 'gpt-5.4-nano', 'GPT-5.4 nano', [0.2, 1.25], [400_000, 128_000], '2026-07-24'),
  listed('openai', 'gpt-5', 'GPT-5', [1.25, 10], [400_000, 128_000], '2026-07-24'),
  listed('openai', 'gpt-5-mini', 'GPT-5 mini', [0.25, 2], [400_000, 128_000], '2026-07-24'),
  listed('openai', 'gpt-5-nano', 'GPT-5 nano', [0.05, 0.4], [400_000, 128_000], '2026-07-24'),
  listed('openai', 'gpt-4.1', 'GPT-4.1', [2, 8], [1_047_576, 32_768], '2026-07-24'),
  listed('openai', 'gpt-4.1-mini', 'GPT-4.1 mini', [0.4, 1.6], [1_047_576, 32_768], '2026-07-24'),
  listed('openai', 'gpt-4o', 'GPT-4o', [2.5, 10], [128_000, 16_384], '2026-07-24'),
  listed('openai', 'gpt-4o-mini', 'GPT-4o mini', [0.15, 0.6], [128_000, 16_384], '2026-07-24'),

  listed('anthropic', 'claude-fable-5-1', 'Claude Fable 5.1', [10, 50], [1_000_000, 128_000], '2026-10-24'),
  listed('anthropic', 'claude-opus-5-5', 'Claude Opus 5.5', [4, 20], [1_000_000, 128_000], '2026-10-24'),
  listed('anthropic', 'claude-sonnet-5-5', 'Claude Sonnet 5.5', [2, 10], [1_000_000, 128_000], '2026-10-24'),
  listed('anthropic', 'claude-haiku-5-5', 'Claude Haiku 5.5', [0.1, 0.5], [1_000_000, 128_000], '2026-10-24', {
    long_prompt: { over_tokens: 100_000, input_usd_per_million: 0.5, output_usd_per_million: 2.5 },
  }),
  listed('anthropic', 'claude-opus-5', 'Claude Opus 5', [5, 25], [1_000_000, 128_000], '2026-10-24'),
  listed('anthropic', 'claude-sonnet-5', 'Claude Sonnet 5', [2, 10], [1_000_000, 128_000], '2026-10-24'),
  listed(
    'anthropic',
    'claude-sonnet-4-5',
    'Claude Sonnet 4.5 (retires 2026-11-30)',
    [3, 15],
    [200_000, 64_000],
    '2026-10-24',
  ),
  listed('anthropic', 'claude-haiku-4-5', 'Claude Haiku 4.5', [1, 5], [200_000, 64_000], '2026-10-24'),

  listed('google', 'gemini-4-carbon', 'Gemini 4 Carbon', [2, 10], [1_048_576, 65_536], '2026-11-11', {
    scheduled: GEMINI_4_FULL_PRICE,
  }),
  listed('google', 'gemini-4-argon', 'Gemini 4 Argon', [2, 10], [1_048_576, 65_536], '2026-11-11', {
    scheduled: GEMINI_4_FULL_PRICE,
  }),
  listed('google', 'gemini-4-hydrogen', 'Gemini 4 Hydrogen', [1.5, 7.5], [1_048_576, 65_536], '2026-11-14'),
  listed('google', 'gemini-3.8-flash', 'Gemini 3.8 Flash', [0.75, 3.75], [1_000_000, 65_536], '2026-10-07', {
    scheduled: FLASH_FULL_PRICE,
  }),
  listed('google', 'gemini-2.5-pro', 'Gemini 2.5 Pro', [1.25, 10], [1_048_576, 65_536], '2026-04-19'),
  listed('google', 'gemini-2.5-flash', 'Gemini 2.5 Flash', [0.3, 2.5], [1_048_576, 65_536], '2026-04-19'),
  listed('google', 'gemini-2.5-flash-lite', 'Gemini 2.5 Flash-Lite', [0.1, 0.4], [1_048_576, 65_536], '2026-04-19'),

  listed(
    'workers-ai',
    '@cf/meta/llama-3.3-70b-instruct-fp8-fast',
    'Llama 3.3 70B (fast)',
    [0.293, 2.253],
    [24_000, 4096],
    '2026-02-13',
  ),
  listed('workers-ai', '@cf/meta/llama-3.1-8b-instruct', 'Llama 3.1 8B', [0.282, 0.827], [7968, 4096], '2026-02-13', {
    supports_tools: false,
  }),
  listed(
    'workers-ai',
    '@cf/meta/llama-3.1-8b-instruct-fp8-fast',
    'Llama 3.1 8B (fast)',
    [0.045, 0.384],
    [128_000, 4096],
    '2026-02-13',
    { supports_tools: false },
  ),
  listed(
    'workers-ai',
    '@cf/meta/llama-4-scout-17b-16e-instruct',
    'Llama 4 Scout 17B',
    [0.27, 0.85],
    [131_000, 16_384],
    '2026-02-13',
  ),
  listed('workers-ai', '@cf/openai/gpt-oss-120b', 'gpt-oss 120B', [0.35, 0.75], [128_000, 16_384], '2026-02-13'),
  listed('workers-ai', '@cf/openai/gpt-oss-20b', 'gpt-oss 20B', [0.2, 0.3], [128_000, 16_384], '2026-02-13'),
  listed(
    'workers-ai',
    '@cf/mistralai/mistral-small-3.1-24b-instruct',
    'Mistral Small 3.1 24B',
    [0.351, 0.555],
    [128_000, 16_384],
    '2026-02-13',
  ),
  listed('workers-ai', '@cf/qwen/qwen3-30b-a3b-fp8', 'Qwen3 30B', [0.051, 0.335], [32_768, 8192], '2026-02-13'),
  listed('workers-ai', '@cf/zai-org/glm-4.7-flash', 'GLM 4.7 Flash', [0.06, 0.4], [131_072, 16_384], '2026-02-13'),
];

/** Embedding models bill input only. Same sources and dates as above. */
const EMBEDDING_PRICES: Readonly<Record<string, number>> = {
  'openai/text-embedding-3-small': 0.02,
  'workers-ai/@cf/baai/bge-small-en-v1.5': 0.02,
  'workers-ai/@cf/baai/bge-base-en-v1.5': 0.067,
  'workers-ai/@cf/baai/bge-large-en-v1.5': 0.204,
  'workers-ai/@cf/baai/bge-m3': 0.012,
  'workers-ai/@cf/qwen/qwen3-embedding-0.6b': 0.012,
};

/** Models that their vendor has switched off: naming one is refused with what to use instead. */
const RETIRED: Readonly<Record<string, { since: string; successor: string }>> = {
  'google/gemini-2.0-flash': { since: '2026-06-01', successor: 'google/gemini-3.8-flash' },
  'google/gemini-2.0-flash-lite': { since: '2026-06-01', successor: 'google/gemini-2.5-flash-lite' },
};

const BY_ID = new Map(CATALOGUE.map((entry) => [entry.id, entry]));
const DATED_SNAPSHOT = /-(?:\d{8}|\d{4}-\d{2}-\d{2})$/;

/** `provider/name` in its two parts; null where the provider is none of ours. */
export function splitModelRef(ref: string): { provider: ModelProvider; name: string } | null {
  const slash = ref.indexOf('/');
  const provider = MODEL_PROVIDERS.find((known) => known === ref.slice(0, slash));
  const name = ref.slice(slash + 1);
  return slash > 0 && provider !== undefined && name !== '' ? { provider, name } : null;
}

/** The catalogue's entry for a model; a dated snapshot (`gpt-4o-2024-08-06`) shares the entry of its model. */
export function catalogueEntry(ref: string): CatalogueEntry | undefined {
  return BY_ID.get(ref) ?? BY_ID.get(ref.replace(DATED_SNAPSHOT, ''));
}

/**
 * Listed price of a model at a moment (milliseconds since the epoch), with its long-prompt tier; zero for Ollama,
 * custom and unknown models. An organization's own price stands above this one.
 */
export function listedPrice(ref: string, now: number): ModelPrice {
  const embedding = EMBEDDING_PRICES[ref];
  if (embedding !== undefined) {
    return { input_microusd_per_million: microusdPerMillion(embedding), output_microusd_per_million: 0 };
  }
  const entry = catalogueEntry(ref);
  if (entry === undefined) return { input_microusd_per_million: 0, output_microusd_per_million: 0 };
  const current = currentPrice(entry, now);
  return {
    input_microusd_per_million: microusdPerMillion(current.input_usd_per_million),
    output_microusd_per_million: microusdPerMillion(current.output_usd_per_million),
    ...(entry.long_prompt === undefined
      ? {}
      : {
          long_prompt: {
            over_tokens: entry.long_prompt.over_tokens,
            input_microusd_per_million: microusdPerMillion(entry.long_prompt.input_usd_per_million),
            output_microusd_per_million: microusdPerMillion(entry.long_prompt.output_usd_per_million),
          },
        }),
  };
}

/** Dollars per million tokens that hold on the day of `now`. */
export function currentPrice(
  entry: CatalogueEntry,
  now: number,
): { input_usd_per_million: number; output_usd_per_million: number } {
  return entry.scheduled !== undefined && now >= Date.parse(entry.scheduled.from) ? entry.scheduled : entry;
}

function editDistance(a: string, b: string): number {
  let previous = Array.from({ length: b.length + 1 }, (_, column) => column);
  for (let row = 1; row <= a.length; row++) {
    const current = [row];
    for (let column = 1; column <= b.length; column++) {
      const change = a[row - 1] === b[column - 1] ? 0 : 1;
      current[column] = Math.min(
        (previous[column] ?? 0) + 1,
        (current[column - 1] ?? 0) + 1,
        (previous[column - 1] ?? 0) + change,
      );
    }
    previous = current;
  }
  return previous[b.length] ?? 0;
}

function nearest(ref: string, provider: ModelProvider): string[] {
  return CATALOGUE.filter((entry) => entry.provider === provider)
    .map((entry) => ({ id: entry.id, distance: editDistance(ref, entry.id) }))
    .sort((a, b) => a.distance - b.distance || a.id.localeCompare(b.id))
    .slice(0, 3)
    .map(({ id }) => id);
}

/**
 * Whether an agent may name this model: null, or one sentence that says what is wrong and what is near. Ollama and
 * custom endpoints take any name; what they serve is known to them alone.
 */
export function checkModel(ref: string, needs: { readonly tools: boolean } = { tools: false }): string | null {
  const parts = splitModelRef(ref);
  if (parts === null) return `"${ref}" is not a model: write provider/name with one of ${MODEL_PROVIDERS.join(', ')}.`;
  if (parts.provider === 'ollama' || parts.provider === 'custom') return null;
  const retired = RETIRED[ref.replace(DATED_SNAPSHOT, '')];
  if (retired !== undefined) {
    return `The vendor switched ${ref} off on ${retired.since}: use ${retired.successor} instead.`;
  }
  const entry = catalogueEntry(ref);
  if (entry !== undefined) {
    return needs.tools && !entry.supports_tools ? `${ref} can’t use tools: choose another model.` : null;
  }
  return `There is no model ${ref} in the catalogue; the nearest names are ${nearest(ref, parts.provider).join(', ')}.`;
}
