import { describe, expect, it } from 'vitest';
import { validateInput } from '../../../packages/engine/src/index.ts';
import { agentInput } from '../../../workers/doors/openai/agent-input.ts';
import { OpenAiRefusal, ofApiError, ofRun, rateLimitHeaders } from '../../../workers/doors/openai/refusals.ts';
import {
  askedByChat,
  askedByResponses,
  chatRequest,
  parse,
  responsesRequest,
} from '../../../workers/doors/openai/requests.ts';
import { answerText } from '../../../workers/doors/shared/answer-text.ts';
import type { JsonObject } from '../../../workers/doors/shared/json.ts';
import { ApiError } from '../../../workers/platform/errors.ts';

const says = (content: string) => [{ role: 'user', content }];
const object = (properties: object, required: string[] = []) =>
  ({ type: 'object', properties, required, additionalProperties: false }) as JsonObject;
const text = { type: 'string' };

function refusalOf(act: () => unknown): OpenAiRefusal {
  try {
    act();
  } catch (error) {
    if (error instanceof OpenAiRefusal) return error;
    throw error;
  }
  throw new Error('nothing was refused');
}

describe('what an agent is given of a conversation', () => {
  it.each([
    ['the one required text', object({ ticket: text, tag: text }, ['ticket']), 'Help', { ticket: 'Help' }],
    ['a field that is called like a question', object({ question: text, tone: text }), 'Why?', { question: 'Why?' }],
    ['the schema of a text', { type: 'string' } as JsonObject, 'Just so', 'Just so'],
    ['JSON that fits', object({ n: { type: 'number' } }, ['n']), '{"n": 2}', { n: 2 }],
    ['JSON as text where it does not fit', object({ message: text }, ['message']), '{"n": 2}', { message: '{"n": 2}' }],
    ['no schema and JSON', null, '{"n": 2}', { n: 2 }],
    ['no schema and words', null, 'Hi', { message: 'Hi', messages: [{ role: 'user', content: 'Hi' }] }],
  ])('%s', (_name, schema, message, input) => {
    expect(agentInput(says(message), schema, validateInput)).toEqual(input);
  });

  it('the last message of a user, and all of them where the schema has messages', () => {
    const messages = [
      { role: 'system', content: 'Be kind.' },
      { role: 'user', content: 'One' },
      { role: 'assistant', content: 'Yes?' },
      { role: 'user', content: 'Two' },
    ];
    const schema = object({ messages: { type: 'array' }, prompt: text });
    expect(agentInput(messages, schema, validateInput)).toEqual({ messages, prompt: 'Two' });
    expect(agentInput(messages, object({ prompt: text }), validateInput)).toEqual({ prompt: 'Two' });
  });

  it.each([
    ['a schema without a text', object({ n: { type: 'number' } }, ['n']), 'Hi'],
    ['a schema that wants more than a text', object({ message: text, n: { type: 'number' } }, ['message', 'n']), 'Hi'],
    ['a text that is too long', object({ message: { type: 'string', maxLength: 2 } }, ['message']), 'long'],
  ])('%s is refused with the schema', (_name, schema, message) => {
    const refusal = refusalOf(() => agentInput(says(message), schema, validateInput));
    expect(refusal).toMatchObject({ status: 400, again: false, error: { code: 'input_does_not_fit' } });
    expect(refusal.message).toContain(JSON.stringify(schema));
  });
});

describe('an output as text', () => {
  it.each([
    ['words', 'words'],
    [null, ''],
    [{ text: 'a haiku', data: null, finish_reason: 'stop' }, 'a haiku'],
    [{ text: 'done', data: null, ended_by: 'answer', turns: 2, tool_calls: 1, total_tokens: 9 }, 'done'],
    [{ summary: 'short' }, 'short'],
    [{ answer: 'yes', category: 'billing' }, '{"answer":"yes","category":"billing"}'],
    [{ note: 'x' }, '{"note":"x"}'],
    [[1, 2], '[1,2]'],
    [7, '7'],
  ])('%j', (output, expected) => {
    expect(answerText(output)).toBe(expected);
  });
});

describe('requests', () => {
  it('take text parts, put together', () => {
    const content = [
      { type: 'text', text: 'one' },
      { type: 'text', text: 'two' },
    ];
    const chat = parse(
      chatRequest,
      JSON.stringify({ model: 'a', messages: [{ role: 'user', content }], temperature: 0 }),
    );
    expect(askedByChat(chat)).toEqual({ model: 'a', messages: says('one\ntwo'), stream: false });
    const input = [{ role: 'user', content: [{ type: 'input_text', text: 'one' }] }];
    const asked = parse(responsesRequest, JSON.stringify({ model: 'a', input, instructions: 'Be kind.' }));
    expect(askedByResponses(asked).messages).toEqual([{ role: 'system', content: 'Be kind.' }, ...says('one')]);
  });

  const message = { role: 'user', content: 'Hi' };
  it.each([
    ['n', { messages: [message], n: 2 }],
    ['tools', { messages: [message], tools: [{ type: 'function' }] }],
    ['modalities', { messages: [message], modalities: ['audio'] }],
    ['messages.0.content', { messages: [{ role: 'user', content: [{ type: 'image_url', image_url: {} }] }] }],
    ['messages', { messages: [] }],
    ['messages', {}],
  ])('of a chat are refused by the field %s', (param, body) => {
    const refusal = refusalOf(() => askedByChat(parse(chatRequest, JSON.stringify({ model: 'a', ...body }))));
    expect(refusal).toMatchObject({ status: 400, error: { param, type: 'invalid_request_error' } });
  });

  it.each([
    ['tools', { input: 'Hi', tools: [{ type: 'web_search' }] }],
    ['previous_response_id', { input: 'Hi', previous_response_id: 'resp_1' }],
    ['conversation', { input: 'Hi', conversation: { id: 'conv_1' } }],
    ['input.0', { input: [{ type: 'function_call_output', call_id: 'c', output: 'x' }] }],
  ])('of a response are refused by the field %s', (param, body) => {
    const refusal = refusalOf(() => askedByResponses(parse(responsesRequest, JSON.stringify({ model: 'a', ...body }))));
    expect(refusal).toMatchObject({ status: 400, error: { param } });
  });

  it('that are no JSON are refused', () => {
    expect(refusalOf(() => parse(chatRequest, '{'))).toMatchObject({ status: 400, error: { code: 'malformed_json' } });
  });
});

describe('refusals', () => {
  it.each([
    ['unauthenticated', 401, 'authentication_error', 'invalid_api_key'],
    ['policy_denied', 403, 'permission_error', 'policy_denied'],
    ['validation_failed', 400, 'invalid_request_error', 'validation_failed'],
    ['agent_paused', 409, 'invalid_request_error', 'agent_paused'],
    ['budget_exceeded', 429, 'insufficient_quota', 'budget_exceeded'],
    ['rate_limited', 429, 'rate_limit_error', 'rate_limited'],
    ['internal_error', 500, 'server_error', 'internal_error'],
  ] as const)('%s', (code, status, type, told) => {
    expect(ofApiError(new ApiError(code, 'Why.'))).toMatchObject({ status, error: { type, code: told } });
  });

  it('say when to come again, save where money is missing', () => {
    const headers = { 'Retry-After': '7', RateLimit: '"minute";r=0;t=7', 'RateLimit-Policy': '"minute";q=60;w=60' };
    const limited = ofApiError(new ApiError('rate_limited', 'Slow down.', { headers }));
    expect(limited.again).toBe(true);
    expect(limited.headers).toMatchObject({ 'Retry-After': '7', 'x-ratelimit-limit-requests': '60' });
    expect(limited.headers).toMatchObject({
      'x-ratelimit-remaining-requests': '0',
      'x-ratelimit-reset-requests': '7s',
    });
    expect(ofApiError(new ApiError('budget_exceeded', 'No money.', { headers })).again).toBe(false);
    expect(rateLimitHeaders({})).toEqual({});
  });

  it('of runs that have worked are not repeated by clients', () => {
    const failed = ofRun('failed', 'exe_1', { code: 'http_404', message: 'Gone.' });
    expect(failed).toMatchObject({ status: 500, again: false, error: { code: 'http_404' } });
    expect(ofRun('cancelled', 'exe_1', null)).toMatchObject({ status: 409, error: { code: 'execution_cancelled' } });
    const broke = ofRun('failed', 'exe_1', { code: 'budget_exceeded', message: 'No money.' });
    expect(broke).toMatchObject({ status: 429, error: { type: 'insufficient_quota' } });
  });
});
