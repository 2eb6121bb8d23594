import { describe, expect, it } from 'vitest';
import { readJson } from '../../../packages/agent-files/src/json-text.ts';
import { random, randomValue } from '../../support/nasty-values.ts';

describe('JSON with lines', () => {
  it.each([
    ['', 1, 'a value'],
    ['{\n  "kind": \n}', 3, 'a value'],
    ['{"a": 1,\n}', 2, 'a key'],
    ['[1,\n2,\n]', 3, 'a value'],
    ['[1\n2]', 2, 'a comma or ]'],
    ['{"a"\n1}', 2, 'a colon'],
    ['{\n\n a: 1}', 3, '} or a key'],
    ['{"a": [1}', 1, 'a comma or ]'],
    ['1\n\n2', 3, 'the end'],
    ['"line\nbreak"', 1, 'a value'],
    ['{"a": 1', 1, 'a comma or }'],
    ["['x']", 1, 'a value or ]'],
    ['[01]', 1, 'a comma or ]'],
    ['{"a": "\\x"}', 1, 'a value'],
    ['// note\n{}', 1, 'a value'],
  ])('tells where %j stops being JSON', (text, line, missing) => {
    expect(() => JSON.parse(text)).toThrow();
    expect(readJson(text)).toEqual({ ok: false, line, message: `is not valid JSON: ${missing} is missing here` });
  });

  it.each([
    ['{"a": 1, "b": {"a": 1, "a": 2}}', 'twice'],
    ['{"\\u005f_proto__": 1}', '__proto__'],
    ['[1e999]', 'out of range'],
    [`${'['.repeat(100_000)}`, 'nested deeper'],
    [`${'{"a":'.repeat(65)}1${'}'.repeat(65)}`, 'nested deeper'],
  ])('refuses %s, which JSON.parse would take or choke on', (text, reason) => {
    const reading = readJson(text);
    expect(!reading.ok && reading.message).toContain(reason);
  });

  it('reads what JSON.stringify writes, and finds a line in whatever is cut off', () => {
    for (let seed = 0; seed < 500; seed++) {
      const pick = random(seed);
      const value = { value: randomValue(pick, 0) };
      const text = JSON.stringify(value, null, 2);
      expect(readJson(text), `seed ${seed}`).toEqual({ ok: true, value });
      const cut = text.slice(0, 1 + pick(text.length - 1));
      expect(readJson(cut), `seed ${seed}`).toMatchObject({
        ok: false,
        line: cut.trimEnd() === '' ? 1 : expect.any(Number),
      });
    }
  });
});
