import { evictDurableObject, runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { afterEach, describe, expect, it, vi } from 'vitest';
import { failureCounter } from '../../../durable-objects/ip-throttle/client.ts';
import {
  ACCOUNT_LIMIT,
  accountKey,
  IP_LIMIT,
  withLoginThrottle,
} from '../../../workers/domains/accounts/login-throttle.ts';
import { ApiError } from '../../../workers/platform/errors.ts';
import { clientNetwork } from '../../../workers/platform/ip-networks.ts';
import { api, expectProblem, PASSWORD, signUp } from '../../support/api.ts';

const WRONG = 'not the password';
const someAddress = () => `${crypto.randomUUID()}@example.com`;
const counter = async (email: string) => failureCounter(env.IP_THROTTLE, await accountKey(email));
let networks = 0;
const someIp = () => `198.51.${100 + Math.floor(networks / 250)}.${(networks++ % 250) + 1}`;

const logIn = (email: string, password: string, ip?: string) =>
  api('/auth/login', {
    body: { email, password },
    ...(ip === undefined ? {} : { headers: { 'cf-connecting-ip': ip } }),
  });

/** Failed attempts whose password was never hashed: a hash takes 200 ms. */
async function fail(email: string, times: number, ip = ''): Promise<void> {
  for (let n = 0; n < times; n++) {
    const attempt = withLoginThrottle(env, { email, ip }, async () => {
      throw new ApiError('invalid_credentials', 'wrong');
    });
    await expect(attempt).rejects.toMatchObject({ code: 'invalid_credentials' });
  }
}

function travel(milliseconds: number): void {
  vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + milliseconds });
}

const tablesOf = (stub: Awaited<ReturnType<typeof counter>>) =>
  runInDurableObject(stub, (_object, state) =>
    state.storage.sql
      .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray(),
  );

afterEach(() => {
  vi.useRealTimers();
});

describe('logins of one account', () => {
  it('are refused after ten failures, with the right password too, until the window has passed', async () => {
    const owner = await signUp();
    await fail(owner.email, 9);
    expectProblem(await logIn(owner.email, WRONG), 401, 'invalid_credentials');
    const refused = await logIn(` ${owner.email.toUpperCase()} `, PASSWORD);
    expectProblem(refused, 429, 'rate_limited');
    const wait = Number(refused.headers.get('retry-after'));
    expect(wait).toBeGreaterThan(14 * 60);
    expect(wait).toBeLessThanOrEqual(15 * 60);
    expect(refused.headers.get('set-cookie')).toBeNull();
    travel(wait * 1000);
    expect((await logIn(owner.email, PASSWORD)).status).toBe(200);
  });

  it('are refused in the same words where there is no such account', async () => {
    const [known, unknown] = [(await signUp()).email, someAddress()];
    const bodies = [];
    for (const email of [known, unknown]) {
      await fail(email, 10);
      bodies.push({ ...expectProblem(await logIn(email, WRONG), 429, 'rate_limited'), request_id: '' });
    }
    expect(bodies[0]).toEqual(bodies[1]);
  });

  it('start from nothing after a success', async () => {
    const owner = await signUp();
    await fail(owner.email, 9);
    expect((await logIn(owner.email, PASSWORD)).status).toBe(200);
    expect(await tablesOf(await counter(owner.email))).toEqual([]);
    await fail(owner.email, 9);
    expect((await logIn(owner.email, PASSWORD)).status).toBe(200);
  });

  it('get no more guesses at once than one after the other', async () => {
    const email = someAddress();
    let asked = 0;
    const attempts = Array.from({ length: 40 }, () =>
      withLoginThrottle(env, { email, ip: '' }, async () => {
        asked++;
        await scheduler.wait(1);
        throw new ApiError('invalid_credentials', 'wrong');
      }).catch((error: ApiError) => error.code),
    );
    const codes = await Promise.all(attempts);
    expect(codes.filter((code) => code === 'invalid_credentials')).toHaveLength(asked);
    expect(asked).toBe(10);
    expect(codes.filter((code) => code === 'rate_limited')).toHaveLength(30);
  });

  it('are not counted when the check itself broke', async () => {
    const email = someAddress();
    for (let n = 0; n < 12; n++) {
      const broken = withLoginThrottle(env, { email, ip: '' }, async () => {
        throw new Error('no database');
      });
      await expect(broken).rejects.toThrow('no database');
    }
    expect(await tablesOf(await counter(email))).toEqual([]);
    expectProblem(await logIn(email, WRONG), 401, 'invalid_credentials');
  });

  it('count guesses of the current password as well', async () => {
    const owner = await signUp();
    await fail(owner.email, 9);
    const change = (current_password: string) =>
      api('/auth/password', { token: owner.token, body: { current_password, new_password: 'another passphrase' } });
    expectProblem(await change(WRONG), 401, 'invalid_credentials');
    expectProblem(await change(PASSWORD), 429, 'rate_limited');
  });
});

describe('logins from one client address', () => {
  it('are refused after fifty failures, whatever the accounts, and a success does not help', async () => {
    const ip = someIp();
    const owner = await signUp();
    for (let n = 0; n < 49; n++) await fail(someAddress(), 1, ip);
    expect((await logIn(owner.email, PASSWORD, ip)).status).toBe(200);
    await fail(someAddress(), 1, ip);
    expectProblem(await logIn(owner.email, PASSWORD, ip), 429, 'rate_limited');
    expect((await logIn(owner.email, PASSWORD, someIp())).status).toBe(200);
    // Refused for its address, the account had no failure.
    expect(await tablesOf(await counter(owner.email))).toEqual([]);
  });

  it('are counted by network: one IPv4 address, a /64 of IPv6', () => {
    expect(clientNetwork('203.0.113.9')).toBe('203.0.113.9');
    expect(clientNetwork('2001:db8:1:2:3::4')).toBe('2001:db8:1:2::/64');
    expect(clientNetwork('2001:0DB8:1:2:ffff::')).toBe('2001:db8:1:2::/64');
    expect(clientNetwork('::ffff:203.0.113.9')).toBe('203.0.113.9');
    expect(clientNetwork('')).toBeNull();
    expect(clientNetwork('unknown')).toBeNull();
  });

  it('are not limited where there is no address', async () => {
    for (let n = 0; n < 51; n++) await fail(someAddress(), 1);
    expectProblem(await logIn(someAddress(), WRONG), 401, 'invalid_credentials');
  });
});

describe('a counter of failures', () => {
  it('stores nothing before the first failure', async () => {
    const stub = await counter(someAddress());
    expect(await stub.admit(ACCOUNT_LIMIT)).toEqual({ allowed: true });
    await stub.release();
    expect(await tablesOf(stub)).toEqual([]);
    expect(await runDurableObjectAlarm(stub)).toBe(false);
  });

  it('survives an eviction', async () => {
    const email = someAddress();
    await fail(email, 10);
    const stub = await counter(email);
    await evictDurableObject(stub);
    expect(await stub.admit(ACCOUNT_LIMIT)).toMatchObject({ allowed: false });
  });

  it('deletes everything when its alarm rings', async () => {
    const email = someAddress();
    await fail(email, 3);
    const stub = await counter(email);
    expect(await tablesOf(stub)).toHaveLength(1);
    expect(await runDurableObjectAlarm(stub)).toBe(true);
    expect(await tablesOf(stub)).toEqual([]);
    expect(await runDurableObjectAlarm(stub)).toBe(false);
  });

  it('lets one more in as soon as the oldest failure has left the window', async () => {
    const stub = await counter(someAddress());
    const limit = { failures: 2, window_ms: IP_LIMIT.window_ms };
    await stub.admit(limit);
    await stub.fail(limit);
    travel(60_000);
    await stub.admit(limit);
    await stub.fail(limit);
    const refused = await stub.admit(limit);
    expect(refused).toMatchObject({ allowed: false });
    const wait = refused.allowed ? 0 : refused.retry_after_seconds;
    expect(wait).toBeLessThanOrEqual(14 * 60);
    travel(wait * 1000);
    expect(await stub.admit(limit)).toEqual({ allowed: true });
    expect(await stub.admit(limit)).toMatchObject({ allowed: false });
  });
});
