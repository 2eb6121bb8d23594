import { describe, expect, it, vi } from 'vitest';
import { hashPassword, verifyPassword } from '../../../workers/platform/passwords.ts';

describe('passwords', () => {
  it('verify against their hash alone', async () => {
    const hash = await hashPassword('correct horse battery staple');
    expect(await verifyPassword('correct horse battery staple', hash)).toBe(true);
    expect(await verifyPassword('correct horse battery stapler', hash)).toBe(false);
    expect(await hashPassword('correct horse battery staple')).not.toBe(hash);
  });

  it('are the same however a keyboard composes them', async () => {
    const hash = await hashPassword('caf\u00e9 au lait');
    expect(await verifyPassword('cafe\u0301 au lait', hash)).toBe(true);
  });

  it('of nobody are never right', async () => {
    expect(await verifyPassword('anything at all', null)).toBe(false);
  });

  it('of an unknown form are a bug, not a no', async () => {
    await expect(verifyPassword('x', 'bcrypt$x')).rejects.toThrow('unknown form');
  });

  it('are refused when too many wait, and taken again when they are gone', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 60_000 });
    const attempts = Array.from({ length: 40 }, () => verifyPassword('x', null).catch((error: unknown) => error));
    const refused = await Promise.all(attempts.slice(30));
    for (const error of refused)
      expect(error).toMatchObject({ code: 'upstream_unavailable', headers: { 'Retry-After': '5' } });
    vi.setSystemTime(Date.now() + 60_000);
    expect(await verifyPassword('x', null)).toBe(false);
    vi.useRealTimers();
    expect(await Promise.all(attempts.slice(0, 1))).toEqual([false]);
  });
});
