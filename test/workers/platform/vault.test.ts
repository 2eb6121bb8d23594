import { describe, expect, it } from 'vitest';
import { newWrappedKey, open, seal, unwrapKey } from '../../../workers/platform/vault.ts';

const MASTER = `m1:${btoa('1'.repeat(32))}`;
const NEXT = `m2:${btoa('2'.repeat(32))}`;

async function dataKey(organizationId = 'org_a') {
  return unwrapKey(MASTER, organizationId, await newWrappedKey(MASTER, organizationId));
}

describe('the vault', () => {
  it('opens what it sealed, and never seals the same text alike', async () => {
    const key = await dataKey();
    const [one, two] = [await seal(key, 'sécret 🔑', 'env_var:a'), await seal(key, 'sécret 🔑', 'env_var:a')];
    expect(one).not.toBe(two);
    expect(one).not.toContain('cret');
    expect(await open(key, one, 'env_var:a')).toBe('sécret 🔑');
    expect(await open(key, await seal(key, '', 'x'), 'x')).toBe('');
  });

  it('does not open a value in another place, with another key, or changed', async () => {
    const key = await dataKey();
    const sealed = await seal(key, 'secret', 'env_var:a');
    await expect(open(key, sealed, 'env_var:b')).rejects.toThrow();
    await expect(open(await dataKey(), sealed, 'env_var:a')).rejects.toThrow();
    const [format, iv, ciphertext = ''] = sealed.split('.');
    const changed = `${format}.${iv}.${ciphertext.startsWith('A') ? 'B' : 'A'}${ciphertext.slice(1)}`;
    await expect(open(key, changed, 'env_var:a')).rejects.toThrow();
    await expect(open(key, 'plain text', 'env_var:a')).rejects.toThrow('not a value that the vault sealed');
    await expect(open(key, sealed.replace(/^1/, '9'), 'env_var:a')).rejects.toThrow('unknown format');
  });

  it('unwraps with the key that wrapped, also after a rotation, for that organization only', async () => {
    const wrapped = await newWrappedKey(MASTER, 'org_a');
    const key = await unwrapKey(MASTER, 'org_a', wrapped);
    const sealed = await seal(key, 'secret', 'x');
    expect(await open(await unwrapKey(`${NEXT},${MASTER}`, 'org_a', wrapped), sealed, 'x')).toBe('secret');
    expect(await newWrappedKey(`${NEXT},${MASTER}`, 'org_a')).toMatch(/^m2\./);
    await expect(unwrapKey(NEXT, 'org_a', wrapped)).rejects.toThrow('VAULT_KEYS has no key m1');
    await expect(unwrapKey(MASTER, 'org_b', wrapped)).rejects.toThrow();
  });
});
