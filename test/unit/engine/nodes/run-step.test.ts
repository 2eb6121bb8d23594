import { NODE_TYPES } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { CALL, completion, failure, step } from './step.ts';

describe('runStep', () => {
  it('runs every type of the registry', async () => {
    for (const [type, { example }] of Object.entries(NODE_TYPES)) {
      const { result } = await step({
        type,
        config: example,
        answer: { text: '{"label": "billing"}', data: { label: 'billing' } },
      });
      const told = result.kind === 'failed' ? `${type}: ${result.error.message}` : '';
      // The examples refer to nodes that are not there, so some prompts come out empty; no type is without a handler.
      expect(told).not.toContain('Something went wrong');
      expect(told).not.toContain('no node type');
    }
  });

  it('refuses a type that it does not know', async () => {
    expect(await failure({ type: 'crm.sync' })).toEqual({
      code: 'unknown_node_type',
      message: 'There is no node type "crm.sync".',
      retryable: false,
    });
    expect(await failure({ type: 'constructor' })).toMatchObject({ code: 'unknown_node_type' });
  });

  it('gives the trigger’s input on', async () => {
    const result = await completion({ type: 'trigger.manual', scope: { trigger: { a: [1] } } });
    expect(result).toEqual({
      kind: 'completed',
      input: {},
      output: { a: [1] },
      handle: 'out',
      blocked: false,
      calls: [],
    });
  });

  it('shows the config with its expressions resolved and its defaults filled', async () => {
    const { input } = await completion({
      type: 'ai.summarize',
      config: { prompt: 'About {{trigger.x}}' },
      scope: { trigger: { x: 'cats' } },
      answer: { text: 'Cats.' },
    });
    expect(input).toEqual({ model: 'builtin/extractive', prompt: 'About cats', max_sentences: 2 });
  });

  it('makes text of other values where text is asked for', async () => {
    const scope = { trigger: { n: 5, object: { a: [1] }, yes: true, nothing: null } };
    const prompt = async (text: string) => {
      const { asked } = await step({ type: 'ai.chat', config: { prompt: text }, scope, answer: { text: 'x' } });
      return asked[0]?.request.messages[0]?.content;
    };
    expect(await prompt('{{trigger.n}}')).toBe('5');
    expect(await prompt('{{trigger.object}}')).toBe('{"a":[1]}');
    expect(await prompt('{{trigger.yes}}')).toBe('true');
    const labels = ['a', { name: '{{trigger.n}}', examples: ['{{trigger.object}}'] }];
    const { asked } = await step({
      type: 'ai.classify',
      config: { prompt: 'x', labels },
      scope,
      answer: { text: '5' },
    });
    expect(asked[0]?.request.task).toMatchObject({ labels: [{ name: 'a' }, { name: '5', examples: ['{"a":[1]}'] }] });
  });

  it('does not change what an expression gave while making text of it', async () => {
    const trigger = { headers: { 'x-count': 5 } };
    const { sent } = await step({
      type: 'action.http',
      config: { url: 'https://a.example', headers: '{{trigger.headers}}' },
      scope: { trigger },
    });
    expect(sent[0]?.headers).toEqual({ 'x-count': '5' });
    expect(trigger).toEqual({ headers: { 'x-count': 5 } });
  });

  it('fails in words where the config does not fit', async () => {
    expect(await failure({ type: 'ai.chat', config: {} })).toEqual({
      code: 'config_invalid',
      message: 'prompt is required.',
      retryable: false,
    });
    const empty = { type: 'ai.chat', config: { prompt: '{{trigger.nothing}}', temperature: '{{trigger.hot}}' } };
    expect(await failure({ ...empty, scope: { trigger: { hot: 'very' } } })).toMatchObject({
      message: 'prompt must not be empty; temperature must be a number.',
    });
    expect(await failure({ type: 'logic.if', config: { conditions: 5 } })).toMatchObject({ code: 'config_invalid' });
  });

  it('fails in words where an expression does', async () => {
    expect(await failure({ type: 'ai.chat', config: { prompt: '{{ "a" + 1 }}' } })).toMatchObject({
      code: 'expression_failed',
      message: expect.stringMatching(
        /^prompt: The left side of the "\+" operator must evaluate to a number In \{\{"a" \+ 1}}\.$/,
      ),
      retryable: false,
    });
    const endless = '{{ ($f := function($x) { $f($x) }; $f(1)) }}';
    expect(await failure({ type: 'ai.chat', config: { prompt: endless } })).toMatchObject({ code: 'expression_limit' });
  });

  it('answers a bug with a general message and tells the log', async () => {
    const { result, logs } = await step({
      type: 'ai.chat',
      config: { prompt: 'x' },
      answer: new Error('socket <m> exploded'),
      scope: { env: { K: '<m>' } },
    });
    expect(result).toEqual({
      kind: 'failed',
      input: { prompt: 'x' },
      error: { code: 'internal', message: 'Something went wrong on our side while this step ran.', retryable: false },
      calls: [],
    });
    expect(logs).toEqual([expect.stringContaining('error: ai.chat "n" threw: Error: socket {{env.K}} exploded')]);
  });
});

describe('secrets', () => {
  const env = { KEY: '\u0001env:KEY\u0001' };

  it('reach the outbound port as markers and nobody else', async () => {
    const config = {
      url: 'https://a.example/{{env.KEY}}',
      method: 'POST',
      headers: { authorization: 'Bearer {{env.KEY}}' },
      body: { k: '{{env.KEY}}' },
    };
    const { result, sent } = await step({
      type: 'action.http',
      config,
      scope: { env },
      response: { status: 500, body: `echo ${env.KEY}` },
    });
    expect(sent[0]).toMatchObject({
      url: `https://a.example/${env.KEY}`,
      headers: { authorization: `Bearer ${env.KEY}`, 'content-type': 'application/json' },
      body: JSON.stringify({ k: env.KEY }),
    });
    expect(JSON.stringify(result)).not.toContain('\\u0001');
    expect(result).toMatchObject({
      input: config,
      error: { message: 'POST https://a.example/{{env.KEY}} answered 500: echo {{env.KEY}}' },
    });
  });

  it('are not sent to models and leave no step', async () => {
    const chat = await step({
      type: 'ai.chat',
      config: { prompt: 'Key {{env.KEY}}' },
      scope: { env },
      answer: { text: env.KEY },
    });
    expect(chat.asked[0]?.request.messages).toEqual([{ role: 'user', content: 'Key {{env.KEY}}' }]);
    expect(chat.result).toMatchObject({ input: { prompt: 'Key {{env.KEY}}' }, output: { text: '{{env.KEY}}' } });
    const transform = await completion({
      type: 'logic.transform',
      config: { expression: '{"k": env.KEY}' },
      scope: { env },
    });
    expect(transform.output).toEqual({ k: '{{env.KEY}}' });
    const stop = await step({
      type: 'logic.stop',
      config: { output: '{{env.KEY}}', message: '{{env.KEY}}!' },
      scope: { env },
    });
    expect(stop.result).toMatchObject({ kind: 'stopped', output: '{{env.KEY}}', message: '{{env.KEY}}!' });
  });

  it('stay names in what a test run would have sent', async () => {
    const config = { url: 'https://a.example', headers: { authorization: 'Bearer {{env.KEY}}' } };
    const result = await completion({ type: 'action.http', config, scope: { env }, mode: 'test' });
    expect(result.output).toEqual({
      would_send: {
        method: 'GET',
        url: 'https://a.example',
        headers: { authorization: 'Bearer {{env.KEY}}' },
        body: null,
      },
    });
  });

  it('stay names in Basic authentication', async () => {
    const { result, sent } = await step({
      type: 'action.http',
      config: {
        url: 'https://a.example',
        headers: { authorization: 'Basic {{$base64encode("jo:" & env.KEY)}}', other: `Basic ${btoa('a:b')}` },
      },
      scope: { env },
    });
    expect(sent[0]?.headers.authorization).toBe(`Basic ${btoa(`jo:${env.KEY}`)}`);
    expect(result.input).toMatchObject({
      headers: { authorization: 'Basic jo:{{env.KEY}}', other: `Basic ${btoa('a:b')}` },
    });
  });

  it('show in what failed to resolve as they were written', async () => {
    const { result } = await step({ type: 'ai.chat', config: { prompt: '{{env.KEY + 1}}' }, scope: { env } });
    expect(JSON.stringify(result)).not.toContain('\\u0001');
    expect(result).toMatchObject({ kind: 'failed', input: { prompt: '{{env.KEY + 1}}' } });
  });
});

describe('calls of models', () => {
  it('are kept whether the step succeeds or not', async () => {
    const ok = await completion({ type: 'ai.chat', config: { prompt: 'x' }, answer: { text: 'y' } });
    expect(ok.calls).toEqual([CALL]);
    const error = { code: 'rate_limited', message: 'Slow down.', retryable: true, retry_after_ms: 2000 };
    for (const type of ['ai.chat', 'ai.summarize', 'ai.classify', 'ai.extract']) {
      const config = {
        prompt: 'x',
        ...(type === 'ai.classify' ? { labels: ['a', 'b'] } : {}),
        ...(type === 'ai.extract' ? { schema: { type: 'object', properties: {} } } : {}),
      };
      const { result } = await step({ type, config, answer: { ok: false, error, calls: [CALL, CALL] } });
      expect(result).toMatchObject({ kind: 'failed', error, calls: [CALL, CALL] });
    }
  });
});
