import type { JsonValue } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { seeded } from '../scheduler/simulate.ts';
import { loop, type Said } from './tool-loop.ts';

const ORDER: JsonValue = {
  kind: 'http',
  name: 'find_order',
  description: 'Finds an order.',
  url: 'https://api.example.com/orders/{number}',
  parameters: {
    type: 'object',
    properties: { number: { type: 'string' }, fields: { type: 'array', items: { type: 'string' } } },
    required: ['number'],
  },
};
const REFUND: JsonValue = {
  kind: 'http',
  name: 'refund',
  description: 'Pays money back.',
  method: 'POST',
  url: 'https://api.example.com/refunds',
  parameters: { type: 'object', properties: { amount: { type: 'number' } }, required: ['amount'] },
};
const SCHEMA: JsonValue = { type: 'object', properties: { total: { type: 'number' } }, required: ['total'] };

const use = (name: string, given: JsonValue): Said => ({ calls: [{ name, arguments: given }] });
const calculate = (expression: string) => use('calculator', { expression });
const json = (value: JsonValue) => ({ headers: { 'Content-Type': 'application/json' }, body: JSON.stringify(value) });

function output(run: Awaited<ReturnType<typeof loop>>): Record<string, JsonValue> {
  if (run.result.kind !== 'completed') expect.fail(JSON.stringify(run.result));
  return run.result.output as Record<string, JsonValue>;
}

function error(run: Awaited<ReturnType<typeof loop>>) {
  if (run.result.kind !== 'failed') expect.fail(JSON.stringify(run.result));
  return run.result.error;
}

/** What the model was told last of its tools. */
function told(run: Awaited<ReturnType<typeof loop>>): string[] {
  return (run.asked.at(-1)?.messages ?? []).filter(({ role }) => role === 'tool').map(({ content }) => content);
}

describe('a tool loop', () => {
  it('gives what tools give back to the model until it answers', async () => {
    const run = await loop({ turns: [calculate('6*7'), calculate('42+1'), { text: 'It is 43.' }] });
    expect(output(run)).toEqual({
      text: 'It is 43.',
      data: null,
      ended_by: 'answer',
      turns: 3,
      tool_calls: 2,
      total_tokens: 45,
    });
    expect(run.calls.map(({ id }) => id)).toEqual(['t1', 't1.0', 't2', 't2.0', 't3']);
    expect(run.asked.at(-1)?.messages.slice(1)).toEqual([
      { role: 'user', content: 'Do it' },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'c0-0', name: 'calculator', arguments: { expression: '6*7' } }],
      },
      { role: 'tool', content: '42', call_id: 'c0-0', tool: 'calculator', is_error: false },
      {
        role: 'assistant',
        content: '',
        tool_calls: [{ id: 'c1-0', name: 'calculator', arguments: { expression: '42+1' } }],
      },
      { role: 'tool', content: '43', call_id: 'c1-0', tool: 'calculator', is_error: false },
    ]);
    expect(run.asked[0]?.messages[0]).toMatchObject({
      role: 'system',
      content: expect.stringContaining('do not follow'),
    });
    expect(run.asked.every(({ tools, tool_choice }) => tools?.length === 1 && tool_choice === 'auto')).toBe(true);
  });

  it('stores with a turn what it adds, not the whole conversation again', async () => {
    const run = await loop({ turns: [calculate('1'), calculate('2'), { text: 'Done' }] });
    const requests = run.calls
      .filter(({ id }) => /^t\d$/.test(id))
      .map(({ request }) => request as { messages: object[] });
    expect(requests.map(({ messages }) => messages.length)).toEqual([2, 1, 1]);
  });

  it('runs several tools of one turn, and no more than sixteen', async () => {
    const calls = Array.from({ length: 18 }, (_, index) => ({
      name: 'calculator',
      arguments: { expression: `${index}` },
    }));
    const run = await loop({ turns: [{ calls }, { text: 'Done' }] });
    expect(run.calls.filter(({ id }) => id.includes('.'))).toHaveLength(16);
    expect(told(run)).toHaveLength(18);
    expect(told(run)[15]).toBe('15');
    expect(told(run)[17]).toContain('at most 16');
  });

  it('tells the model of unknown tools, wrong arguments and failures, and goes on', async () => {
    const calls = [
      { name: 'drop_table', arguments: {} },
      { name: 'find_order', arguments: { number: 7 } },
      { name: 'find_order', arguments: 'not json' },
      { name: 'find_order', arguments: { number: '1', admin: true } },
      { name: 'find_order', arguments: { number: '404' } },
      { name: 'find_order', arguments: { number: '..' } },
      { name: 'constructor', arguments: {} },
    ];
    const run = await loop({
      config: { tools: [ORDER] },
      turns: [{ calls }, { text: 'Sorry' }],
      http: () => ({ status: 404, body: 'no such order' }),
    });
    expect(output(run).text).toBe('Sorry');
    expect(told(run)).toEqual([
      'tool_unknown: There is no such tool; there are: find_order',
      expect.stringMatching(/^tool_arguments_invalid: number /),
      'tool_arguments_invalid: the arguments must be a JSON object.',
      expect.stringMatching(/^tool_arguments_invalid: .*admin/),
      expect.stringContaining('http_status: GET https://api.example.com/orders/404 answered 404: no such order'),
      'tool_arguments_invalid: number can’t be "..".',
      expect.stringMatching(/^tool_unknown/),
    ]);
    expect(run.sent.map(({ url }) => url)).toEqual(['https://api.example.com/orders/404']);
    expect(run.asked[1]?.messages.filter((message) => message.role === 'tool' && message.is_error)).toHaveLength(7);
  });

  it('puts arguments into path, query and body, encoded', async () => {
    const run = await loop({
      config: { tools: [ORDER, REFUND] },
      turns: [
        {
          calls: [
            { name: 'find_order', arguments: { number: 'a/../b?x=1#', fields: ['total', 'the {number}&'] } },
            { name: 'refund', arguments: { amount: 5 } },
          ],
        },
        { text: 'Done' },
      ],
      http: () => json({ ok: true }),
    });
    expect(run.sent).toMatchObject([
      {
        method: 'GET',
        url: 'https://api.example.com/orders/a%2F..%2Fb%3Fx%3D1%23?fields=total&fields=the%20%7Bnumber%7D%26',
        body: null,
        idempotency_key: 'exe:n::t1.0',
      },
      { method: 'POST', url: 'https://api.example.com/refunds', body: '{"amount":5}', idempotency_key: 'exe:n::t1.1' },
    ]);
    expect(told(run)[0]).toBe('{"status":200,"body":{"ok":true}}');
  });

  it.each(['', 'x'])('cuts large results and says so, without half a character', async (prefix) => {
    const run = await loop({
      config: { tools: [ORDER] },
      turns: [use('find_order', { number: '1' }), { text: 'Done' }],
      http: () => ({ body: prefix + '😀'.repeat(200_000) }),
    });
    const [result = ''] = told(run);
    expect(result.length).toBeLessThanOrEqual(32_000);
    expect(result).toMatch(/… cut: these are \d+ of 400\d{3} characters\.$/);
    expect(result).not.toContain('\uFFFD');
    expect(run.calls.find(({ id }) => id === 't1.0')?.output).toBe(result);
  });

  it('shows a model no secret, and sends it where the tool says', async () => {
    const run = await loop({
      config: {
        prompt: 'Never tell {{env.TOKEN}}',
        tools: [
          {
            ...(ORDER as object),
            description: 'With {{env.TOKEN}}',
            headers: { authorization: 'Bearer {{env.TOKEN}}' },
          },
        ],
      },
      env: { TOKEN: 'marker123' },
      turns: [use('find_order', { number: '{{env.TOKEN}}' }), { text: 'marker123' }],
    });
    expect(JSON.stringify([run.asked, run.calls.map(({ request }) => request)])).not.toContain('marker123');
    expect(run.asked[0]?.messages[1]?.content).toBe('Never tell {{env.TOKEN}}');
    expect(run.sent[0]?.headers).toMatchObject({ authorization: 'Bearer marker123' });
    expect(run.sent[0]?.url).toBe('https://api.example.com/orders/%7B%7Benv.TOKEN%7D%7D');
    expect(output(run).text).toBe('{{env.TOKEN}}');
  });

  it('sends nothing in a test and tells the model what it would have sent', async () => {
    const run = await loop({
      config: { tools: [{ ...(REFUND as object), ask_first: true }] },
      mode: 'test',
      turns: [use('refund', { amount: 5 }), { text: 'Done' }],
    });
    expect(run.sent).toEqual([]);
    expect(run.results.get('t1.0')).toMatchObject({ kind: 'completed', blocked: true });
    expect(JSON.parse(told(run)[0] ?? '')).toMatchObject({ would_send: { method: 'POST', body: { amount: 5 } } });
  });

  it('fails with the error of a turn that failed for good', async () => {
    const run = await loop({ turns: [calculate('1'), { fails: 'model_auth' }] });
    expect(error(run)).toEqual({ code: 'model_auth', message: 'It failed.', retryable: false });
  });
});

describe('limits', () => {
  const endless: Said[] = Array.from({ length: 60 }, () => ({ text: 'Hm', ...calculate('1+1') }));

  it('ends after the last turn, whose tools are not run', async () => {
    const run = await loop({ config: { max_turns: 3 }, turns: endless });
    expect(error(run)).toMatchObject({ code: 'agent_turns_exceeded', retryable: false });
    expect(run.calls.map(({ id }) => id)).toEqual(['t1', 't1.0', 't2', 't2.0', 't3']);
  });

  it('ends at the token ceiling', async () => {
    const run = await loop({ config: { max_total_tokens: 30 }, turns: endless });
    expect(error(run)).toMatchObject({ code: 'agent_tokens_exceeded' });
    expect(run.asked).toHaveLength(2);
  });

  it.each([
    [{ max_turns: 2 }, 'turns'],
    [{ max_total_tokens: 30 }, 'tokens'],
  ])('answers once more without tools when told to: %o', async (config, ended_by) => {
    const turns = [...endless.slice(0, 2), { text: 'As far as I know: 2.' }];
    const run = await loop({ config: { ...config, on_limit: 'answer' }, turns });
    expect(output(run)).toMatchObject({ text: 'As far as I know: 2.', ended_by, turns: 3 });
    expect(run.asked.at(-1)).toMatchObject({ tool_choice: 'none', tools: [{ name: 'calculator' }] });
    expect(told(run).at(-1)).toContain('Not run');
  });

  it('does not use tools that the model asks for in its last turn', async () => {
    const turns = [...endless.slice(0, 2), { text: 'Two.', ...calculate('9') }];
    const run = await loop({ config: { max_turns: 2, on_limit: 'answer' }, turns });
    expect(output(run).text).toBe('Two.');
    expect(run.calls.some(({ id }) => id === 't3.0')).toBe(false);
  });

  it('ends when the conversation is too long for any model', async () => {
    const calls = Array.from({ length: 16 }, () => ({ name: 'find_order', arguments: { number: '1' } }));
    const run = await loop({
      config: { tools: [ORDER], max_turns: 50 },
      turns: Array.from({ length: 50 }, () => ({ calls })),
      http: () => ({ body: 'x'.repeat(100_000) }),
    });
    expect(error(run).code).toBe('agent_conversation_too_large');
    expect(run.asked.length).toBeLessThan(4);
  });
});

describe('a structured answer', () => {
  const config = { schema: SCHEMA };

  it('is data that fits', async () => {
    const run = await loop({ config, turns: [calculate('1'), { text: '```json\n{"total": 4}\n```' }] });
    expect(output(run).data).toEqual({ total: 4 });
    expect(run.asked[0]?.messages[0]?.content).toContain(JSON.stringify(SCHEMA));
  });

  it('is repaired once', async () => {
    const run = await loop({ config, turns: [{ text: 'Four.' }, { text: '{"total": 4}' }] });
    expect(output(run)).toMatchObject({ data: { total: 4 }, turns: 2 });
    expect(run.asked[1]).toMatchObject({ tool_choice: 'none' });
    expect(run.asked[1]?.messages.at(-1)?.content).toContain('not JSON');
  });

  it('fails the node when the repair does not fit either', async () => {
    const run = await loop({ config, turns: [{ text: '{"total": "x"}' }, { text: '{}' }] });
    expect(error(run)).toMatchObject({ code: 'model_output_invalid', retryable: false });
    expect(run.asked).toHaveLength(2);
  });
});

describe('asking a person first', () => {
  const config = { tools: [{ ...(REFUND as object), ask_first: true }] };
  const turns = [use('refund', { amount: 5 }), { text: 'Done' }];
  const decided =
    (decision: 'approve' | 'deny', payload: JsonValue = { tool: 'refund', arguments: { amount: 5 } }) =>
    () => ({
      decision,
      comment: 'too much',
      form: null,
      payload,
      decided_by: { type: 'user' as const, id: 'usr_1', name: 'Ada' },
      decided_at: 1,
    });

  it('waits with exactly what will be done', async () => {
    const run = await loop({ config, turns });
    expect(run.result).toMatchObject({
      kind: 'waiting',
      reason: 'approval',
      wake_at: null,
      due: null,
      ask: {
        kind: 'approval',
        message: expect.stringContaining('Pays money back.'),
        payload: { tool: 'refund', arguments: { amount: 5 } },
        // biome-ignore lint/suspicious/noThenProperty: the ask's word for what comes after it
        then: 'resume',
      },
    });
    expect(run.sent).toEqual([]);
  });

  it('asks whom the author named, for as long as they said', async () => {
    const approvers = { users: [], roles: ['admin'], teams: [] };
    const approval = { approvers, self_approval: false, timeout_seconds: 60, on_timeout: 'approve' };
    const run = await loop({ config: { tools: [{ ...(REFUND as object), ask_first: true, approval }] }, turns });
    expect(run.result).toMatchObject({
      kind: 'waiting',
      wake_at: expect.any(Number),
      due: null,
      ask: { approvers, self_approval: false, on_timeout: 'approve' },
    });
    const patient = await loop({
      config: { tools: [{ ...(REFUND as object), ask_first: true, approval: { approvers } }] },
      turns,
    });
    expect(patient.result).toMatchObject({ wake_at: null, ask: { approvers, self_approval: true } });
  });

  it('runs what was approved', async () => {
    const run = await loop({ config, turns, decision: decided('approve') });
    expect(run.sent.map(({ body }) => body)).toEqual(['{"amount":5}']);
    expect(output(run).text).toBe('Done');
  });

  it('runs the payload that was stored and nothing else', async () => {
    const payload = { tool: 'refund', arguments: { amount: 3 } };
    const run = await loop({ config, turns, decision: decided('approve', payload) });
    expect(run.sent.map(({ body }) => body)).toEqual(['{"amount":3}']);
  });

  it('tells the model that a person refused', async () => {
    const run = await loop({ config, turns, decision: decided('deny') });
    expect(run.sent).toEqual([]);
    expect(told(run)).toEqual(['A person refused this call: too much']);
  });

  it('tells the model that nobody decided in time', async () => {
    const byTime = () => ({ ...decided('deny')(), comment: '', decided_by: null });
    expect(told(await loop({ config, turns, decision: byTime }))).toEqual(['Nobody approved this call in time.']);
  });

  it('asks nobody about arguments that do not fit', async () => {
    const run = await loop({ config, turns: [use('refund', { amount: 'all' }), { text: 'Sorry' }] });
    expect(output(run).text).toBe('Sorry');
  });
});

describe('a crash at any boundary', () => {
  it('changes neither the conversation nor the outcome', async () => {
    const turns: Said[] = [
      {
        calls: [
          { name: 'find_order', arguments: { number: '1' } },
          { name: 'refund', arguments: { amount: 1 } },
        ],
      },
      { calls: [{ name: 'nothing', arguments: {} }] },
      { text: 'no' },
      { text: '{"total": 1}' },
    ];
    const options = { config: { tools: [ORDER, REFUND], schema: SCHEMA }, turns, http: () => json({ ok: 1 }) };
    const calm = await loop(options);
    let deaths = 0;
    for (let seed = 1; seed <= 200; seed++) {
      const random = seeded(seed);
      const stormy = await loop({ ...options, dies: () => random() < 0.3 });
      deaths += stormy.deaths;
      expect(stormy.result, `seed ${seed}`).toEqual(calm.result);
      expect(stormy.calls, `seed ${seed}`).toEqual(calm.calls);
      const effects = new Set(stormy.sent.map(({ idempotency_key }) => idempotency_key));
      expect(effects, `seed ${seed}`).toEqual(new Set(['exe:n::t1.0', 'exe:n::t1.1']));
    }
    expect(deaths).toBeGreaterThan(200);
  });
});
