import type { JsonValue } from '@agentflow/contracts';
import { checkSchema, validateInput } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';

function told(schema: JsonValue, input: JsonValue): string[] {
  return validateInput(schema, input).map(({ path, message }) => `${path}: ${message}`);
}

describe('validateInput', () => {
  const ticket = {
    type: 'object',
    properties: {
      id: { type: 'integer', minimum: 1 },
      body: { type: 'string', minLength: 2, maxLength: 5 },
      priority: { enum: ['low', 'high', null] },
      tags: { type: 'array', items: { type: 'string' }, minItems: 1, maxItems: 3, uniqueItems: true },
      customer: { type: 'object', properties: { email: { type: 'string', format: 'email' } }, required: ['email'] },
      kind: { const: { a: [1] } },
    },
    required: ['id', 'body'],
    additionalProperties: false,
  };

  it('finds nothing in what fits', () => {
    const input = {
      id: 1,
      body: 'äöü🙂x',
      priority: null,
      tags: ['a'],
      customer: { email: 'a@b.co', more: 1 },
      kind: { a: [1] },
    };
    expect(told(ticket, input)).toEqual([]);
  });

  it('tells every problem with its field', () => {
    const input = {
      id: 0.5,
      body: 'x',
      priority: 'mid',
      tags: ['a', 5, 'b', 'b'],
      customer: {},
      kind: { a: [2] },
      extra: 1,
    };
    expect(told(ticket, input)).toEqual([
      'id: must be a whole number',
      'body: must have at least 2 characters',
      'priority: must be one of "low", "high", null',
      'tags: must have at most 3 entries',
      'tags: must have no entry twice',
      'tags.1: must be a text',
      'customer.email: is required',
      'kind: must be {"a":[1]}',
      'extra: is not a known field',
    ]);
    expect(told(ticket, { id: 0, body: 'abcdef', tags: [] })).toEqual([
      'id: must be at least 1',
      'body: must have at most 5 characters',
      'tags: must have at least 1 entries',
    ]);
    expect(told(ticket, [])).toEqual([': must be an object']);
    expect(told(ticket, {})).toEqual(['id: is required', 'body: is required']);
  });

  it('knows bounds, types and unions', () => {
    expect(told({ maximum: 5, exclusiveMinimum: 1 }, 5)).toEqual([]);
    expect(told({ maximum: 5 }, 6)).toEqual([': must be at most 5']);
    expect(told({ exclusiveMinimum: 1 }, 1)).toEqual([': must be over 1']);
    expect(told({ exclusiveMaximum: 1 }, 1)).toEqual([': must be under 1']);
    expect(told({ type: ['string', 'null'] }, 5)).toEqual([': must be a text or null']);
    expect(told({ type: ['string', 'null'] }, null)).toEqual([]);
    expect(told({ type: 'boolean' }, true)).toEqual([]);
    expect(told({ type: 'number' }, 1.5)).toEqual([]);
    expect(told({ type: 'mystery' }, 1)).toEqual([': must be mystery']);
    expect(told({ anyOf: [{ type: 'string' }, { type: 'number' }] }, 1)).toEqual([]);
    expect(told({ anyOf: [{ type: 'string' }, { type: 'number' }] }, true)).toEqual([
      ': fits none of the allowed shapes',
    ]);
    expect(told({ oneOf: [{ minimum: 1 }, { minimum: 2 }] }, 1)).toEqual([]);
    expect(told({ oneOf: [{ minimum: 1 }, { minimum: 2 }] }, 3)).toEqual([
      ': must fit exactly one of the allowed shapes',
    ]);
    expect(told({ allOf: [{ minimum: 1 }, { maximum: 2 }] }, 3)).toEqual([': must be at most 2']);
    expect(told({ additionalProperties: { type: 'number' } }, { a: 'x' })).toEqual(['a: must be a number']);
    expect(told({ properties: { a: false } }, { a: 1 })).toEqual(['a: is not allowed']);
    expect(told(true, { a: 1 })).toEqual([]);
    expect(told({ const: null }, 1)).toEqual([': must be null']);
  });

  const formats: [string, string[], string[]][] = [
    [
      'email',
      ['a@b.co', 'x.y+z@sub.example.org'],
      ['a', 'a@b', '@b.co', 'a@b..co', 'a b@c.de', `${'a'.repeat(260)}@b.co`, 'a@b.'],
    ],
    ['uri', ['https://example.com/a?b=c', 'mailto:a@b.co', 'urn:x:y'], ['example.com', 'http://', '/path', '']],
    ['date', ['2025-02-28', '2024-02-29'], ['2025-02-29', '2025-13-01', '25-01-01', 'today']],
    [
      'date-time',
      ['2025-12-31T23:59:59Z', '2025-12-31t23:59:59.123+02:00'],
      ['2025-12-31', '2025-02-30T00:00:00Z', '2025-12-31T25:00:00Z', '2025-12-31 10:00:00Z'],
    ],
    ['uuid', ['6f9619ff-8b86-d011-b42d-00c04fc964ff'], ['6f9619ff8b86d011b42d00c04fc964ff', 'x']],
    ['hostname', ['anything'], []],
    ['constructor', ['anything'], []],
  ];
  it.each(formats)('format %s', (format, good, bad) => {
    for (const text of good) expect(told({ format }, text), text).toEqual([]);
    for (const text of bad) expect(told({ format }, text), text).toHaveLength(1);
  });

  it('runs patterns without backtracking', () => {
    const evil = { type: 'string', pattern: '^(a+)+$' };
    const before = performance.now();
    expect(told(evil, 'a'.repeat(100_000))).toEqual([]);
    expect(told(evil, `${'a'.repeat(100_000)}b`)).toEqual([': must match the pattern ^(a+)+$']);
    expect(performance.now() - before).toBeLessThan(10_000);
    expect(told({ pattern: '(?=x)' }, 'x')[0]).toContain('can’t be checked');
    expect(told({ pattern: `(${'a?'.repeat(30)}){100}$` }, 'a'.repeat(500_000))).toHaveLength(1);
  });

  it('is bounded in depth, work and problems', () => {
    const nested = { type: 'object', properties: {} as Record<string, JsonValue> };
    nested.properties.a = nested as unknown as JsonValue;
    let deep: JsonValue = {};
    for (let level = 0; level < 200; level += 1) deep = { a: deep };
    expect(told(nested as unknown as JsonValue, deep)).toHaveLength(1);
    const wide = { items: { anyOf: Array.from({ length: 50 }, () => ({ type: 'string' })) } };
    expect(
      told(
        wide,
        Array.from({ length: 20_000 }, () => 1),
      ).length,
    ).toBeLessThanOrEqual(50);
    expect(
      told(
        { items: { type: 'string' } },
        Array.from({ length: 200 }, () => 1),
      ),
    ).toHaveLength(50);
    for (let n = 0; n < 250; n += 1) expect(told({ pattern: `^${n}$` }, String(n))).toEqual([]);
  });

  it('is not led astray by prototypes', () => {
    const schema = JSON.parse(
      '{"properties": {"__proto__": {"type": "string"}}, "required": ["constructor", "__proto__"]}',
    );
    expect(told(schema, {})).toEqual(['constructor: is required', '__proto__: is required']);
    expect(told(schema, JSON.parse('{"__proto__": 5, "constructor": 1}'))).toEqual(['__proto__: must be a text']);
    expect(told(Object.create({ type: 'string' }) as JsonValue, 5)).toEqual([]);
    expect(told({ additionalProperties: false }, JSON.parse('{"__proto__": 1}'))).toEqual([
      '__proto__: is not a known field',
    ]);
  });
});

describe('checkSchema', () => {
  it('accepts what validateInput checks, and notes', () => {
    const schema = {
      $schema: 'https://json-schema.org/draft/2020-12/schema',
      title: 'x',
      type: ['object', 'null'],
      properties: { a: { type: 'string', pattern: '^a', format: 'email', 'x-order': 1 }, b: true },
      additionalProperties: { type: 'number', minimum: 1 },
      anyOf: [{ type: 'object' }],
      required: ['a'],
      items: { enum: [1], minLength: 0 },
    };
    expect(checkSchema(schema)).toEqual([]);
    expect(checkSchema(true)).toEqual([]);
  });

  it('tells what is wrong, each with its place', () => {
    const schema = {
      type: 'obj',
      properties: { a: { minLength: -1, maximum: '5', enum: [], format: 1, pattern: 5 }, b: 5, c: { properties: [] } },
      items: { pattern: '(', oneOf: [] },
      anyOf: [{ $ref: '#' }],
      required: [1],
    };
    expect(checkSchema(schema).map(({ path }) => path)).toEqual([
      'type',
      'required',
      'properties.a.minLength',
      'properties.a.maximum',
      'properties.a.enum',
      'properties.a.format',
      'properties.a.pattern',
      'properties.b',
      'properties.c.properties',
      'items.pattern',
      'items.oneOf',
      'anyOf.0.$ref',
    ]);
    expect(checkSchema('no')).toEqual([{ path: '', message: 'must be a JSON Schema object' }]);
  });

  it('is bounded in depth and problems', () => {
    let deep: JsonValue = {};
    for (let level = 0; level < 100; level += 1) deep = { items: deep };
    expect(checkSchema(deep)).toEqual([{ path: Array(33).fill('items').join('.'), message: 'nests too deeply' }]);
    const wide = Object.fromEntries(Array.from({ length: 99 }, (_, index) => [`p${index}`, 5]));
    expect(checkSchema({ properties: wide })).toHaveLength(50);
  });
});
