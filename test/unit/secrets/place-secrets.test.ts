import { describe, expect, it } from 'vitest';
import { newMarkers } from '../../../durable-objects/execution/secrets/markers.ts';
import { hostAllowed, placeSecrets, secretsIn } from '../../../durable-objects/execution/secrets/place-secrets.ts';

const markers = newMarkers(['KEY', 'USER']);
const { KEY = '', USER = '' } = markers;

function place(request: { url?: string; headers?: Record<string, string>; body?: string }, value: string, user = 'u') {
  const secrets = new Map([
    ['KEY', { value, allowed_hosts: [] }],
    ['USER', { value: user, allowed_hosts: [] }],
  ]);
  const placed = placeSecrets({ url: 'https://a.example/', headers: {}, body: null, ...request }, markers, secrets);
  if (!placed.ok) return { error: placed.error };
  return placed.request;
}

const bodyOf = (body: string, value: string, type?: string) => {
  const placed = place({ body, ...(type === undefined ? {} : { headers: { 'Content-Type': type } }) }, value);
  return 'body' in placed ? (placed.body ?? '') : '';
};

const EVIL = 'a"b\\c\n","admin":true,"x":"é/</y>&=?#%';

describe('markers', () => {
  it('are new each time, and neither holds another one', () => {
    const many = Object.values(newMarkers(Array.from({ length: 200 }, (_, index) => `K${index}`)));
    expect(many.filter((marker) => many.some((other) => other !== marker && other.includes(marker)))).toEqual([]);
    expect(newMarkers(['KEY']).KEY).not.toBe(newMarkers(['KEY']).KEY);
    expect(many[0]).toMatch(/^[a-z0-9]{32,}$/);
  });
});

describe('where a request names secrets', () => {
  it('finds them in the URL, headers, body and Basic authentication', () => {
    const request = { url: 'https://a.example/', headers: {}, body: null };
    expect(secretsIn(request, markers)).toEqual([]);
    expect(secretsIn({ ...request, url: `https://a.example/${KEY}` }, markers)).toEqual(['KEY']);
    expect(secretsIn({ ...request, headers: { a: `Bearer ${KEY}` }, body: USER }, markers)).toEqual(['KEY', 'USER']);
    const basic = { authorization: `Basic ${btoa(`${USER}:${KEY}`)}` };
    expect(secretsIn({ ...request, headers: basic }, markers)).toEqual(['KEY', 'USER']);
  });
});

describe('a secret in its place', () => {
  it('is one value of a JSON body, whatever it holds', () => {
    const body = JSON.stringify({ deep: [{ token: `x ${KEY} y` }], [`k${KEY}`]: 1, quote: '"\\' });
    expect(JSON.parse(bodyOf(body, EVIL))).toEqual({
      deep: [{ token: `x ${EVIL} y` }],
      [`k${EVIL}`]: 1,
      quote: '"\\',
    });
    expect(JSON.parse(bodyOf(body, EVIL, 'text/plain')), 'JSON under another name').toMatchObject({ quote: '"\\' });
    const handwritten = `{"a": "${KEY}", "b": ${KEY}}`;
    expect(JSON.parse(bodyOf(handwritten, '1, "admin": true', 'application/vnd.api+json'))).toEqual({
      a: '1, "admin": true',
      b: '1, "admin": true',
    });
  });

  it('is one field of a form, and stands as it is in a text', () => {
    const form = new URLSearchParams(bodyOf(`a=1&b=${KEY}`, EVIL, 'application/x-www-form-urlencoded'));
    expect([...form]).toEqual([
      ['a', '1'],
      ['b', EVIL],
    ]);
    expect(bodyOf(`Key: ${KEY}.`, EVIL, 'text/plain')).toBe(`Key: ${EVIL}.`);
    expect(bodyOf(`Key: ${KEY}.`, '$& $1 $$'), 'no pattern of replace()').toBe('Key: $& $1 $$.');
  });

  it('is one part of a URL and cannot lead to another host', () => {
    const placed = place({ url: `https://a.example/${KEY}/x?k=${KEY}` }, '../b?c=d&e#f@evil.example/');
    const url = new URL('url' in placed ? placed.url : '');
    expect(url.host).toBe('a.example');
    expect(url.searchParams.get('k')).toBe('../b?c=d&e#f@evil.example/');
    expect(url.pathname.split('/')).toHaveLength(3);
    expect(place({ url: `https://${KEY}/` }, 'a.example@evil.example')).toMatchObject({
      error: { code: 'http_url_invalid', retryable: false },
    });
  });

  it('cannot bring a line break into a header', () => {
    for (const value of ['a\r\nX-Admin: 1', 'a\n', 'a\0']) {
      const { error } = place({ headers: { authorization: `Bearer ${KEY}` } }, value) as { error: { message: string } };
      expect(error).toMatchObject({ code: 'http_header_invalid', retryable: false });
      expect(error.message).toContain('authorization');
      expect(error.message).not.toContain('a\n');
    }
    expect(place({ headers: { authorization: `Bearer ${KEY}` } }, 's3cret')).toMatchObject({
      headers: { authorization: 'Bearer s3cret' },
    });
  });

  it('is encoded anew inside Basic authentication', () => {
    const placed = place({ headers: { authorization: `Basic ${btoa(`${USER}:${KEY}`)}` } }, 'pässword', 'jo');
    const header = 'headers' in placed ? (placed.headers.authorization ?? '') : '';
    expect(Buffer.from(header.slice('Basic '.length), 'base64').toString()).toBe('jo:pässword');
    const other = { authorization: `Basic ${btoa('plain:text')}`, 'x-a': 'Basic ???' };
    expect(place({ headers: other }, 'x'), 'others stay as they are').toMatchObject({ headers: other });
  });
});

describe('allowed hosts', () => {
  it.each<[string, string[], boolean]>([
    ['https://api.example.com/', [], true],
    ['https://api.example.com/', ['api.example.com'], true],
    ['https://API.example.com./', ['api.example.com'], true],
    ['https://api.example.com:8443/', ['api.example.com'], true],
    ['https://api.example.com:8443/', ['api.example.com:8443'], true],
    ['https://api.example.com/', ['api.example.com:443'], true],
    ['http://api.example.com/', ['api.example.com:443'], false],
    ['https://api.example.com/', ['api.example.com:8443'], false],
    ['https://api.example.com/', ['*.example.com'], true],
    ['https://a.b.example.com/', ['*.example.com'], true],
    ['https://example.com/', ['*.example.com'], false],
    ['https://evilexample.com/', ['*.example.com'], false],
    ['https://api.example.com.evil.example/', ['api.example.com', '*.example.com'], false],
    ['https://evil.example/?api.example.com', ['other.example', 'api.example.com'], false],
  ])('%s by %j: %s', (url, allowed, verdict) => {
    expect(hostAllowed(new URL(url), allowed)).toBe(verdict);
  });

  it('are asked of the address that results', () => {
    const secrets = new Map([['KEY', { value: 'evil.example', allowed_hosts: ['a.example'] }]]);
    const request = { url: `https://${KEY}/`, headers: {}, body: null };
    expect(placeSecrets(request, markers, secrets)).toMatchObject({
      ok: false,
      error: { code: 'secret_host_refused', retryable: false, message: expect.stringContaining('KEY') },
    });
  });
});
