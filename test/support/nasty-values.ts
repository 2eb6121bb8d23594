import type { JsonValue } from '@agentflow/contracts';

/** Pieces that YAML reads as something other than the same text, or that only survive in some styles. */
export const TRICKY = [
  ...[
    'no',
    'y',
    'Off',
    'null',
    '~',
    'true',
    '1e3',
    '1e+3',
    '007',
    '0x1F',
    '0o7',
    '0b11',
    '1_000',
    '.5',
    '.inf',
    '12:30:00',
  ],
  ...[
    '2020-01-01',
    '=',
    '<<',
    '---',
    '...',
    '%YAML',
    '!tag',
    '&a',
    '*a',
    '- a',
    'a: b',
    ': ',
    '#',
    ' #',
    '{',
    '}',
    '[',
    ']',
  ],
  ...[
    ',',
    '|',
    '>',
    '@',
    '`',
    '?',
    '-',
    '"',
    "'",
    '\\',
    '\n',
    '\n\n',
    '\r',
    '\r\n',
    '\t',
    ' ',
    '  x',
    '',
    '\0',
    '\u001b',
  ],
  ...[
    '\u007f',
    '\u0085',
    '\u2028',
    '\ufeff',
    '\ud800',
    '😀',
    'é',
    '漢字',
    '{{trigger.body}}',
    'constructor',
    'toString',
  ],
];
export const NUMBERS = [0, 1, -1, 1.5, 0.1, 1e21, -1e-7, 5e-324, 1.7976931348623157e308, 2 ** 53, 123456789012];

/** A repeatable generator (mulberry32), so that a failure can be run again. */
export function random(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) % below;
  };
}

export function randomText(pick: (below: number) => number): string {
  return Array.from({ length: pick(6) }, () => TRICKY[pick(TRICKY.length)]).join('');
}

export function randomValue(pick: (below: number) => number, depth: number): JsonValue {
  switch (pick(depth > 4 ? 4 : 6)) {
    case 0:
    case 1:
      return randomText(pick);
    case 2:
      return NUMBERS[pick(NUMBERS.length)] ?? 0;
    case 3:
      return [true, false, null][pick(3)] ?? null;
    case 4:
      return Array.from({ length: pick(4) }, () => randomValue(pick, depth + 1));
    default:
      return Object.fromEntries(
        Array.from({ length: pick(5) }, () => [randomText(pick), randomValue(pick, depth + 1)]),
      );
  }
}
