import { describe, expect, it } from 'vitest';
import { CALL, completion, failure, step } from './step.ts';

describe('ai.chat', () => {
  const chat = (config: object, more = {}) => ({ type: 'ai.chat', config: { prompt: 'Hello', ...config }, ...more });

  it('asks with its settings and streams', async () => {
    const onDelta = () => undefined;
    const config = { model: 'openai/gpt-4o', system: 'Be kind.', temperature: 0, max_tokens: 50 };
    const { asked, result } = await step(chat(config, { onDelta, answer: { text: 'Hi', finish_reason: 'length' } }));
    expect(asked[0]?.request).toEqual({
      model: 'openai/gpt-4o',
      temperature: 0,
      max_tokens: 50,
      task: { kind: 'chat', text: 'Hello' },
      messages: [
        { role: 'system', content: 'Be kind.' },
        { role: 'user', content: 'Hello' },
      ],
    });
    expect(asked[0]?.options.onDelta).toBe(onDelta);
    expect(result).toMatchObject({
      output: { text: 'Hi', data: null, finish_reason: 'length' },
      handle: 'out',
      calls: [CALL],
    });
  });

  it('names its fallback models and its limits, and logs when another model is asked', async () => {
    const fallback = ['anthropic/claude-haiku-4-5', 'builtin/extractive'];
    const config = { model: 'openai/gpt-4o', fallback };
    const { asked, logs } = await step(chat(config, { timeout_ms: 5000, last_attempt: true }));
    expect(asked[0]?.request.fallback).toEqual(fallback);
    expect(asked[0]?.options).toMatchObject({ timeout_ms: 5000, last_attempt: true });
    const error = { code: 'model_overloaded', message: 'OpenAI is overloaded.', retryable: true };
    asked[0]?.options.onFallback?.('openai/gpt-4o', error, 'builtin/extractive');
    expect(logs).toEqual([
      'warning: openai/gpt-4o gave no answer (model_overloaded), so builtin/extractive is asked: OpenAI is overloaded.',
    ]);
    expect((await step(chat({ fallback: [] }))).asked[0]?.request.fallback).toEqual([]);
  });

  it('gives data that fits its schema', async () => {
    const schema = { type: 'object', properties: { n: { type: 'number' } }, required: ['n'] };
    const { asked, result } = await step(
      chat({ schema, system: ' ' }, { onDelta: () => undefined, answer: { text: '{"n":1}', data: { n: 1 } } }),
    );
    expect(asked[0]?.request).toMatchObject({
      schema,
      messages: [{ role: 'system', content: expect.stringContaining('JSON') }, { role: 'user' }],
    });
    expect(asked[0]?.options.onDelta).toBeUndefined();
    expect(result).toMatchObject({ output: { data: { n: 1 } } });
    const block = await completion(chat({ schema }, { answer: { text: '```json\n{"n": 2}\n```' } }));
    expect(block.output).toMatchObject({ data: { n: 2 } });
  });

  it('fails for another try where the answer does not fit', async () => {
    const schema = { type: 'object', properties: { n: { type: 'number' } } };
    expect(await failure(chat({ schema }, { answer: { text: 'Sure! 5' } }))).toEqual({
      code: 'model_output_invalid',
      message: 'The model did not answer with JSON.',
      retryable: true,
    });
    expect(await failure(chat({ schema }, { answer: { data: { n: 'x' } } }))).toMatchObject({
      message: "The model's answer does not fit the schema: n must be a number.",
      retryable: true,
    });
    expect(await failure(chat({ schema }, { answer: { data: [] } }))).toMatchObject({
      message: "The model's answer does not fit the schema: it must be an object.",
    });
  });
});

describe('ai.summarize', () => {
  it('asks for a summary of a fenced text and gives it trimmed', async () => {
    const onDelta = () => undefined;
    const config = { prompt: 'Ignore """ this', max_sentences: 1, system: 'In French.' };
    const { asked, result } = await step({ type: 'ai.summarize', config, onDelta, answer: { text: ' Bonjour. \n' } });
    const [system, user] = asked[0]?.request.messages ?? [];
    expect(system?.content).toMatch(/at most 1 sentence\..*\n\nIn French\.$/s);
    expect(user?.content).toBe('""""\nIgnore """ this\n""""');
    expect(asked[0]?.request.task).toEqual({ kind: 'summarize', text: 'Ignore """ this', max_sentences: 1 });
    expect(asked[0]?.options.onDelta).toBe(onDelta);
    expect(result).toMatchObject({ output: { summary: 'Bonjour.' } });
  });

  it('fails for another try where the summary is empty', async () => {
    expect(await failure({ type: 'ai.summarize', config: { prompt: 'x' }, answer: { text: ' ' } })).toMatchObject({
      code: 'model_output_invalid',
      retryable: true,
    });
  });
});

describe('ai.classify', () => {
  const labels = [
    'Billing issue',
    { name: 'technical', description: 'Errors', examples: ['It crashed'] },
    'TECHNICAL',
    'other',
  ];
  const classify = (answer: object) => ({
    type: 'ai.classify',
    config: { prompt: 'My app', labels, model: 'openai/gpt-4o' },
    answer,
  });

  it('asks for one of the labels', async () => {
    const { asked } = await step(classify({ data: { label: 'other' } }));
    const { request, options } = asked[0] ?? {};
    expect(request?.schema).toEqual({
      type: 'object',
      properties: { label: { type: 'string', enum: ['Billing issue', 'technical', 'TECHNICAL', 'other'] } },
      required: ['label'],
      additionalProperties: false,
    });
    expect(request?.task).toMatchObject({
      kind: 'classify',
      text: 'My app',
      labels: [{ name: 'Billing issue', description: '', examples: [] }, {}, {}, {}],
    });
    expect(request?.messages[0]?.content).toContain('- technical: Errors\n  Example: "It crashed"\n- TECHNICAL\n');
    expect(options?.onDelta).toBeUndefined();
  });

  const answers: [object, string][] = [
    [{ data: { label: 'technical' } }, 'technical'],
    [{ data: { label: 'TECHNICAL' } }, 'TECHNICAL'],
    [{ data: { label: 'Technical' } }, 'technical'],
    [{ data: { label: '  billing   ISSUE. ' } }, 'Billing issue'],
    [{ data: { label: 'billing_issue' } }, 'Billing issue'],
    [{ data: 'other' }, 'other'],
    [{ text: 'other' }, 'other'],
    [{ text: '"Other"' }, 'other'],
    [{ text: '```\n{"label": "other"}\n```' }, 'other'],
  ];
  it.each(answers)('understands %j', async (answer, label) => {
    expect((await completion(classify(answer))).output).toEqual({ label, confidence: null });
  });

  it('gives the confidence that it is told, where it is one', async () => {
    expect((await completion(classify({ data: { label: 'other' }, confidence: 0.7 }))).output).toMatchObject({
      confidence: 0.7,
    });
    expect((await completion(classify({ data: { label: 'other', confidence: 0.4 } }))).output).toMatchObject({
      confidence: 0.4,
    });
    expect((await completion(classify({ data: { label: 'other', confidence: 'high' } }))).output).toMatchObject({
      confidence: null,
    });
    expect((await completion(classify({ data: { label: 'other' }, confidence: 70 }))).output).toMatchObject({
      confidence: null,
    });
  });

  it('fails for another try where the answer is none of the labels', async () => {
    const { result } = await step(classify({ data: { label: 'legal' } }));
    expect(result).toMatchObject({
      kind: 'failed',
      error: {
        code: 'model_output_invalid',
        message: 'The model answered "legal", which is none of the labels.',
        retryable: true,
      },
      calls: [CALL],
    });
    expect(await failure(classify({ text: 'I think it is technical' }))).toMatchObject({
      code: 'model_output_invalid',
    });
    expect(await failure(classify({ data: { label: 5 } }))).toMatchObject({ code: 'model_output_invalid' });
  });
});

describe('ai.extract', () => {
  const schema = {
    type: 'object',
    properties: {
      order: { type: 'string' },
      total: { type: 'number' },
      count: { type: ['integer', 'null'] },
      paid: { type: 'boolean' },
      urgency: { type: 'string', enum: ['low', 'high'] },
      address: {
        type: 'object',
        properties: { city: { type: 'string' }, zip: { type: 'string' } },
        required: ['city'],
      },
      items: {
        type: 'array',
        items: { type: 'object', properties: { sku: { type: 'string' }, n: { type: 'integer' } } },
      },
      anything: true,
    },
    required: ['order'],
  };
  const extract = (answer: object) => ({ type: 'ai.extract', config: { prompt: 'Order 5', schema }, answer });

  it('asks for every field, each of which may be null', async () => {
    const { asked } = await step(extract({ data: {} }));
    const { request } = asked[0] ?? {};
    expect(request?.task).toEqual({ kind: 'extract', text: 'Order 5', schema });
    expect(request?.schema).toMatchObject({
      type: 'object',
      required: Object.keys(schema.properties),
      additionalProperties: false,
      properties: {
        order: { type: ['string', 'null'] },
        count: { type: ['integer', 'null'] },
        urgency: { type: ['string', 'null'], enum: ['low', 'high', null] },
        address: {
          type: ['object', 'null'],
          required: ['city', 'zip'],
          properties: { zip: { type: ['string', 'null'] } },
        },
      },
    });
    expect(request?.messages[0]?.content).toContain('"order"');
  });

  it('gives every field of the schema and no other', async () => {
    const data = {
      order: 'A-5',
      total: '12.50',
      count: '3',
      paid: 'TRUE',
      address: { zip: '123' },
      items: [{ sku: 'x', n: '2', more: 1 }],
      extra: 1,
      anything: { a: 1 },
    };
    expect((await completion(extract({ data }))).output).toEqual({
      order: 'A-5',
      total: 12.5,
      count: 3,
      paid: true,
      urgency: null,
      address: { city: null, zip: '123' },
      items: [{ sku: 'x', n: 2 }],
      anything: { a: 1 },
    });
    const empty = (await completion(extract({ text: '{"total": "", "paid": "null"}' }))).output;
    expect(empty).toEqual(Object.fromEntries(Object.keys(schema.properties).map((name) => [name, null])));
  });

  it('fails for another try where the answer does not fit', async () => {
    expect(await failure(extract({ data: { total: 'twelve' } }))).toEqual({
      code: 'model_output_invalid',
      message: "The model's answer does not fit the schema: total must be a number or null.",
      retryable: true,
    });
    expect(await failure(extract({ data: { urgency: 'medium' } }))).toMatchObject({
      message: expect.stringContaining('urgency'),
    });
    expect(await failure(extract({ data: [1] }))).toMatchObject({
      message: 'The model did not answer with a JSON object.',
    });
    expect(await failure(extract({ text: 'nothing here' }))).toMatchObject({ retryable: true });
  });
});
