import { describe, expect, inject, it } from 'vitest';
import { type Held, type ModelsConfig, microusdPerMillion, type Purse } from '../../../workers/models/index.ts';
import { chat, KEY, modelsWith, never } from './request.ts';

const server = inject('modelServerUrl');
const faults = inject('modelFaultsUrl');

/** A purse that gives this answer, and what it was asked and told. */
function purseOf(answer: (most: number) => Held) {
  const asked: number[] = [];
  const told: number[] = [];
  let number = 0;
  const purse: Purse = {
    reserve: async (most) => {
      asked.push(most);
      return answer(++number);
    },
    spent: (_held, cost) => told.push(cost),
  };
  return { purse, asked, told };
}

const grants = (number: number): Held => ({ ok: true, held: { step: 'think', number } });
const config: ModelsConfig = { OPENAI_API_KEY: KEY, OPENAI_BASE_URL: `${server}/v1`, CUSTOM_BASE_URL: `${server}/v1` };

/** The same server of faults, and what it has seen under a name of its own. */
function watched() {
  const token = crypto.randomUUID();
  const seen = async () =>
    ((await (await fetch(`${faults}/seen/${token}`)).json()) as { requests: unknown[] }).requests.length;
  return { url: `${faults}/429~${token}/v1`, seen };
}

describe('a model call with a purse', () => {
  it('reserves the most that it can cost, and tells what it did', async () => {
    const models = modelsWith(config);
    const { purse, asked, told } = purseOf(grants);
    const request = chat('openai/gpt-4o-mini', 'Write a haiku', { max_tokens: 200 });
    const result = await models.generate(request, { signal: never(), purse });
    expect(asked).toEqual([await models.estimateCost(request)]);
    expect(told).toEqual([Math.ceil(21 * 0.15 + 17 * 0.6)]);
    expect(result.calls).toMatchObject([{ held: { step: 'think', number: 1 }, cost_microusd: told[0] }]);
    expect(asked[0]).toBeGreaterThan(told[0] ?? 0);
  });

  it('asks nothing where the model has no price', async () => {
    const models = modelsWith(config);
    const { purse, asked } = purseOf(grants);
    const result = await models.generate(chat('custom/local-model', 'Write a haiku'), { signal: never(), purse });
    expect(result.ok).toBe(true);
    await models.generate(chat('builtin/extractive', 'Write a haiku.'), { signal: never(), purse });
    expect(asked).toEqual([]);
    expect(result.calls[0]).not.toHaveProperty('held');
  });

  it('is not made where it is refused, nor by the next model', async () => {
    const { url, seen } = watched();
    const price = { input_microusd_per_million: 0, output_microusd_per_million: microusdPerMillion(1) };
    const models = modelsWith({ CUSTOM_BASE_URL: url }, { 'custom/one': price, 'custom/two': price });
    const error = { code: 'budget_exceeded', message: 'There is no money.', retryable: false };
    const { purse, asked } = purseOf(() => ({ ok: false, error }));
    const request = chat('custom/one', 'Write a haiku', { fallback: ['custom/two'] });
    expect(await models.generate(request, { signal: never(), purse })).toEqual({ ok: false, error, calls: [] });
    expect(asked).toHaveLength(1);
    expect(await seen()).toBe(0);
  });

  it('is paid for each model of a chain', async () => {
    const { url, seen } = watched();
    const price = { input_microusd_per_million: 0, output_microusd_per_million: microusdPerMillion(1) };
    const models = modelsWith({ ...config, CUSTOM_BASE_URL: url }, { 'custom/one': price });
    const { purse, asked, told } = purseOf(grants);
    const request = chat('custom/one', 'Write a haiku', { fallback: ['openai/gpt-4o-mini'] });
    const result = await models.generate(request, { signal: never(), purse, last_attempt: true });
    expect(result.ok).toBe(true);
    expect(asked).toHaveLength(2);
    expect(told).toEqual([0, Math.ceil(21 * 0.15 + 17 * 0.6)]);
    expect(await seen()).toBe(1);
  });

  it('is not made, and costs nothing, where its step was cancelled meanwhile', async () => {
    const { url, seen } = watched();
    const price = { input_microusd_per_million: 0, output_microusd_per_million: microusdPerMillion(1) };
    const models = modelsWith({ CUSTOM_BASE_URL: url }, { 'custom/one': price });
    const controller = new AbortController();
    const { purse, told } = purseOf((number) => {
      controller.abort(new Error('cancelled'));
      return grants(number);
    });
    const result = await models.generate(chat('custom/one', 'Hello'), { signal: controller.signal, purse });
    expect(result).toMatchObject({ ok: false, calls: [] });
    expect(told).toEqual([0]);
    expect(await seen()).toBe(0);
  });
});
