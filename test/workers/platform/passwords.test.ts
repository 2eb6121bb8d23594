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
    const later = Date.now() + 3_600_000;
    vi.useFakeTimers({ toFake: ['Date'], now: later });
    expect(await verifyPassword('x', null)).toBe(false);
    // Seen from here, the next free slot is 15.2 s off.
    vi.setSystemTime(later - 14_900);
    await expect(verifyPassword('x', null)).rejects.toMatchObject({
      code: 'upstream_unavailable',
      headers: { 'Retry-After': '15' },
    });
    vi.setSystemTime(later + 1000);
    expect(await verifyPassword('x', null)).toBe(false);
    vi.useRealTimers();
  });

  it('do not wait for a slot that a clock set back has put out of reach', async () => {
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + 7_200_000 });
    expect(await verifyPassword('x', null)).toBe(false);
    vi.useRealTimers();
    expect(await verifyPassword('x', null)).toBe(false);
  });
});
