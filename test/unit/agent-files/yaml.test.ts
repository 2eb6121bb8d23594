import { LIMITS } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { parseYaml, writeYaml, YamlError } from '../../../packages/agent-files/src/yaml.ts';
import { random, randomValue, TRICKY } from '../../support/nasty-values.ts';

function refusalOf(act: () => unknown): YamlError {
  try {
    act();
  } catch (error) {
    if (error instanceof YamlError) return error;
    throw error;
  }
  throw new Error('was not refused');
}

describe('YAML round trip', () => {
  it('reads back what it wrote, for any JSON value', () => {
    for (let seed = 0; seed < 1500; seed++) {
      const value = { value: randomValue(random(seed), 0) };
      const text = writeYaml(value);
      expect(JSON.stringify(parseYaml(text)), `seed ${seed}: ${JSON.stringify(text)}`).toBe(JSON.stringify(value));
    }
  });

  it('reads back each tricky text alone, as a value and as a key', () => {
    for (const text of TRICKY) {
      const value = { value: text, list: [text], [text]: 1 };
      expect(parseYaml(writeYaml(value)), JSON.stringify(text)).toEqual(value);
    }
  });

  it('writes texts of several lines as blocks and quotes what YAML 1.1 readers would misread', () => {
    const text = writeYaml({
      prompt: 'Dear model,\nanswer briefly.\n',
      answer: 'no',
      zip: '01234',
      day: '2020-01-01',
      op: '=',
    });
    expect(text).toContain('prompt: |\n  Dear model,\n  answer briefly.\n');
    for (const line of ['answer: "no"', 'zip: "01234"', 'day: "2020-01-01"', 'op: "="']) expect(text).toContain(line);
  });
});

describe('hostile YAML', () => {
  it.each([
    ['an alias', 'a: &x [1]\nb: *x', 'alias'],
    ['aliases of aliases', 'a: &a [x,x]\nb: &b [*a,*a]\nc: [*b,*b]', 'alias'],
    ['a language tag', 'a: !!js/function "return 1"', 'tag'],
    ['a local tag', 'a: !include /etc/passwd', 'tag'],
    ['a verbatim tag', 'a: !<tag:yaml.org,2002:python/object> x', 'tag'],
    ['a remapped tag handle', '%TAG ! tag:evil,2000:\n---\n!x a', 'tag'],
    ['binary', 'a: !!binary aGk=', 'tag'],
    ['a duplicate key', 'a: 1\n"a": 2', 'twice'],
    ['a __proto__ key', '__proto__: {polluted: true}', '__proto__'],
    ['an escaped __proto__ key', '{"\\u005f_proto__": {polluted: true}}', '__proto__'],
    ['a collection as key', '{a: 1}: 2', 'key'],
    ['a value without a key', '? \n: 1', 'key'],
    ['infinity', 'a: .inf', 'JSON'],
    ['not a number', 'a: .nan', 'JSON'],
    ['two documents', 'a: 1\n---\nb: 2', 'several documents'],
  ])('refuses %s', (_name, text, word) => {
    const refused = refusalOf(() => parseYaml(text));
    expect(refused.kind).toBe('data');
    expect(refused.message).toContain(word);
  });

  it.each([
    ['an open bracket', 'a: [1\nb: 2'],
    ['tabs as indentation', 'a:\n\t- b'],
    ['nothing', ''],
    ['only comments', '# hello\n'],
    ['stray commas', `[${','.repeat(100_000)}`],
    ['anchors upon anchors', '&a '.repeat(100_000)],
  ])('answers %s as malformed, with one error', (_name, text) => {
    expect(refusalOf(() => parseYaml(text)).kind).toBe('syntax');
  });

  it.each([
    ['flow lists', '['.repeat(300_000)],
    ['flow maps', '{a: '.repeat(100_000)],
    ['compact lists', '- '.repeat(100_000)],
    ['explicit keys', '? '.repeat(100_000)],
    ['indented maps', Array.from({ length: 1000 }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n')],
  ])('refuses endless nesting of %s before it is composed', (_name, text) => {
    expect(refusalOf(() => parseYaml(text)).message).toContain('nested deeper');
  });

  it('takes exactly the nesting that JSON bodies may have', () => {
    const nested = (levels: number) => '['.repeat(levels) + ']'.repeat(levels);
    expect(JSON.stringify(parseYaml(nested(LIMITS.json_depth)))).toBe(nested(LIMITS.json_depth));
    expect(refusalOf(() => parseYaml(nested(LIMITS.json_depth + 1))).kind).toBe('data');
    const block = (levels: number) => Array.from({ length: levels }, (_, depth) => `${' '.repeat(depth)}a:`).join('\n');
    expect(() => parseYaml(block(LIMITS.json_depth))).not.toThrow();
    expect(refusalOf(() => parseYaml(block(LIMITS.json_depth + 1))).kind).toBe('data');
  });

  it('reads a map of many keys in linear time', () => {
    const keys = (count: number) => Array.from({ length: count }, (_, at) => `k${at}: 1`).join('\n');
    // Quadratic comparison of 40,000 keys is 800 million steps; the test's own time limit is what fails then.
    expect(Object.keys(parseYaml(keys(40_000)) as object)).toHaveLength(40_000);
  });

  it('keeps YAML 1.1 out: no merge keys, no octals, no booleans by other names', () => {
    expect(parseYaml('%YAML 1.1\n---\na: no\n<<: {b: 1}\nc: 2020-01-01')).toEqual({
      a: 'no',
      '<<': { b: 1 },
      c: '2020-01-01',
    });
    expect(parseYaml('200: ok\nno: x\nnull: y')).toEqual({ '200': 'ok', no: 'x', null: 'y' });
  });
});
