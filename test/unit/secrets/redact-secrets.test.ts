import { describe, expect, it } from 'vitest';
import { SecretRedaction } from '../../../durable-objects/execution/secrets/redact-secrets.ts';

const VALUE = 'pä$$ "w/rd"+&<x>';

function redactionOf(secrets: Record<string, string>): SecretRedaction {
  const redaction = new SecretRedaction();
  for (const [name, value] of Object.entries(secrets)) redaction.remember(name, value);
  return redaction;
}

const base64 = (text: string) => Buffer.from(text).toString('base64');

describe('what comes back', () => {
  const redaction = redactionOf({ KEY: VALUE });
  const echoes = {
    plain: VALUE,
    json: JSON.stringify(VALUE).slice(1, -1),
    'json of PHP': JSON.stringify(VALUE).slice(1, -1).replaceAll('/', '\\/').replace('ä', '\\u00e4'),
    'json of Python': JSON.stringify(VALUE).slice(1, -1).replace('ä', '\\u00E4'),
    url: encodeURIComponent(VALUE),
    'url in lower case': encodeURIComponent(VALUE).replace(/%../g, (byte) => byte.toLowerCase()),
    form: new URLSearchParams({ k: VALUE }).toString().slice(2),
    html: VALUE.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;').replaceAll('"', '&quot;'),
    base64: base64(VALUE),
    base64url: Buffer.from(VALUE).toString('base64url'),
  };

  it.each(Object.entries(echoes))('hides a secret in %s', (_name, echo) => {
    expect(redaction.text(`before ${echo} after`)).toMatch(/^before \{\{env\.KEY\}\}=? after$/);
    expect(redaction.body(`<p>${echo}</p>`, false)).not.toContain(echo);
  });

  it('hides it in base64 of a longer text, wherever its bytes fall', () => {
    const hidden = redactionOf({ KEY: 'correct horse' });
    for (const before of ['', 'a', 'ab', 'abc', 'user:']) {
      for (const after of ['', '.', '..', '...']) {
        const shown = hidden.text(base64(`${before}correct horse${after}`));
        expect(shown).toContain('{{env.KEY}}');
        const rest = shown.split('{{env.KEY}}').map((part) => Buffer.from(part, 'base64').toString());
        expect(rest.join('')).not.toMatch(/orrect|hors/);
      }
    }
  });

  it('hides it in JSON, however its characters are spelled, keys and numbers too', () => {
    const body = '{"a":"x\\u0070\\u00e4$$ \\"w\\/rd\\"+&<x>","__proto__":{"n":[1,{"k":2}]}}';
    expect(redaction.body(body, false)).toBe('{"a":"x{{env.KEY}}","__proto__":{"n":[1,{"k":2}]}}');
    expect(redaction.body(JSON.stringify({ [VALUE]: VALUE }), false)).toBe('{"{{env.KEY}}":"{{env.KEY}}"}');
    expect(redactionOf({ PIN: '123456' }).body('{"a":123456,"b":[-0.5]}', false)).toBe(
      '{"a":"{{env.PIN}}","b":[-0.5]}',
    );
    expect(redactionOf({ PIN: '12345678901234567890' }).body('[12345678901234567890]', false)).toBe('[{{env.PIN}}]');
  });

  it('leaves other JSON as it was written', () => {
    const body = '{ "n": 12345678901234567890, "t": "\\u0041" }';
    expect(redaction.body(body, false)).toBe(body);
    const deep = '['.repeat(200_000) + ']'.repeat(200_000);
    expect(redaction.body(deep, false)).toBe(deep);
  });

  it('hides what a cut left of it', () => {
    const hidden = redactionOf({ KEY: 'correct horse battery' });
    expect(hidden.body('and then correct hor', true)).toBe('and then {{env.KEY}}');
    expect(hidden.body('and then correct hor', false)).toBe('and then correct hor');
  });

  it('hides it in headers, and leaves out headers that are named after it', () => {
    const hidden = redactionOf({ KEY: 'Sup3rSecret' });
    expect(
      hidden.headers([
        ['x-echo', 'a Sup3rSecret'],
        ['x-sup3rsecret', '1'],
        ['date', 'today'],
      ]),
    ).toEqual({
      'x-echo': 'a {{env.KEY}}',
      date: 'today',
    });
  });

  it('takes the longer of two secrets that begin alike, and remembers what was rotated', () => {
    const hidden = redactionOf({ A: 'abcdef', B: 'abcdefgh' });
    hidden.remember('A', 'second');
    expect(hidden.text('abcdefgh abcdef second')).toBe('{{env.B}} {{env.A}} {{env.A}}');
  });

  it('does not look for what is too short to tell', () => {
    const hidden = redactionOf({ KEY: 'abc12' });
    expect(hidden.text('abc12')).toBe('abc12');
    hidden.rememberEncoded(base64('u:abc12'), '{{env.USER}}:{{env.KEY}}');
    expect(hidden.text(`Basic ${base64('u:abc12')}`)).toBe('Basic {{env.USER}}:{{env.KEY}}');
  });
});
