import { describe, expect, it } from 'vitest';
import { canonicalJson } from '../../../durable-objects/execution/approvals.ts';

describe('canonical JSON', () => {
  it.each([
    [{ b: 1, a: { d: [3, { z: 1, y: null }], c: 'x' } }, '{"a":{"c":"x","d":[3,{"y":null,"z":1}]},"b":1}'],
    // RFC 8785, 3.2.3: names are ordered by UTF-16 code units.
    [
      { '\u20ac': 1, '\r': 2, '\ufb33': 3, '1': 4, '\u{1f600}': 5, '\u0080': 6, '\u00f6': 7 },
      '{"\\r":2,"1":4,"\u0080":6,"\u00f6":7,"\u20ac":1,"\u{1f600}":5,"\ufb33":3}',
    ],
    [[1e30, 4.5, 2e-3, 1e-27, -0], '[1e+30,4.5,0.002,1e-27,0]'],
    [null, 'null'],
    ['a"b', '"a\\"b"'],
  ])('%j', (value, text) => {
    expect(canonicalJson(value)).toBe(text);
  });
});
