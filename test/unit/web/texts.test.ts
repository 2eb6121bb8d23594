import { describe, expect, it } from 'vitest';
import { exampleOf } from '../../../web/src/lib/example-input.ts';
import { formatDuration, formatUsd } from '../../../web/src/lib/format.ts';
import { extendPath, jsonMistake, locateInJson } from '../../../web/src/lib/json-path.ts';
import { safeRedirect } from '../../../web/src/lib/safe-redirect.ts';
import { diffWords } from '../../../web/src/lib/word-diff.ts';

describe('locateInJson', () => {
  const text = '{\n  "nodes": [\n    {"id": "a", "config": {"prompt": "x, ] }"}},\n    {"id": "b"}\n  ]\n}';
  const found = (path: string) => {
    const place = locateInJson(text, path);
    return place === null ? null : text.slice(place.from, place.to);
  };

  it('finds values in objects and lists, brackets in strings notwithstanding', () => {
    expect(found('nodes.0.config.prompt')).toBe('"prompt": "x, ] }"');
    expect(found('nodes.1')).toBe('{"id": "b"}');
  });

  it('gives the deepest part of a path that exists', () => {
    expect(found('nodes.1.config.prompt')).toBe('{"id": "b"}');
  });

  it('finds nothing in what is not JSON', () => {
    expect(locateInJson('{"a":', 'a')).toBeNull();
  });
});

describe('jsonMistake', () => {
  it('names the line', () => {
    expect(jsonMistake('{\n  "a": 1,\n  b\n}')?.line).toBe(3);
    expect(jsonMistake('{"a": 1}')).toBeNull();
  });
});

describe('extendPath', () => {
  it('quotes what is no plain name', () => {
    expect(extendPath('a.output', 'text')).toBe('a.output.text');
    expect(extendPath('a.output', 'reply to')).toBe('a.output.`reply to`');
    expect(extendPath('a.output', 2)).toBe('a.output[2]');
  });
});

describe('diffWords', () => {
  it('marks only the words that differ, and loses none', () => {
    const { before, after } = diffWords('Summarize the ticket briefly', 'Summarize the whole ticket');
    expect(before.map((run) => run.text).join('')).toBe('Summarize the ticket briefly');
    expect(after.map((run) => run.text).join('')).toBe('Summarize the whole ticket');
    expect(after.filter((run) => run.changed).map((run) => run.text.trim())).toEqual(['whole']);
    expect(before.some((run) => run.changed && run.text.includes('briefly'))).toBe(true);
  });
});

describe('exampleOf', () => {
  it("takes the schema's own example first, then builds one of its shape", () => {
    expect(exampleOf({ type: 'object', examples: [{ a: 1 }] })).toEqual({ a: 1 });
    expect(
      exampleOf({
        type: 'object',
        properties: { mail: { type: 'string', format: 'email' }, kind: { enum: ['x', 'y'] }, many: { type: 'array' } },
      }),
    ).toEqual({ mail: 'ada@example.com', kind: 'x', many: [] });
  });
});

describe('format', () => {
  it('gives small amounts the decimals that they need', () => {
    expect([0, 0.00042, 0.0132, 3.2].map(formatUsd)).toEqual(['$0', '$0.00042', '$0.0132', '$3.20']);
  });
  it('tells durations in the unit that fits', () => {
    expect([340, 2400, 31_000, 185_000, 7_800_000].map(formatDuration)).toEqual([
      '340 ms',
      '2.40 s',
      '31.0 s',
      '3 min 05 s',
      '2 h 10 min',
    ]);
  });
});

describe('safeRedirect', () => {
  it('leads nowhere but into the application', () => {
    expect(safeRedirect('/dashboard/agents?status=active')).toBe('/dashboard/agents?status=active');
    for (const bad of ['https://evil.example', '//evil.example', '/dashboard.evil.example', '/dashboardx', undefined]) {
      expect(safeRedirect(bad)).toBe('/dashboard');
    }
  });
});
