import { exports } from 'cloudflare:workers';
import { describe, expect, inject, it, vi } from 'vitest';
import { parseIPv6 } from '../../../workers/platform/ip-address.ts';
import { isPublicAddress } from '../../../workers/platform/outbound/address.ts';
import {
  guardedFetch,
  type OutboundEnv,
  OutboundError,
  outboundFetch,
  readBounded,
} from '../../../workers/platform/outbound.ts';
import { insideUrls, NO_URLS } from '../../support/inside-urls.ts';

const target = new URL(inject('targetUrl'));
const guarded: OutboundEnv = { ENVIRONMENT: 'test', DNS_RESOLVER_URL: inject('resolverUrl') };
/** The same with the target on the allow-list, as local mode would have it. */
const open: OutboundEnv = { ...guarded, OUTBOUND_ALLOW: target.host };

async function outcome(env: OutboundEnv, url: string, init: RequestInit = {}, options = {}): Promise<string> {
  try {
    const response = await guardedFetch(env, new Request(url, init), options);
    await response.body?.cancel();
    return String(response.status);
  } catch (error) {
    if (error instanceof OutboundError) return error.code;
    // A URL that no Request takes never gets as far as the guard.
    if (error instanceof TypeError) return 'invalid_url';
    throw error;
  }
}

const counts = async () => (await fetch(`${target.origin}/counts`)).json<{ hits: number; hanging: number }>();

describe('destinations that are never called', () => {
  it.each(insideUrls(target.port))('%s', async (url) => {
    expect(await outcome(guarded, url)).toMatch(/^(outbound_blocked|invalid_url)$/);
  });

  it('are many, and each another', () => {
    const urls = insideUrls(target.port);
    expect(new Set(urls).size).toBe(urls.length);
    expect(urls.length).toBeGreaterThanOrEqual(100);
  });

  it.each(NO_URLS)('not a URL: %s', async (url) => {
    expect(await outcome(guarded, url)).toMatch(/^(outbound_blocked|invalid_url)$/);
  });

  it('never reached the target', async () => {
    expect((await counts()).hits).toBe(0);
  });

  it('tells the same for every private target', async () => {
    const messages = await Promise.all(
      ['http://10.0.0.1/', 'http://127.0.0.1/', 'http://localhost/', 'http://private.example/'].map((url) =>
        guardedFetch(guarded, new Request(url)).then(String, (error: OutboundError) => error.message),
      ),
    );
    expect(new Set(messages)).toEqual(
      new Set(['The URL leads to a private or reserved address, which cannot be called.']),
    );
  });
});

describe('addresses', () => {
  it.each([
    '8.8.8.8',
    '1.1.1.1',
    '172.15.255.255',
    '172.32.0.1',
    '100.63.255.255',
    '100.128.0.1',
    '198.17.255.255',
    '223.255.255.255',
    '2606:4700::1111',
    '2001:4860:4860::8888',
    '2a00:1450::1',
  ])('%s is public', (address) => expect(isPublicAddress(address)).toBe(true));
  it.each([
    '',
    'x',
    '1.2.3',
    '01.2.3.4',
    '1.2.3.4.5',
    '1.2.3.256',
    ':',
    ':::',
    '1::2::3',
    '12345::',
    '2606:4700::1111%eth0',
    '1:2:3:4:5:6:7',
    '1:2:3:4:5:6:7:8:9',
    '2606:4700::1.2.3',
  ])('%j is no address, hence not public', (address) => expect(isPublicAddress(address)).toBe(false));
  it('reads IPv6 with an IPv4 tail', () => {
    expect(parseIPv6('64:ff9b::192.0.2.33')).toEqual([0x64, 0xff9b, 0, 0, 0, 0, 0xc000, 0x0221]);
  });
});

describe('names', () => {
  it.each(['private', 'loopback', 'metadata', 'private6', 'mapped', 'mixed', 'mixed6', 'alias', 'garbage'])(
    '%s.example leads inside',
    async (name) => expect(await outcome(guarded, `http://${name}.example/`)).toBe('outbound_blocked'),
  );
  it.each(['unknown', 'alias-only', 'servfail', 'broken', 'down'])('%s.example has no usable answer', async (name) => {
    expect(await outcome(guarded, `http://${name}.example/`)).toBe('outbound_dns');
  });
  it('fails closed when the resolver is gone', async () => {
    const env: OutboundEnv = { ENVIRONMENT: 'test', DNS_RESOLVER_URL: 'http://127.0.0.1:9/dns-query' };
    expect(await outcome(env, 'http://public.example/')).toBe('outbound_dns');
  });
  it('refuses a name from the moment that it turns to a private address', async () => {
    const name = `${crypto.randomUUID()}.rebind.example`;
    // Port 9 of a public test address: nobody answers, but the guard has let it go.
    expect(await outcome(guarded, `http://${name}:9009/`, {}, { timeout_ms: 300 })).toMatch(
      /^outbound_(network|timeout)$/,
    );
    expect(await outcome(guarded, `http://${name}:9009/`)).toBe('outbound_blocked');
  });
});

describe('in production', () => {
  const production: OutboundEnv = { ...open, ENVIRONMENT: 'production' };
  it('calls https only', async () => {
    expect(await outcome(production, 'http://public.example/')).toBe('outbound_blocked');
  });
  it('knows no allow-list', async () => {
    expect(await outcome(production, `${target.origin}/secret`)).toBe('outbound_blocked');
  });
});

describe('calls', () => {
  it('passes method, headers and body, and drops what would forge a client', async () => {
    const response = await guardedFetch(
      open,
      new Request(`${target.origin}/echo`, {
        method: 'PUT',
        headers: { 'x-a': '1', 'cf-connecting-ip': '1.2.3.4' },
        body: 'text',
      }),
    );
    const echoed = await response.json<{ method: string; body: string; headers: Record<string, string> }>();
    expect(echoed).toMatchObject({ method: 'PUT', body: 'text', headers: { 'x-a': '1' } });
    expect(echoed.headers['cf-connecting-ip']).toBeUndefined();
  });

  it.each([301, 302, 303, 307, 308])('refuses a %i redirect, wherever it leads', async (status) => {
    for (const to of [`${target.origin}/secret`, 'http://169.254.169.254/', 'https://public.example/']) {
      expect(await outcome(open, `${target.origin}/redirect?status=${status}&to=${encodeURIComponent(to)}`)).toBe(
        'outbound_redirect_refused',
      );
    }
    expect((await counts()).hits).toBe(0);
  });

  it('gives up after the time limit', async () => {
    expect(await outcome(open, `${target.origin}/hang`, {}, { timeout_ms: 50 })).toBe('outbound_timeout');
  });

  it('tells a dropped connection', async () => {
    expect(await outcome(open, `${target.origin}/drop`)).toBe('outbound_network');
  });

  it('cuts what is kept in memory, and says so', async () => {
    const response = await guardedFetch(open, new Request(`${target.origin}/bytes?n=3000000`));
    const { text, truncated } = await readBounded(response);
    expect({ length: text.length, truncated }).toEqual({ length: 1024 * 1024, truncated: true });
    const whole = await readBounded(await guardedFetch(open, new Request(`${target.origin}/bytes?n=1048576`)));
    expect({ length: whole.text.length, truncated: whole.truncated }).toEqual({
      length: 1024 * 1024,
      truncated: false,
    });
  });
});

describe('the entrypoint', () => {
  const outbound = outboundFetch(exports.Outbound);

  it('gives errors their class back', async () => {
    const error = await outbound('http://169.254.169.254/').catch((thrown: unknown) => thrown);
    expect(error).toBeInstanceOf(OutboundError);
    expect(error).toMatchObject({ code: 'outbound_blocked', retryable: false });
  });

  it('does not take an upstream that poses as the guard at its word', async () => {
    const response = await outbound(`${target.origin}/echo`, { method: 'POST', body: 'x' });
    expect(response.status).toBe(200);
    expect(response.headers.get('x-agentflow-outbound-error')).toBeNull();
    const { headers } = await response.json<{ headers: Record<string, string> }>();
    expect(headers['x-agentflow-outbound-timeout-ms']).toBeUndefined();
  });

  it('keeps time limits', async () => {
    const impatient = outboundFetch(exports.Outbound, { timeout_ms: 50 });
    await expect(impatient(`${target.origin}/hang`)).rejects.toMatchObject({
      code: 'outbound_timeout',
      retryable: true,
    });
  });

  it('streams a long answer through uncut', async () => {
    const response = await outbound(`${target.origin}/bytes?n=3000000`);
    expect((await response.arrayBuffer()).byteLength).toBe(3_000_000);
  });

  it('ends the upstream call when the caller aborts', async () => {
    const before = (await counts()).hanging;
    const controller = new AbortController();
    const call = outbound(`${target.origin}/hang`, { signal: controller.signal });
    const failed = expect(call).rejects.toThrow();
    await vi.waitFor(async () => expect((await counts()).hanging).toBe(before + 1), { timeout: 10_000 });
    controller.abort();
    await failed;
    await vi.waitFor(async () => expect((await counts()).hanging).toBe(before), { timeout: 10_000 });
  });
});
