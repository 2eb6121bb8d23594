import { describe, expect, inject, it, vi } from 'vitest';
import type {} from '../../support/provided-context.ts';
import { chat, KEY, modelsWith, never, TRIAGE_SCHEMA } from './request.ts';

const server = inject('modelFaultsUrl');

interface Seen {
  readonly requests: readonly { path: string; headers: Record<string, string>; body: string }[];
  readonly closed: number;
}

async function seen(token: string): Promise<Seen> {
  return (await fetch(`${server}/seen/${token}`)).json();
}

/** Models whose every provider leads to the named fault. */
function facing(fault: string) {
  return modelsWith({
    OPENAI_API_KEY: KEY,
    OPENAI_BASE_URL: `${server}/${fault}/v1`,
    ANTHROPIC_API_KEY: KEY,
    ANTHROPIC_BASE_URL: `${server}/${fault}/v1`,
    GOOGLE_API_KEY: KEY,
    GOOGLE_BASE_URL: `${server}/${fault}/v1beta`,
    OLLAMA_BASE_URL: `${server}/${fault}`,
    CUSTOM_BASE_URL: `${server}/${fault}/v1`,
  });
}

const MODELS = [
  'openai/gpt-4o',
  'anthropic/claude-sonnet-5-5',
  'google/gemini-2.5-flash',
  'ollama/llama3.2',
  'custom/m',
];

const STATUSES = [
  { fault: '400', code: 'model_bad_request', retryable: false },
  { fault: '401', code: 'model_auth', retryable: false },
  { fault: '403', code: 'model_auth', retryable: false },
  { fault: '404', code: 'model_not_found', retryable: false },
  { fault: '408', code: 'model_timeout', retryable: true },
  { fault: '422', code: 'model_bad_request', retryable: false },
  { fault: '429', code: 'model_rate_limited', retryable: true, retry_after_ms: 7000 },
  { fault: '500', code: 'model_overloaded', retryable: true },
  { fault: '504', code: 'model_timeout', retryable: true },
  { fault: '529', code: 'model_overloaded', retryable: true },
  { fault: 'html', code: 'model_overloaded', retryable: true },
  { fault: 'malformed', code: 'model_output_invalid', retryable: true },
] as const;

describe.each(MODELS)('%s', (model) => {
  it.each(STATUSES)('tells $fault as $code', async ({ fault, ...error }) => {
    const result = await facing(fault).generate(chat(model, 'Write a haiku'), { signal: never() });
    expect(result).toMatchObject({ ok: false, error, calls: [{ outcome: 'error', latency_ms: 5 }] });
    expect(result.calls).toHaveLength(1);
    expect(JSON.stringify(result)).not.toContain(KEY);
    if (fault !== 'malformed')
      expect(result.calls[0]).toMatchObject({ input_tokens: 0, output_tokens: 0, cost_microusd: 0 });
  });

  it('asks once: retries are not its business', async () => {
    const token = crypto.randomUUID();
    await facing(`500~${token}`).generate(chat(model, 'Write a haiku'), { signal: never() });
    expect((await seen(token)).requests).toHaveLength(1);
  });

  it('books what was streamed when the connection breaks', async () => {
    const pieces: string[] = [];
    const result = await facing('cut').generate(chat(model, 'Write a haiku'), {
      signal: never(),
      onDelta: (piece) => pieces.push(piece),
    });
    expect(pieces).toEqual(['Once upon a time']);
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'model_network', retryable: true },
      calls: [{ input_tokens: 8, output_tokens: 4, estimated: true, outcome: 'error' }],
    });
  });

  it('books what was streamed when the call is cancelled, and hangs up', async () => {
    const token = crypto.randomUUID();
    const controller = new AbortController();
    const result = await facing(`slow~${token}`).generate(chat(model, 'Write a haiku'), {
      signal: controller.signal,
      onDelta: () => controller.abort(),
    });
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'model_cancelled', retryable: false },
      calls: [{ input_tokens: 8, output_tokens: 4, estimated: true, outcome: 'cancelled' }],
    });
    await vi.waitFor(async () => expect(await seen(token)).toMatchObject({ closed: 1 }), { timeout: 10_000 });
  });

  it('gives up at once when the time limit passes before any answer', async () => {
    const token = crypto.randomUUID();
    const controller = new AbortController();
    const answer = facing(`stalled~${token}`).generate(chat(model, 'Write a haiku'), { signal: controller.signal });
    await vi.waitFor(async () => expect((await seen(token)).requests).toHaveLength(1), { timeout: 10_000 });
    controller.abort(new DOMException('The step took too long.', 'TimeoutError'));
    expect(await answer).toMatchObject({
      ok: false,
      error: { code: 'model_timeout', retryable: true },
      calls: [{ input_tokens: 8, output_tokens: 0, estimated: true, outcome: 'cancelled' }],
    });
  });

  it('does not call when it is cancelled already', async () => {
    const token = crypto.randomUUID();
    const result = await facing(`fine~${token}`).generate(chat(model, 'Write a haiku'), {
      signal: AbortSignal.abort(),
    });
    expect(result).toMatchObject({ ok: false, error: { code: 'model_cancelled' } });
    expect((await seen(token)).requests).toHaveLength(0);
  });
});

describe('answers that cannot be used', () => {
  it('an empty answer is no answer', async () => {
    const result = await facing('empty').generate(chat('openai/gpt-4o', 'Write a haiku'), { signal: never() });
    expect(result).toMatchObject({
      ok: false,
      error: { code: 'model_output_invalid', retryable: true },
      calls: [{ input_tokens: 5, output_tokens: 0, estimated: false }],
    });
  });

  it('a stream that just ends is a broken connection', async () => {
    const result = await facing('unfinished').generate(chat('anthropic/claude-sonnet-5-5', 'Write a haiku'), {
      signal: never(),
      onDelta: () => {},
    });
    expect(result).toMatchObject({ ok: false, error: { code: 'model_network', retryable: true } });
  });

  it('an overload in the middle of a stream is one', async () => {
    const result = await facing('overloaded-stream').generate(chat('anthropic/claude-sonnet-5-5', 'Write a haiku'), {
      signal: never(),
      onDelta: () => {},
    });
    expect(result).toMatchObject({ ok: false, error: { code: 'model_overloaded', retryable: true } });
  });

  it('counts tokens by length where the provider reports none', async () => {
    const result = await facing('no-usage').generate(chat('custom/m', 'Write a haiku'), { signal: never() });
    expect(result).toMatchObject({
      ok: true,
      calls: [{ input_tokens: 8, output_tokens: 3, estimated: true, outcome: 'ok' }],
    });
  });
});

describe('refusals with their own meaning', () => {
  it('a used-up balance is not worth a retry', async () => {
    const result = await facing('quota').generate(chat('openai/gpt-4o', 'Write a haiku'), { signal: never() });
    expect(result).toMatchObject({ ok: false, error: { code: 'model_rate_limited', retryable: false } });
  });

  it('a content policy is told as such', async () => {
    const result = await facing('filtered').generate(chat('openai/gpt-4o', 'Write a haiku'), { signal: never() });
    expect(result).toMatchObject({ ok: false, error: { code: 'model_content_filtered', retryable: false } });
  });

  it('Google tells a wrong key with 400', async () => {
    const result = await facing('bad-key').generate(chat('google/gemini-2.5-flash', 'Write a haiku'), {
      signal: never(),
    });
    expect(result).toMatchObject({ ok: false, error: { code: 'model_auth', retryable: false } });
  });

  it('a Retry-After date counts from now', async () => {
    const result = await facing('retry-date').generate(chat('openai/gpt-4o', 'Write a haiku'), { signal: never() });
    const waited = result.ok ? 0 : (result.error.retry_after_ms ?? 0);
    expect(waited).toBeGreaterThan(29_000);
    expect(waited).toBeLessThanOrEqual(30_000);
  });

  it('a server that is not there is a network failure', async () => {
    const models = modelsWith({ CUSTOM_BASE_URL: 'http://127.0.0.1:1/v1' });
    const result = await models.generate(chat('custom/m', 'Write a haiku'), { signal: never() });
    expect(result).toMatchObject({ ok: false, error: { code: 'model_network', retryable: true } });
  });
});

describe('what is sent', () => {
  it('holds prompt, limit, temperature and schema in the wire format of OpenAI', async () => {
    const token = crypto.randomUUID();
    await facing(`fine~${token}`).generate(
      {
        ...chat('openai/gpt-4o', 'Sort this ticket', { schema: TRIAGE_SCHEMA, temperature: 0.2, max_tokens: 99_999 }),
        messages: [
          { role: 'system', content: 'Be brief.' },
          { role: 'user', content: 'Sort this ticket' },
        ],
      },
      { signal: never() },
    );
    const [request] = (await seen(token)).requests;
    expect(request?.headers.authorization).toBe(`Bearer ${KEY}`);
    expect(JSON.parse(request?.body ?? '')).toMatchObject({
      model: 'gpt-4o',
      messages: [
        { role: 'system', content: 'Be brief.' },
        { role: 'user', content: 'Sort this ticket' },
      ],
      temperature: 0.2,
      max_tokens: 16_384,
      response_format: { type: 'json_schema', json_schema: { schema: TRIAGE_SCHEMA, strict: false } },
    });
  });

  it('sends Ollama no token limit that nobody set', async () => {
    const token = crypto.randomUUID();
    await facing(`fine~${token}`).generate(chat('ollama/llama3.2', 'Hi'), { signal: never() });
    const [request] = (await seen(token)).requests;
    expect(request?.path).toContain('/v1/chat/completions');
    expect(JSON.parse(request?.body ?? '')).not.toHaveProperty('max_tokens');
  });
});
