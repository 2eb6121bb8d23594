import type { JsonValue } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { loop } from './tool-loop.ts';

/** What a built-in tool gives, or the words in which it fails. */
async function use(name: string, given: Record<string, JsonValue>, scope: object = {}): Promise<JsonValue> {
  const { calls } = await loop({
    config: { tools: [{ kind: 'builtin', name }] },
    turns: [{ calls: [{ name, arguments: given }] }, { text: 'Done' }],
    ...scope,
  });
  const call = calls.find(({ id }) => id === 't1.0');
  return call?.error == null ? (call?.output ?? null) : `${call.error.code}: ${call.error.message}`;
}

describe('calculator', () => {
  it.each([
    ['(19.99 * 3) * 1.19', 71.3643],
    ['2 + 3 * 4', 14],
    ['-2 ^ 2', -4],
    ['2 ^ 3 ^ 2', 512],
    ['2 ** -1', 0.5],
    ['10 % 4 - -1', 3],
    ['--3', 3],
    ['round(2.345 * 100) / 100 + sqrt(16)', 6.35],
    ['max(1, 2, min(9, 3)) + round(1.2345, 2)', 4.23],
    ['PI * 1e2', 314.15926535],
    [' 1 ', 1],
  ])('computes %s', async (expression, value) => {
    expect(await use('calculator', { expression })).toBeCloseTo(value, 6);
  });

  it.each([
    ['1 / 0', 'not a finite number'],
    ['', 'ends too early'],
    ['1 +', 'ends too early'],
    ['(1', '")" is missing'],
    ['1 2', 'not expected'],
    ['constructor(1)', 'is not known'],
    ['__proto__', 'can’t be read'],
    ['1; process.exit()', 'can’t be read'],
    ['('.repeat(400), 'nests too deeply'],
    [`1${'^1'.repeat(400)}`, 'nests too deeply'],
    ['1+'.repeat(600), 'longer than'],
  ])('refuses %s', async (expression, words) => {
    expect(await use('calculator', { expression })).toContain(words);
  });

  it('takes long rows of signs', async () => {
    expect(await use('calculator', { expression: `${'-'.repeat(900)}1` })).toBe(1);
  });
});

describe('current_time', () => {
  it('tells the time of the step, in a zone', async () => {
    expect(await use('current_time', { time_zone: 'Europe/Berlin' })).toEqual({
      utc: '2027-01-15T08:00:00.000Z',
      local: expect.stringMatching(/^Friday.* 15 January 2027 at 09:00:00/),
      time_zone: 'Europe/Berlin',
    });
    expect(await use('current_time', {})).toMatchObject({ time_zone: 'UTC' });
    expect(await use('current_time', { time_zone: 'Nowhere/Land' })).toContain('not a time zone');
  });
});

describe('query_json', () => {
  it('evaluates over what it is given', async () => {
    const data = {
      lines: [
        { price: 2, quantity: 3 },
        { price: 1, quantity: 4 },
      ],
    };
    expect(await use('query_json', { data, expression: '$sum(item.lines.(price * quantity))' })).toBe(10);
  });

  it('sees nothing of the run and no secret', async () => {
    const scope = { env: { TOKEN: 'marker' }, trigger: { password: 'x' } };
    const expression = '[$lookup(env, "TOKEN"), trigger.password, $string(env)]';
    expect(JSON.stringify(await use('query_json', { data: 1, expression }, scope))).not.toMatch(/marker|"x"/);
  });

  it('fails in words', async () => {
    expect(await use('query_json', { data: 1, expression: 'item.(' })).toContain('expression_syntax');
  });
});
