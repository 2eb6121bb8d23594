import type { JsonValue, ModelProvider } from '@agentflow/contracts';
import type { ModelCall, ModelPort, ModelRequest, ModelResult, StepError } from '@agentflow/engine';
import type { CircuitEntry, CircuitGate } from '../platform/circuit.ts';
import { accessTo, effectiveConfig, type ProviderAccesses } from './access.ts';
import type { AdapterOptions, ModelsConfig, ProviderAdapter } from './adapter.ts';
import { answerBuiltin, embedBuiltin } from './builtin/index.ts';
import { catalogueEntry, checkModel, listedPrice, splitModelRef } from './catalogue.ts';
import { abortFailure, classifyFailure, ModelConnectionError } from './failures.ts';
import { type CallEnd, callLanguageModel } from './language-model-call.ts';
import { callCost, type ModelPrice } from './pricing.ts';
import { outcomeOf, refusedByCircuit } from './provider-circuit.ts';
import { createAnthropicAdapter } from './providers/anthropic/index.ts';
import { createCustomAdapter } from './providers/custom/index.ts';
import { createGoogleAdapter } from './providers/google/index.ts';
import { createOllamaAdapter } from './providers/ollama/index.ts';
import { createOpenAiAdapter } from './providers/openai/index.ts';
import { createWorkersAiAdapter } from './providers/workers-ai/index.ts';
import type { PaidCallOptions } from './purse.ts';
import { routed } from './router.ts';
import { readJson, schemaProblem } from './structured-output.ts';
import { countMessageTokens, countTokens } from './tokens.ts';

export { effectiveConfig, type ProviderAccess, type ProviderAccesses } from './access.ts';
export { type ModelsConfig, sharesCredential } from './adapter.ts';
export {
  CATALOGUE,
  type CatalogueEntry,
  catalogueEntry,
  checkModel,
  currentPrice,
  splitModelRef,
} from './catalogue.ts';
export { type ModelPrice, microusdPerMillion } from './pricing.ts';
export type { Held, Purse } from './purse.ts';

export interface ModelsOptions {
  readonly config: ModelsConfig;
  /** The platform's guarded client: every call to a provider goes through it. */
  readonly fetch: typeof fetch;
  /** Milliseconds since the epoch. */
  readonly clock: () => number;
  /** The organization's own price for a model, or null where the listed one holds. */
  readonly priceOf: (ref: string) => Promise<ModelPrice | null>;
  /** The organization's own access to providers; asked before each call that leaves the installation, and only then. */
  readonly accesses?: () => Promise<ProviderAccesses>;
  /** What stands before the calls to a provider; without it every call is made. */
  readonly circuitOf?: (provider: ModelProvider, config: ModelsConfig) => CircuitGate;
  /** The organization's fallback chain, for requests that name none. */
  readonly fallback?: () => Promise<readonly string[]>;
}

/** A provider as an organization calls it now. */
interface Reach {
  readonly adapter: ProviderAdapter;
  readonly config: ModelsConfig;
  /** Why no call can be made, as a sentence. */
  readonly missing: string | null;
  /** What holds the credential, for messages about refused keys. */
  readonly credential: string;
}

export type EmbedResult =
  | { readonly ok: true; readonly vectors: readonly (readonly number[])[]; readonly calls: readonly ModelCall[] }
  | { readonly ok: false; readonly error: StepError; readonly calls: readonly ModelCall[] };

export interface Models extends ModelPort {
  /** With a purse, money is reserved for each call that has a price, and no call is made without. */
  generate(request: ModelRequest, options: PaidCallOptions): Promise<ModelResult>;
  /** One vector per text, in their order. Never throws for what a provider can do wrong. */
  embed(texts: readonly string[], ref: string, options: { signal: AbortSignal }): Promise<EmbedResult>;
  /** The most that the request's own model can cost, in integer micro-dollars: what a budget reserves before the call. */
  estimateCost(request: ModelRequest): Promise<number>;
  /** Whether this installation has what the provider needs: key, URL or binding. */
  available(provider: ModelProvider): boolean;
}

/** Answers are bounded even where a request names no limit, so that a reservation is finite. */
const DEFAULT_MAX_OUTPUT_TOKENS = 8192;
/** Length counts are off by up to a half for dense text; a reservation must not be. */
const INPUT_HEADROOM = 1.5;

const FACTORIES: Readonly<Record<Exclude<ModelProvider, 'builtin'>, (options: AdapterOptions) => ProviderAdapter>> = {
  openai: createOpenAiAdapter,
  anthropic: createAnthropicAdapter,
  google: createGoogleAdapter,
  'workers-ai': createWorkersAiAdapter,
  ollama: createOllamaAdapter,
  custom: createCustomAdapter,
};

function answerLimit(request: ModelRequest): number {
  const largest = catalogueEntry(request.model)?.max_output_tokens ?? Number.POSITIVE_INFINITY;
  return Math.min(request.max_tokens ?? DEFAULT_MAX_OUTPUT_TOKENS, largest);
}

/** Whether each provider could be called with this configuration. */
export function availableProviders(config: ModelsConfig): ReadonlySet<ModelProvider> {
  const unused: typeof fetch = () => Promise.reject(new Error('availability is told without any call'));
  const ready = Object.entries(FACTORIES).filter(([, make]) => make({ config, fetch: unused }).missing === null);
  return new Set<ModelProvider>(['builtin', ...ready.map(([provider]) => provider as ModelProvider)]);
}

/**
 * The language models of one installation behind the engine's port. Adapters speak the AI SDK's provider contract
 * directly: one attempt a call (the engine owns retries), usage and abort in our hands.
 */
export function createModels({ config, fetch, clock, priceOf, accesses, circuitOf, fallback }: ModelsOptions): Models {
  const guarded: typeof fetch = async (input, init) => {
    try {
      return await fetch(input, init);
    } catch (error) {
      if (init?.signal?.aborted === true) throw error;
      throw new ModelConnectionError(error);
    }
  };
  const installation = new Map<ModelProvider, ProviderAdapter>();
  let own: { readonly accesses: ProviderAccesses; readonly reaches: Map<ModelProvider, Reach> } | null = null;

  function adapterOf(provider: Exclude<ModelProvider, 'builtin'>): ProviderAdapter {
    const known = installation.get(provider);
    if (known !== undefined) return known;
    const adapter = FACTORIES[provider]({ config, fetch: guarded });
    installation.set(provider, adapter);
    return adapter;
  }

  /** The provider by the organization's own access where it has one, else by the installation's. */
  async function reach(provider: Exclude<ModelProvider, 'builtin'>): Promise<Reach> {
    const current = await accesses?.();
    const access = current === undefined ? undefined : accessTo(current, provider);
    if (current === undefined || access === undefined) {
      const adapter = adapterOf(provider);
      return { adapter, config, missing: adapter.missing, credential: adapter.credential };
    }
    if (own?.accesses !== current) own = { accesses: current, reaches: new Map() };
    const known = own.reaches.get(provider);
    if (known !== undefined) return known;
    const effective = effectiveConfig(config, current);
    const adapter = FACTORIES[provider]({ config: effective, fetch: guarded });
    const unreadable = `The organization's key for ${adapter.title} can't be opened. Set it again.`;
    const made: Reach = {
      adapter,
      config: effective,
      missing: access.kind === 'unreadable' ? unreadable : adapter.missing,
      credential: "the organization's settings",
    };
    own.reaches.set(provider, made);
    return made;
  }

  async function priceFor(ref: string): Promise<ModelPrice> {
    return (await priceOf(ref)) ?? listedPrice(ref, clock());
  }

  /** A request that no provider was asked: it has no call to record. */
  function refusal(code: string, message: string): { ok: false; error: StepError; calls: ModelCall[] } {
    return { ok: false, error: { code, message, retryable: false }, calls: [] };
  }

  async function enter(provider: ModelProvider, used: ModelsConfig): Promise<CircuitEntry> {
    return (await circuitOf?.(provider, used).enter()) ?? { allowed: true, end: async () => {} };
  }

  /** The built-in model fails by nothing that another one would do better. */
  async function chainOf({ model }: ModelRequest): Promise<readonly string[]> {
    return fallback === undefined || splitModelRef(model)?.provider === 'builtin' ? [] : fallback();
  }

  async function askOnce(request: ModelRequest, options: PaidCallOptions): Promise<ModelResult> {
    const parts = splitModelRef(request.model);
    if (parts === null) return refusal('model_not_found', checkModel(request.model) ?? 'Unknown model.');
    if (parts.provider === 'builtin') {
      const started = clock();
      const unknown = checkModel(request.model);
      if (unknown !== null) return refusal('model_not_found', unknown);
      if (request.tools !== undefined) {
        return refusal('model_tools_unsupported', `${request.model} can’t use tools: choose a language model.`);
      }
      const result = answerBuiltin(request, options);
      const inputTokens = countTokens(request.task.text);
      const outputTokens = countTokens(result.text);
      const outcome = result.aborted ? 'cancelled' : 'ok';
      const calls = [record('builtin', parts.name, inputTokens, outputTokens, 0, clock() - started, true, outcome)];
      if (result.aborted) return { ok: false, error: abortFailure(options.signal, 'The built-in model'), calls };
      const { text, data, confidence } = result;
      return { ok: true, text, data, confidence, finish_reason: 'stop', calls };
    }

    const reached = await reach(parts.provider);
    const { adapter } = reached;
    if (reached.missing !== null) return refusal('model_not_configured', reached.missing);
    const price = await priceFor(request.model);
    const entry = await enter(parts.provider, reached.config);
    if (!entry.allowed) return { ok: false, error: refusedByCircuit(entry.refusal, adapter.title), calls: [] };
    const { purse } = options;
    const most = purse === undefined ? 0 : worstCost(request, price);
    const money = purse === undefined || most === 0 ? null : await purse.reserve(most);
    if (money?.ok === false) {
      await entry.end({ verdict: 'neither' });
      return { ok: false, error: money.error, calls: [] };
    }
    if (money !== null && options.signal.aborted) {
      purse?.spent(money.held, 0);
      await entry.end({ verdict: 'neither' });
      return { ok: false, error: abortFailure(options.signal, adapter.title), calls: [] };
    }
    const started = clock();
    const limit = adapter.sendsDefaultLimit ? answerLimit(request) : request.max_tokens;
    const end = await callLanguageModel(() => adapter.languageModel(parts.name), adapter, request, limit, options);
    const latency = clock() - started;
    const failure = failureOf(end, request, reached, options.signal);
    await entry.end(outcomeOf(failure, end.kind === 'aborted', end.text !== ''));
    const booked = book(end, request, failure);
    const cost = callCost(price, booked.input, booked.output);
    const made = record(
      parts.provider,
      parts.name,
      booked.input,
      booked.output,
      cost,
      latency,
      booked.estimated,
      end.kind === 'aborted' ? 'cancelled' : failure === null ? 'ok' : 'error',
    );
    if (money !== null) purse?.spent(money.held, cost);
    const call = money === null ? made : { ...made, held: money.held };
    if (failure !== null) return { ok: false, error: failure, calls: [call] };
    if (end.kind !== 'answered') throw new Error('a call without an answer has a failure');
    return {
      ok: true,
      text: end.text,
      data: request.schema === undefined ? null : (readJson(end.text) ?? null),
      confidence: null,
      finish_reason: end.finish_reason,
      ...(request.tools === undefined ? {} : { tool_calls: end.tool_calls }),
      calls: [call],
    };
  }

  /** What went wrong with a call, its answer's content included; null where the answer can be used. */
  function failureOf(
    end: CallEnd,
    request: ModelRequest,
    { adapter, config: used, credential }: Reach,
    signal: AbortSignal,
  ): StepError | null {
    if (end.kind === 'aborted') return abortFailure(signal, adapter.title);
    if (end.kind === 'failed') {
      const { title } = adapter;
      return classifyFailure(end.error, { title, credential, model: request.model, config: used, now: clock() });
    }
    if (end.finish_reason === 'content-filter') {
      return { code: 'model_content_filtered', message: `${adapter.title} withheld its answer.`, retryable: false };
    }
    const cutShort = end.finish_reason === 'length' ? ' within the token limit' : '';
    if (end.text.trim() === '' && (end.tool_calls.length === 0 || request.tool_choice === 'none')) {
      return {
        code: 'model_output_invalid',
        message: `${adapter.title} answered with no text${cutShort}.`,
        retryable: true,
      };
    }
    if (request.schema === undefined) return null;
    const data: JsonValue | undefined = readJson(end.text);
    const problem = data === undefined ? `it is not JSON${cutShort}` : schemaProblem(data, request.schema);
    return problem === null
      ? null
      : {
          code: 'model_output_invalid',
          message: `${adapter.title}'s answer does not fit the schema: ${problem}.`,
          retryable: true,
        };
  }

  async function embed(
    texts: readonly string[],
    ref: string,
    { signal }: { signal: AbortSignal },
  ): Promise<EmbedResult> {
    const parts = splitModelRef(ref);
    if (parts === null) return refusal('model_not_found', checkModel(ref) ?? 'Unknown model.');
    const price = await priceFor(ref);
    const started = clock();
    const counted = texts.reduce((sum, text) => sum + countTokens(text), 0);
    if (parts.provider === 'builtin') {
      const calls = [record('builtin', parts.name, counted, 0, 0, clock() - started, true, 'ok')];
      return { ok: true, vectors: texts.map(embedBuiltin), calls };
    }
    const { adapter, config: used, missing, credential } = await reach(parts.provider);
    if (missing !== null) return refusal('model_not_configured', missing);
    if (adapter.embeddingModel === undefined) {
      return refusal('model_bad_request', `${adapter.title} offers no embeddings.`);
    }
    const entry = await enter(parts.provider, used);
    if (!entry.allowed) return { ok: false, error: refusedByCircuit(entry.refusal, adapter.title), calls: [] };
    try {
      const model = await adapter.embeddingModel(parts.name);
      const { embeddings, usage } = await model.doEmbed({ values: [...texts], abortSignal: signal });
      await entry.end({ verdict: 'ok' });
      const tokens = usage?.tokens ?? counted;
      const cost = callCost(price, tokens, 0);
      const estimated = usage?.tokens === undefined;
      const calls = [record(parts.provider, parts.name, tokens, 0, cost, clock() - started, estimated, 'ok')];
      return { ok: true, vectors: embeddings, calls };
    } catch (error) {
      const { title } = adapter;
      const failure = signal.aborted
        ? abortFailure(signal, title)
        : classifyFailure(error, { title, credential, model: ref, config: used, now: clock() });
      await entry.end(outcomeOf(failure, signal.aborted, false));
      const tokens = signal.aborted ? counted : 0;
      const cost = callCost(price, tokens, 0);
      const outcome = signal.aborted ? 'cancelled' : 'error';
      const calls = [record(parts.provider, parts.name, tokens, 0, cost, clock() - started, true, outcome)];
      return { ok: false, error: failure, calls };
    }
  }

  async function estimateCost(request: ModelRequest): Promise<number> {
    return worstCost(request, await priceFor(request.model));
  }

  return {
    generate: routed({ clock, ask: askOnce, chainOf }),
    embed,
    estimateCost,
    available: (provider) => provider === 'builtin' || adapterOf(provider).missing === null,
  };
}

/**
 * Tokens that a call is booked with. What the provider reports stands. Otherwise tokens are counted by length and
 * marked estimated: an answered, aborted or broken call has spent its input and what it wrote, since providers bill
 * for it; a call that was refused with an error has spent nothing.
 */
function book(
  end: CallEnd,
  request: ModelRequest,
  failure: StepError | null,
): { input: number; output: number; estimated: boolean } {
  const { input_tokens: input, output_tokens: output } = end.usage;
  if (end.kind !== 'aborted' && input !== undefined && output !== undefined) return { input, output, estimated: false };
  const refused = end.kind === 'failed' && end.text === '' && failure?.code !== 'model_output_invalid';
  if (refused) return { input: 0, output: 0, estimated: false };
  return {
    input: input ?? countMessageTokens(request.messages) + toolTokens(request),
    output: output ?? countTokens(end.text) + writtenCalls(end),
    estimated: true,
  };
}

/** The most that a call can cost; 0 for a model without a price. */
function worstCost(request: ModelRequest, price: ModelPrice): number {
  const schema = request.schema === undefined ? 0 : countTokens(JSON.stringify(request.schema));
  const input = Math.ceil((countMessageTokens(request.messages) + schema + toolTokens(request)) * INPUT_HEADROOM);
  return callCost(price, input, answerLimit(request));
}

function toolTokens({ tools }: ModelRequest): number {
  return tools === undefined ? 0 : countTokens(JSON.stringify(tools));
}

function writtenCalls(end: CallEnd): number {
  return end.kind === 'answered' && end.tool_calls.length > 0 ? countTokens(JSON.stringify(end.tool_calls)) : 0;
}

function record(
  provider: string,
  model: string,
  input_tokens: number,
  output_tokens: number,
  cost_microusd: number,
  latency_ms: number,
  estimated: boolean,
  outcome: ModelCall['outcome'],
): ModelCall {
  return { provider, model, input_tokens, output_tokens, cost_microusd, latency_ms, estimated, outcome };
}
