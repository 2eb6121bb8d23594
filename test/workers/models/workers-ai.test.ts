import { describe, expect, it } from 'vitest';
import { chat, modelsWith, never, TRIAGE_SCHEMA } from './request.ts';

const MODEL = 'workers-ai/@cf/meta/llama-3.3-70b-instruct-fp8-fast';
const NAME = MODEL.slice('workers-ai/'.length);

/** Workers AI has no local counterpart: this stands for the transport alone, and keeps what it was asked to run. */
function fakeBinding(answer: (inputs: { stream?: boolean }) => unknown) {
  const runs: { model: string; inputs: Record<string, unknown> }[] = [];
  const run = async (model: string, inputs: Record<string, unknown>) => {
    runs.push({ model, inputs });
    return answer(inputs);
  };
  // The provider calls `run` alone; the rest of the binding's surface has no part in these tests.
  return { runs, AI: { run } as unknown as Ai };
}

function eventStream(events: readonly object[]): ReadableStream<Uint8Array> {
  const text = `${events.map((event) => `data: ${JSON.stringify(event)}\n\n`).join('')}data: [DONE]\n\n`;
  return new Response(text).body ?? new ReadableStream();
}

const USAGE = { prompt_tokens: 30, completion_tokens: 10, total_tokens: 40 };
const COST = Math.ceil(30 * 0.293 + 10 * 2.253);

describe('Workers AI with a fake of the binding at transport level (no local counterpart exists)', () => {
  it('answers with text, tokens and cost', async () => {
    const { runs, AI } = fakeBinding(() => ({ response: 'Fine, thanks.', usage: USAGE }));
    const result = await modelsWith({ AI }).generate(chat(MODEL, 'How are you?'), { signal: never() });
    expect(result).toMatchObject({
      ok: true,
      text: 'Fine, thanks.',
      calls: [{ provider: 'workers-ai', model: NAME, input_tokens: 30, output_tokens: 10, cost_microusd: COST }],
    });
    expect(runs).toMatchObject([{ model: NAME, inputs: { max_tokens: 4096 } }]);
    expect(JSON.stringify(runs[0]?.inputs.messages)).toContain('How are you?');
  });

  it('streams', async () => {
    const { AI } = fakeBinding(() =>
      eventStream([{ response: 'Fine, ' }, { response: 'thanks.' }, { response: '', usage: USAGE }]),
    );
    const pieces: string[] = [];
    const result = await modelsWith({ AI }).generate(chat(MODEL, 'How are you?'), {
      signal: never(),
      onDelta: (piece) => pieces.push(piece),
    });
    expect(pieces).toEqual(['Fine, ', 'thanks.']);
    expect(result).toMatchObject({ ok: true, text: 'Fine, thanks.', calls: [{ input_tokens: 30, output_tokens: 10 }] });
  });

  it('gives data for a schema', async () => {
    const { AI } = fakeBinding(() => ({ response: { category: 'billing', priority: 'low' }, usage: USAGE }));
    const request = chat(MODEL, 'Sort this', { schema: TRIAGE_SCHEMA });
    const result = await modelsWith({ AI }).generate(request, { signal: never() });
    expect(result).toMatchObject({ ok: true, data: { category: 'billing', priority: 'low' } });
  });

  it('tells exhausted capacity as something to retry', async () => {
    const { AI } = fakeBinding(() => {
      throw new Error('3040: Capacity temporarily exceeded, please try again.');
    });
    const result = await modelsWith({ AI }).generate(chat(MODEL, 'Hi'), { signal: never() });
    expect(result).toMatchObject({ ok: false, error: { code: 'model_rate_limited', retryable: true } });
  });

  it('is left behind when the call is cancelled, even if the binding never answers', async () => {
    const controller = new AbortController();
    const { AI } = fakeBinding(() => {
      controller.abort();
      return new Promise(() => {});
    });
    const result = await modelsWith({ AI }).generate(chat(MODEL, 'Hi'), { signal: controller.signal });
    expect(result).toMatchObject({ ok: false, error: { code: 'model_cancelled' }, calls: [{ outcome: 'cancelled' }] });
  });
});
