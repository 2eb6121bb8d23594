import { parseTemplate, redactMarkers, resolveConfig, type Scope } from '@agentflow/engine';
import { describe, expect, it } from 'vitest';
import { scopeOf } from './scope.ts';

function sources(text: string): unknown[] {
  const template = parseTemplate(text);
  if (!template.ok) expect.fail(template.message);
  return template.parts.map((part) => (part.kind === 'text' ? part.text : [part.source.trim()]));
}

describe('parseTemplate', () => {
  const cases: [string, unknown[]][] = [
    ['', ['']],
    ['plain } text { here }}', ['plain } text { here }}']],
    ['{{a}}', [['a']]],
    ['x {{ a }} y {{b}}', ['x ', ['a'], ' y ', ['b']]],
    ['{{a}}{{b}}', [['a'], ['b']]],
    ['{{ {"a": {"b": 1}} }}', [['{"a": {"b": 1}}']]],
    ['{{{"a":{"b":1}}}}', [['{"a":{"b":1}}']]],
    ['{{ "}}" & \'}}\' }}!', [['"}}" & \'}}\''], '!']],
    ['{{ "\\"}}" }}', [['"\\"}}"']]],
    ['{{ `odd }} name` }}', [['`odd }} name`']]],
    ['{{ /* }} */ a }}', [['/* }} */ a']]],
    ['{{ $contains(a, /"\\}\\}[a-z]{2}/) }}', [['$contains(a, /"\\}\\}[a-z]{2}/)']]],
    ['{{ a / b }} and {{ c / d }}', [['a / b'], ' and ', ['c / d']]],
    ['{{ a in /x\\}\\}/ }}', [['a in /x\\}\\}/']]],
    ['\\{{a}}', ['{{a}}']],
    ['\\{{a}} {{b}}', ['{{a}} ', ['b']]],
    ['{{a}}\\{{b}}', [['a'], '{{b}}']],
    ['{{ items[price > 3]{sku: $sum(price)} }}', [['items[price > 3]{sku: $sum(price)}']]],
  ];
  it.each(cases)('%s', (text, expected) => expect(sources(text)).toEqual(expected));

  it.each(['{{a', 'x {{ "a }}', '{{ {"a": 1 }}', '{{ a } }}', '{{ /* a }}', '{{ `a }}', '{{ (/a }}', '{{}}', '{{  }}'])(
    'tells that %s is not right',
    (text) => expect(parseTemplate(text)).toMatchObject({ ok: false, start: text.indexOf('{{') }),
  );
});

async function resolved(config: Parameters<typeof resolveConfig>[0], parts: Partial<Scope> = {}) {
  const resolution = await resolveConfig(config, scopeOf(parts));
  if (!resolution.ok) expect.fail(`${resolution.error.path}: ${resolution.error.message}`);
  return resolution.value;
}

async function unresolved(config: Parameters<typeof resolveConfig>[0], parts: Partial<Scope> = {}) {
  const resolution = await resolveConfig(config, scopeOf(parts));
  if (resolution.ok) expect.fail(`gave ${JSON.stringify(resolution.value).slice(0, 200)}`);
  return resolution.error;
}

describe('resolveConfig', () => {
  const trigger = { n: 5, text: 'hi', yes: true, list: [1, 2], object: { a: 1 }, nothing: null };

  it('keeps the type of a field that is one expression', async () => {
    const config = {
      a: '{{trigger.n}}',
      b: '{{ trigger.list }}',
      c: ['{{trigger.object}}'],
      d: '{{trigger.nothing}}',
      e: '{{trigger.nope}}',
    };
    expect(await resolved(config, { trigger })).toEqual({ a: 5, b: [1, 2], c: [{ a: 1 }], d: null, e: null });
  });

  it('makes text where there is text around', async () => {
    const text =
      'n={{trigger.n}} yes={{trigger.yes}} l={{trigger.list}} o={{trigger.object}} 0={{trigger.nothing}}{{trigger.nope}}.';
    expect(await resolved(text, { trigger })).toBe('n=5 yes=true l=[1,2] o={"a":1} 0=.');
    expect(await resolved(' {{trigger.n}}', { trigger })).toBe(' 5');
  });

  it('does not parse again what an expression gave', async () => {
    const data = { text: '{{env.SECRET}} \\{{x}}' };
    expect(await resolved('{{trigger.text}}', { trigger: data, env: { SECRET: 'm' } })).toBe('{{env.SECRET}} \\{{x}}');
    expect(await resolved('> {{trigger.text}}', { trigger: data, env: { SECRET: 'm' } })).toBe(
      '> {{env.SECRET}} \\{{x}}',
    );
  });

  it('leaves keys, numbers and plain texts as they are', async () => {
    const config = { '{{trigger.n}}': 1, b: true, c: null, d: 'plain', e: '\\{{ not this }}' };
    expect(await resolved(config, { trigger })).toEqual({ ...config, e: '{{ not this }}' });
  });

  it('gives a marker for a secret', async () => {
    expect(await resolved('Bearer {{env.KEY}}', { env: { KEY: '\u0001KEY\u0001' } })).toBe('Bearer \u0001KEY\u0001');
  });

  it('tells which field has no value and why', async () => {
    expect(await unresolved({ a: [{ b: 'x {{ $nope() }}' }] })).toMatchObject({
      path: 'a.0.b',
      code: 'expression_failed',
    });
    expect(await unresolved({ a: '{{ 1 + }}' })).toMatchObject({ path: 'a', code: 'expression_syntax' });
    expect(await unresolved({ a: '{{ open' })).toMatchObject({ path: 'a', code: 'expression_syntax' });
    const { message } = await unresolved({ a: `{{ $error("no") & "${'x'.repeat(200)}" }}` });
    expect(message).toContain('no In {{$error("no")');
    expect(message.length).toBeLessThan(150);
  });

  it('is bounded in depth and size', async () => {
    let deep: Record<string, never> | unknown = '{{trigger.n}}';
    for (let level = 0; level < 100; level += 1) deep = { deep };
    expect(await unresolved(deep as { deep: string })).toMatchObject({ code: 'config_too_deep' });
    const big = { text: 'x'.repeat(500_000) };
    expect(await unresolved({ a: '{{trigger.text}} '.repeat(20) }, { trigger: big })).toMatchObject({
      code: 'expression_limit',
    });
  });

  it('keeps prototypes out of reach', async () => {
    const config = JSON.parse('{"__proto__": {"polluted": "{{trigger.n}}"}, "constructor": "{{trigger.n}}"}');
    const value = (await resolved(config, { trigger })) as Record<string, unknown>;
    expect(Object.getPrototypeOf(value)).toBe(Object.prototype);
    expect(Object.hasOwn(value, '__proto__')).toBe(true);
    expect(JSON.stringify(value)).toBe('{"__proto__":{"polluted":5},"constructor":5}');
    expect(({} as Record<string, unknown>).polluted).toBeUndefined();
  });
});

describe('redactMarkers', () => {
  const env = { KEY: '<m>', KEY_2: '<m>2', NONE: '' };
  it('puts names back everywhere, longer markers first', () => {
    const value = { a: 'Bearer <m>', b: ['<m>2 <m>'], '<m>': { c: 1, d: null } };
    expect(redactMarkers(value, env)).toEqual({
      a: 'Bearer {{env.KEY}}',
      b: ['{{env.KEY_2}} {{env.KEY}}'],
      '{{env.KEY}}': { c: 1, d: null },
    });
  });
  it('keeps values as they are where there are no markers', () => {
    const value = { a: 'x' };
    expect(redactMarkers(value, {})).toBe(value);
    expect(redactMarkers('$& <m>', { K: '<m>' })).toBe('$& {{env.K}}');
    expect(Object.hasOwn(redactMarkers(JSON.parse('{"__proto__": "<m>"}'), env), '__proto__')).toBe(true);
  });
});
