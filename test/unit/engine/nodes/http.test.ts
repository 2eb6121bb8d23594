import { describe, expect, it } from 'vitest';
import { completion, failure, step } from './step.ts';

const http = (config: object = {}, more: object = {}) => ({
  type: 'action.http',
  config: { url: 'https://api.example/x?key=1', ...config },
  ...more,
});

describe('action.http', () => {
  it('sends what is configured, once, with the step’s idempotency key', async () => {
    const { sent } = await step(
      http(
        { method: 'PATCH', headers: { 'X-A': '1' }, body: { a: ['{{trigger.n}}'] } },
        { scope: { trigger: { n: 5 } } },
      ),
    );
    expect(sent).toEqual([
      {
        method: 'PATCH',
        url: 'https://api.example/x?key=1',
        headers: { 'X-A': '1', 'content-type': 'application/json' },
        body: '{"a":[5]}',
        idempotency_key: 'exe:n',
      },
    ]);
  });

  it('says what kind of body it sends unless the author does', async () => {
    const headers = async (config: object) => (await step(http({ method: 'POST', ...config }))).sent[0];
    expect(await headers({ body: 'text' })).toMatchObject({
      headers: { 'content-type': 'text/plain; charset=utf-8' },
      body: 'text',
    });
    expect(await headers({ body: 5 })).toMatchObject({ headers: { 'content-type': 'application/json' }, body: '5' });
    expect(await headers({ body: { a: 1 }, headers: { 'Content-Type': 'application/ld+json' } })).toMatchObject({
      headers: { 'Content-Type': 'application/ld+json' },
      body: '{"a":1}',
    });
    expect((await headers({ body: { a: 1 }, headers: { 'Content-Type': 'x' } }))?.headers).not.toHaveProperty(
      'content-type',
    );
    expect(await headers({ body: '' })).toMatchObject({ headers: {}, body: null });
    expect(await headers({ body: null })).toMatchObject({ body: null });
    expect(await headers({})).toMatchObject({ body: null });
  });

  it('gives status, lower-case headers and the body, parsed where it is JSON', async () => {
    const answered = async (response: object) => (await completion(http({}, { response }))).output;
    const json = { 'Content-Type': 'application/json; charset=utf-8' };
    expect(await answered({ status: 201, headers: json, body: '{"a":1}' })).toEqual({
      status: 201,
      headers: { 'content-type': 'application/json; charset=utf-8' },
      body: { a: 1 },
    });
    expect(await answered({ headers: { 'content-type': 'application/problem+json' }, body: '[1]' })).toMatchObject({
      body: [1],
    });
    expect(await answered({ headers: { 'content-type': 'text/html' }, body: '{"a":1}' })).toMatchObject({
      body: '{"a":1}',
    });
    expect(await answered({ headers: json, body: '' })).toMatchObject({ body: null });
    expect(await answered({ body: 'plain' })).toMatchObject({ body: 'plain' });
  });

  it('keeps as text what says that it is JSON and can’t be used as such', async () => {
    const headers = { 'content-type': 'application/json' };
    const run = (response: object) => step(http({}, { response: { headers, ...response } }));
    const broken = await run({ body: '{"a":' });
    expect(broken.result).toMatchObject({ output: { body: '{"a":' } });
    expect(broken.logs).toEqual(['warning: The answer says that it is JSON but is not; its body is kept as text.']);
    const cut = await run({ body: '[1]', truncated: true });
    expect(cut.result).toMatchObject({ output: { body: '[1]' } });
    expect(cut.logs[0]).toContain('was cut');
    const deep = `${'['.repeat(100)}${']'.repeat(100)}`;
    const nested = await run({ body: deep });
    expect(nested.result).toMatchObject({ output: { body: deep } });
    expect(nested.logs[0]).toContain('nests too deeply');
  });

  it('fails on 4xx and 5xx, and says which may succeed later', async () => {
    const failed = (status: number, headers: object = {}) =>
      failure(http({}, { response: { status, headers, body: ' not today ' } }));
    for (const status of [400, 401, 403, 404, 409, 422]) {
      expect(await failed(status, { 'retry-after': '5' })).toEqual({
        code: 'http_status',
        message: `GET https://api.example/x answered ${status}: not today`,
        retryable: false,
      });
    }
    for (const status of [408, 425, 429, 500, 502, 503, 504])
      expect(await failed(status)).toMatchObject({ retryable: true });
    expect(await failure(http({}, { response: { status: 500 } }))).toMatchObject({
      message: 'GET https://api.example/x answered 500.',
    });
  });

  it('passes on how long the peer asks to wait', async () => {
    const wait = async (headers: object) =>
      (await failure(http({}, { response: { status: 429, headers } }))).retry_after_ms;
    expect(await wait({ 'Retry-After': '7' })).toBe(7000);
    expect(await wait({ 'retry-after': '999999999' })).toBe(86_400_000);
    const date = 'Wed, 21 Oct 2026 07:28:00 GMT';
    expect(await wait({ 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT', date })).toBe(30_000);
    expect(await wait({ 'retry-after': 'Wed, 21 Oct 2026 07:00:00 GMT', date })).toBe(0);
    expect(await wait({ 'retry-after': date })).toBeUndefined();
    expect(await wait({ 'retry-after': 'soon' })).toBeUndefined();
    expect(await wait({ 'retry-after': '' })).toBeUndefined();
    expect(await wait({})).toBeUndefined();
  });

  it('completes with any status where the author wants that', async () => {
    const result = await completion(http({ fail_on_status: false }, { response: { status: 404, body: 'gone' } }));
    expect(result).toMatchObject({ output: { status: 404, body: 'gone' }, blocked: false });
  });

  it('passes on what the port could not do', async () => {
    const error = { code: 'http_blocked_address', message: 'No.', retryable: false };
    expect(await failure(http({}, { response: { ok: false, error } }))).toEqual(error);
  });

  it('refuses what can’t be sent, without asking the port', async () => {
    const refused = async (config: object) => {
      const { result, sent } = await step(http(config));
      expect(sent).toEqual([]);
      return result.kind === 'failed' ? result.error.code : result.kind;
    };
    for (const url of [
      'example.com',
      'ftp://example.com',
      'https://',
      'file:///etc/passwd',
      'javascript:alert(1)',
      ' https://x',
    ]) {
      expect(await refused({ url }), url).toBe('http_url_invalid');
    }
    expect(await refused({ method: 'GET', body: { a: 1 } })).toBe('http_body_not_allowed');
    expect(await refused({ headers: { 'x-a': 'a\r\nx-b: c' } })).toBe('http_header_invalid');
    expect(await refused({ headers: { 'x a': '1' } })).toBe('config_invalid');
  });

  it('sends nothing in a test run and shows what it would have sent', async () => {
    const { result, sent } = await step(http({ method: 'POST', body: { a: 1 } }, { mode: 'test' }));
    expect(sent).toEqual([]);
    expect(result).toMatchObject({
      kind: 'completed',
      blocked: true,
      handle: 'out',
      output: {
        would_send: {
          method: 'POST',
          url: 'https://api.example/x?key=1',
          headers: { 'content-type': 'application/json' },
          body: { a: 1 },
        },
      },
    });
  });
});
