import type { ModelCall, ModelRequest, ModelResult, StepError } from '@agentflow/engine';
import type { PaidCallOptions } from './purse.ts';

/** A rate limit that ends sooner is waited for, although another model could answer. */
const PATIENCE_MS = 5000;

/** What lies with a provider or its configuration, so that another model may well answer. */
const PROVIDERS_FAULT: ReadonlySet<string> = new Set([
  'upstream_unavailable',
  'model_network',
  'model_timeout',
  'model_overloaded',
  'model_auth',
  'model_not_found',
  'model_not_configured',
]);

/**
 * Whether the next model is asked. Not after a request that is refused for what it says: the next one would do the same,
 * or worse, would not. An answer that does not fit its schema is asked for again first, by the engine's retry.
 */
function movesOn(error: StepError, lastAttempt: boolean): boolean {
  if (error.code === 'model_rate_limited') {
    const { retryable, retry_after_ms: wait } = error;
    return lastAttempt || !retryable || wait === undefined || wait > PATIENCE_MS;
  }
  return PROVIDERS_FAULT.has(error.code) || (lastAttempt && error.code === 'model_output_invalid');
}

export interface RouterOptions {
  readonly clock: () => number;
  /** Asks one model once. */
  readonly ask: (request: ModelRequest, options: PaidCallOptions) => Promise<ModelResult>;
  /** The chain of a request that names none. */
  readonly chainOf: (request: ModelRequest) => Promise<readonly string[]>;
}

interface Failure {
  readonly model: string;
  readonly error: StepError;
}

/**
 * Asks the request's model, then those of its fallback chain, until one answers; all within one attempt of a step. Each
 * model that another one follows gets its part of the time that is left. What was streamed to watchers is not streamed
 * again by the next model: its answer counts when it is whole.
 */
export function routed({ clock, ask, chainOf }: RouterOptions) {
  return async (request: ModelRequest, options: PaidCallOptions): Promise<ModelResult> => {
    const chain = request.fallback ?? (await chainOf(request));
    if (chain.length === 0) return ask(request, options);
    const models = [...new Set([request.model, ...chain])];
    const deadline = options.timeout_ms === undefined ? null : clock() + options.timeout_ms;
    const { onDelta } = options;
    let shown = false;
    const deltas =
      onDelta === undefined
        ? {}
        : {
            onDelta: (text: string) => {
              shown = true;
              onDelta(text);
            },
          };
    const calls: ModelCall[] = [];
    const failures: Failure[] = [];
    for (const [index, model] of models.entries()) {
      const left = models.length - index;
      const part = deadline === null || left === 1 ? null : Math.max(0, deadline - clock()) / left;
      const limit = timeLimit(options.signal, part);
      const { onDelta: _given, ...rest } = options;
      const result = await ask(
        { ...request, model },
        { ...rest, signal: limit.signal, ...(shown ? {} : deltas) },
      ).finally(limit.clear);
      calls.push(...result.calls);
      if (result.ok) return { ...result, calls };
      failures.push({ model, error: result.error });
      const next = models[index + 1];
      if (options.signal.aborted || next === undefined || !movesOn(result.error, options.last_attempt ?? false)) break;
      options.onFallback?.(model, result.error, next);
    }
    return { ok: false, error: errorOf(failures), calls };
  };
}

function timeLimit(signal: AbortSignal, ms: number | null): { signal: AbortSignal; clear: () => void } {
  if (ms === null) return { signal, clear: () => {} };
  const controller = new AbortController();
  const end = () => controller.abort(new DOMException('The time limit of this model has passed.', 'TimeoutError'));
  const timer = setTimeout(end, ms);
  return { signal: AbortSignal.any([signal, controller.signal]), clear: () => clearTimeout(timer) };
}

/** The last model's error, with those before it; worth another attempt as soon as one of them is. */
function errorOf(failures: readonly Failure[]): StepError {
  const last = failures.at(-1);
  if (last === undefined) throw new Error('no model was asked');
  const before = failures.slice(0, -1).map(({ model, error }) => `${model} (${error.code})`);
  const retryable = failures.filter(({ error }) => error.retryable);
  const wait = Math.min(...retryable.map(({ error }) => error.retry_after_ms ?? 0));
  const { code, message } = last.error;
  return {
    code,
    message: before.length === 0 ? message : `${message} Asked before without an answer: ${before.join(', ')}.`,
    retryable: retryable.length > 0,
    ...(retryable.length > 0 && wait > 0 ? { retry_after_ms: wait } : {}),
  };
}
