import { describe, expect, inject, it } from 'vitest';
import { createModels, type ModelsConfig } from '../../../workers/models/index.ts';
import { FROGS, HAIKU, TRIAGE } from '../../support/model-fixtures/answers.ts';
import type {} from '../../support/provided-context.ts';
import { chat, KEY, modelsWith, never, TRIAGE_SCHEMA } from './request.ts';

const server = inject('modelServerUrl');

const CONFIG: ModelsConfig = {
  OPENAI_API_KEY: KEY,
  OPENAI_BASE_URL: `${server}/v1`,
  ANTHROPIC_API_KEY: KEY,
  ANTHROPIC_BASE_URL: `${server}/v1`,
  GOOGLE_API_KEY: KEY,
  GOOGLE_BASE_URL: `${server}/v1beta`,
  OLLAMA_BASE_URL: server,
  CUSTOM_BASE_URL: `${server}/v1/`,
};

/** Every adapter, with what 21 tokens in and 17 out cost: rounded up to a whole micro-dollar. */
const ADAPTERS = [
  { model: 'openai/gpt-4o-mini', cost: Math.ceil(21 * 0.15 + 17 * 0.6) },
  { model: 'openai/gpt-6.2-sol', cost: 21 * 2 + 17 * 10 },
  { model: 'anthropic/claude-haiku-4-5', cost: 21 * 1 + 17 * 5 },
  { model: 'google/gemini-2.5-flash', cost: Math.ceil(21 * 0.3 + 17 * 2.5) },
  { model: 'ollama/llama3.2', cost: 0 },
  { model: 'custom/local-model', cost: 0 },
] as const;

describe.each(ADAPTERS)('$model over HTTP', ({ model, cost }) => {
  const models = modelsWith(CONFIG);
  const [provider, name] = model.split('/');
  const call = {
    provider,
    model: name,
    input_tokens: 21,
    output_tokens: 17,
    cost_microusd: cost,
    estimated: false,
    outcome: 'ok',
  };

  it('answers with text, tokens and cost', async () => {
    const result = await models.generate(chat(model, 'Write a haiku', { max_tokens: 200 }), { signal: never() });
    expect(result).toEqual({
      ok: true,
      text: HAIKU,
      data: null,
      confidence: null,
      finish_reason: 'stop',
      calls: [{ ...call, latency_ms: 5 }],
    });
  });

  it('streams the same answer in pieces', async () => {
    const pieces: string[] = [];
    const result = await models.generate(chat(model, 'Write a haiku'), {
      signal: never(),
      onDelta: (piece) => pieces.push(piece),
    });
    expect(result).toMatchObject({ ok: true, text: HAIKU, finish_reason: 'stop', calls: [call] });
    expect(pieces.join('')).toBe(HAIKU);
    expect(pieces.length).toBeGreaterThan(3);
  });

  it('gives data for a schema', async () => {
    const request = chat(model, 'Sort this ticket', { schema: TRIAGE_SCHEMA });
    const result = await models.generate(request, { signal: never() });
    expect(result).toMatchObject({ ok: true, data: TRIAGE, calls: [call] });
  });

  it('reads data out of a code fence', async () => {
    const request = chat(model, 'Sort in a fence', { schema: TRIAGE_SCHEMA });
    const result = await models.generate(request, { signal: never() });
    expect(result).toMatchObject({ ok: true, data: TRIAGE });
  });

  it.each(['Talk instead of sorting', 'Sort with a wrong type'])(
    'refuses what does not fit the schema: %s',
    async (text) => {
      const result = await models.generate(chat(model, text, { schema: TRIAGE_SCHEMA }), { signal: never() });
      expect(result).toMatchObject({
        ok: false,
        error: { code: 'model_output_invalid', retryable: true },
        calls: [{ ...call, outcome: 'error' }],
      });
    },
  );
});

describe.each(ADAPTERS)('tools of $model', ({ model }) => {
  const models = modelsWith(CONFIG);
  const parameters = { type: 'object', properties: { frog: { type: 'string' } }, required: ['frog'] };
  const tools = [{ name: 'weigh', description: 'Weighs a frog.', parameters }];
  const request = chat(model, 'Weigh two frogs', { tools });

  it.each([true, false])('are called and answered, streamed: %s', async (streamed) => {
    const options = streamed ? { signal: never(), onDelta: () => {} } : { signal: never() };
    const first = await models.generate(request, options);
    if (!first.ok || first.tool_calls === undefined) expect.fail(JSON.stringify(first));
    const { text, tool_calls } = first;
    expect(tool_calls).toMatchObject(FROGS.map((frog) => ({ name: 'weigh', arguments: { frog } })));
    expect(new Set(tool_calls.map(({ id }) => id)).size).toBe(2);

    const results = tool_calls.map(({ id }, index) => {
      return { role: 'tool' as const, content: `${index} g`, call_id: id, tool: 'weigh', is_error: index === 1 };
    });
    const messages = [...request.messages, { role: 'assistant' as const, content: text, tool_calls }, ...results];
    const second = await models.generate({ ...request, messages, tool_choice: 'none' }, options);
    expect(second).toMatchObject({ ok: true, text: HAIKU, tool_calls: [] });
  });
});

it('gives Gemini all results of a turn in one message, and its signature back', async () => {
  const sent: { contents: { role: string; parts: Record<string, unknown>[] }[] }[] = [];
  const models = createModels({
    config: CONFIG,
    fetch: (input, init) => {
      sent.push(JSON.parse(String(init?.body)));
      return fetch(input, init);
    },
    clock: Date.now,
    priceOf: async () => null,
  });
  const tool_calls = FROGS.map((frog, index) => {
    return {
      id: `c${index}`,
      name: 'weigh',
      arguments: { frog },
      metadata: { google: { thoughtSignature: 'signed' } },
    };
  });
  const results = tool_calls.map(({ id }) => {
    return { role: 'tool' as const, content: '1 g', call_id: id, tool: 'weigh', is_error: false };
  });
  const request = chat('google/gemini-2.5-flash', 'Weigh two frogs', {
    tools: [{ name: 'weigh', description: 'Weighs.', parameters: { type: 'object', properties: {} } }],
  });
  const messages = [...request.messages, { role: 'assistant' as const, content: '', tool_calls }, ...results];
  await models.generate({ ...request, messages }, { signal: never() });
  const [, asked, answered, ...more] = sent[0]?.contents ?? [];
  expect(asked?.parts).toMatchObject([{ thoughtSignature: 'signed' }, { thoughtSignature: 'signed' }]);
  expect(answered?.parts).toHaveLength(2);
  expect(more).toEqual([]);
});

it('refuses tools for the built-in model', async () => {
  const tools = [{ name: 'weigh', description: 'Weighs a frog.', parameters: { type: 'object' } }];
  const result = await modelsWith(CONFIG).generate(chat('builtin/extractive', 'x', { tools }), { signal: never() });
  expect(result).toMatchObject({ ok: false, error: { code: 'model_tools_unsupported', retryable: false }, calls: [] });
});

describe('prices', () => {
  it('takes the price of the organization before the listed one', async () => {
    const own = { input_microusd_per_million: 1_000_000, output_microusd_per_million: 2_000_000 };
    const models = modelsWith(CONFIG, { 'ollama/llama3.2': own, 'openai/gpt-4o': own });
    for (const model of ['ollama/llama3.2', 'openai/gpt-4o']) {
      const result = await models.generate(chat(model, 'Write a haiku'), { signal: never() });
      expect(result.calls[0]?.cost_microusd).toBe(21 + 34);
    }
  });

  it('reserves the whole answer and more input than counted', async () => {
    const models = modelsWith(CONFIG);
    const request = chat('openai/gpt-4o', 'x'.repeat(4000), { max_tokens: 1000 });
    expect(await models.estimateCost(request)).toBe(Math.ceil(1.5 * 1004 * 2.5 + 1000 * 10));
    expect(await models.estimateCost(chat('openai/gpt-4o', 'x'))).toBe(Math.ceil(Math.ceil(1.5 * 5) * 2.5 + 8192 * 10));
    expect(await models.estimateCost(chat('workers-ai/@cf/meta/llama-3.1-8b-instruct', 'x'))).toBeLessThan(
      Math.ceil(8 * 0.282 + 4097 * 0.827),
    );
    expect(await models.estimateCost(chat('ollama/llama3.2', 'x'))).toBe(0);
  });
});

describe('embeddings', () => {
  it('come back as vectors with their tokens and cost', async () => {
    const models = modelsWith(CONFIG);
    for (const ref of ['openai/text-embedding-3-small', 'custom/local-embedding']) {
      const result = await models.embed(['a pond', 'a pond'], ref, { signal: never() });
      expect(result).toMatchObject({
        ok: true,
        vectors: [
          [0.6, 0.8],
          [0.6, 0.8],
        ],
        calls: [{ output_tokens: 0, outcome: 'ok' }],
      });
    }
    const google = await models.embed(['a pond'], 'google/gemini-embedding-001', { signal: never() });
    expect(google).toMatchObject({ ok: true, vectors: [[0.6, 0.8]] });
  });

  it('are refused where the provider has none', async () => {
    const result = await modelsWith(CONFIG).embed(['a pond'], 'anthropic/claude-haiku-4-5', { signal: never() });
    expect(result).toMatchObject({ ok: false, error: { code: 'model_bad_request', retryable: false }, calls: [] });
  });
});

describe('configuration', () => {
  it('says which variable is missing and calls nobody', async () => {
    const models = modelsWith({ OPENAI_API_KEY: '  ' });
    const missing = {
      'openai/gpt-4o': 'OPENAI_API_KEY',
      'anthropic/claude-haiku-4-5': 'ANTHROPIC_API_KEY',
      'google/gemini-2.5-flash': 'GOOGLE_API_KEY',
      'ollama/llama3.2': 'OLLAMA_BASE_URL',
      'custom/local-model': 'CUSTOM_BASE_URL',
      'workers-ai/@cf/openai/gpt-oss-20b': 'AI binding',
    };
    for (const [model, variable] of Object.entries(missing)) {
      const result = await models.generate(chat(model, 'Write a haiku'), { signal: never() });
      expect(result).toMatchObject({ ok: false, error: { code: 'model_not_configured', retryable: false }, calls: [] });
      if (!result.ok) expect(result.error.message).toContain(variable);
    }
    expect(models.available('openai')).toBe(false);
    expect(models.available('builtin')).toBe(true);
    expect(modelsWith(CONFIG).available('ollama')).toBe(true);
  });
});
