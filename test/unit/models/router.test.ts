import type { ModelCallOptions, ModelRequest, ModelResult, StepError } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';
import { routed } from '../../../workers/models/router.ts';

const ANSWER = { ok: true, text: 'hello', data: null, confidence: null, finish_reason: 'stop' } as const;

function call(model: string, outcome: 'ok' | 'error') {
  const usage = { input_tokens: 3, output_tokens: 2, cost_microusd: 7, latency_ms: 1, estimated: false };
  return { provider: model.split('/')[0] ?? '', model: model.split('/')[1] ?? '', ...usage, outcome };
}

interface Setup {
  readonly errors?: Readonly<Record<string, Partial<StepError>>>;
  readonly fallback?: readonly string[];
  readonly organization?: readonly string[];
  readonly options?: Partial<ModelCallOptions>;
  readonly during?: (model: string, options: ModelCallOptions) => void | Promise<void>;
}

/** Asks `a/1` with a chain, of models of which some fail. */
async function ask({ errors = {}, fallback, organization = [], options = {}, during }: Setup) {
  const asked: string[] = [];
  const told: string[] = [];
  const generate = routed({
    clock: () => 0,
    chainOf: async () => organization,
    ask: async ({ model }, given): Promise<ModelResult> => {
      asked.push(model);
      await during?.(model, given);
      const error = errors[model];
      if (error === undefined) return { ...ANSWER, calls: [call(model, 'ok')] };
      const whole = { code: 'model_overloaded', message: `${model} is busy.`, retryable: true, ...error };
      return { ok: false, error: whole, calls: [call(model, 'error')] };
    },
  });
  const request: ModelRequest = {
    model: 'a/1',
    task: { kind: 'chat', text: 'hi' },
    messages: [],
    ...(fallback === undefined ? {} : { fallback }),
  };
  const result = await generate(request, {
    signal: new AbortController().signal,
    onFallback: (model, error, next) => told.push(`${model} ${error.code} ${next}`),
    ...options,
  });
  return { result, asked, told };
}

const CHAIN = ['b/2', 'c/3'];

describe('a fallback chain', () => {
  it('is followed in its order until a model answers, with the calls of all', async () => {
    const { result, asked, told } = await ask({ errors: { 'a/1': {}, 'b/2': {} }, fallback: [...CHAIN, 'd/4'] });
    expect(asked).toEqual(['a/1', 'b/2', 'c/3']);
    expect(result).toEqual({ ...ANSWER, calls: [call('a/1', 'error'), call('b/2', 'error'), call('c/3', 'ok')] });
    expect(told).toEqual(['a/1 model_overloaded b/2', 'b/2 model_overloaded c/3']);
  });

  it("is the organization's where the request names none, and none where it names an empty one", async () => {
    const errors = { 'a/1': {} };
    expect((await ask({ errors, organization: ['o/1'] })).asked).toEqual(['a/1', 'o/1']);
    expect((await ask({ errors, organization: ['o/1'], fallback: ['b/2'] })).asked).toEqual(['a/1', 'b/2']);
    expect((await ask({ errors, organization: ['o/1'], fallback: [] })).asked).toEqual(['a/1']);
  });

  it('asks no model twice', async () => {
    const { asked } = await ask({ errors: { 'a/1': {}, 'b/2': {} }, fallback: ['a/1', 'b/2', 'b/2'] });
    expect(asked).toEqual(['a/1', 'b/2']);
  });

  it.each([
    'upstream_unavailable',
    'model_network',
    'model_timeout',
    'model_overloaded',
    'model_auth',
    'model_not_found',
    'model_not_configured',
  ])('is followed after %s', async (code) => {
    expect((await ask({ errors: { 'a/1': { code, retryable: false } }, fallback: CHAIN })).asked).toHaveLength(2);
  });

  it.each(['model_bad_request', 'model_content_filtered', 'model_cancelled', 'model_unknown', 'model_output_invalid'])(
    'is not followed after %s',
    async (code) => {
      const { result, asked, told } = await ask({ errors: { 'a/1': { code } }, fallback: CHAIN });
      expect({ asked, told }).toEqual({ asked: ['a/1'], told: [] });
      expect(result).toMatchObject({ ok: false, error: { code, message: 'a/1 is busy.' } });
    },
  );

  it('is followed after an unfit answer once the engine will not ask again', async () => {
    const errors = { 'a/1': { code: 'model_output_invalid' } };
    expect((await ask({ errors, fallback: CHAIN, options: { last_attempt: true } })).asked).toEqual(['a/1', 'b/2']);
  });

  it.each<[Partial<StepError>, boolean, boolean]>([
    [{ retry_after_ms: 5000 }, false, false],
    [{ retry_after_ms: 5001 }, false, true],
    [{ retry_after_ms: 5000 }, true, true],
    [{}, false, true],
    [{ retry_after_ms: 100, retryable: false }, false, true],
  ])('after a rate limit %j, last attempt %s, is followed: %s', async (error, last_attempt, followed) => {
    const errors = { 'a/1': { code: 'model_rate_limited', ...error } };
    const { asked } = await ask({ errors, fallback: ['b/2'], options: { last_attempt } });
    expect(asked).toEqual(followed ? ['a/1', 'b/2'] : ['a/1']);
  });

  it('ends with the last error, which names the others, worth an attempt as soon as one of them is', async () => {
    const { result } = await ask({
      errors: {
        'a/1': { retry_after_ms: 9000 },
        'b/2': { code: 'upstream_unavailable', retry_after_ms: 6000 },
        'c/3': { code: 'model_not_configured', message: 'Not set.', retryable: false },
      },
      fallback: CHAIN,
    });
    expect(result).toMatchObject({
      ok: false,
      error: {
        code: 'model_not_configured',
        message: 'Not set. Asked before without an answer: a/1 (model_overloaded), b/2 (upstream_unavailable).',
        retryable: true,
        retry_after_ms: 6000,
      },
    });
    expect(result.calls).toHaveLength(3);
  });

  it('does not ask on when the step is cancelled', async () => {
    const controller = new AbortController();
    const { asked } = await ask({
      errors: { 'a/1': {} },
      fallback: CHAIN,
      options: { signal: controller.signal },
      during: () => controller.abort(),
    });
    expect(asked).toEqual(['a/1']);
  });

  it('streams no second answer to watchers who have seen part of the first', async () => {
    const pieces: string[] = [];
    const { result } = await ask({
      errors: { 'a/1': {}, 'b/2': {} },
      fallback: CHAIN,
      options: { onDelta: (text) => pieces.push(text) },
      // The first fails before it says anything, the second in the middle.
      during: (model, { onDelta }) => {
        if (model !== 'a/1') onDelta?.(model);
      },
    });
    expect(result.ok).toBe(true);
    expect(pieces).toEqual(['b/2']);
  });

  it('leaves a model that does not answer for the next while there is time', async () => {
    const limits: string[] = [];
    const { result, asked } = await ask({
      errors: { 'a/1': { code: 'model_timeout' } },
      fallback: ['b/2'],
      options: { timeout_ms: 20 },
      during: (model, { signal }) => {
        if (model === 'b/2') return;
        return new Promise((resolve) =>
          signal.addEventListener('abort', () => {
            limits.push(signal.reason.name);
            resolve();
          }),
        );
      },
    });
    expect({ asked, limits, ok: result.ok }).toEqual({ asked: ['a/1', 'b/2'], limits: ['TimeoutError'], ok: true });
  });
});
