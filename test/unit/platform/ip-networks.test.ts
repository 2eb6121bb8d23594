import { describe, expect, it } from 'vitest';
import { allowlistOf, normalizeAddress, normalizeNetwork } from '../../../workers/platform/ip-networks.ts';
import { seeded } from '../engine/scheduler/simulate.ts';

const allows = (network: string, address: string) => allowlistOf([network]).allows(address);

/** The slow way that the fast one is compared with: addresses as strings of 0 and 1. */
const bitsOf = (groups: readonly number[], width: number) =>
  groups.map((group) => group.toString(2).padStart(width, '0')).join('');
const v4 = (octets: readonly number[]) => octets.join('.');
const v6 = (groups: readonly number[]) => groups.map((group) => group.toString(16)).join(':');

describe('matching', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7', true],
    ['203.0.113.7', '203.0.113.8', false],
    ['203.0.113.0/24', '203.0.113.255', true],
    ['203.0.113.0/24', '203.0.114.0', false],
    ['0.0.0.0/0', '8.8.8.8', true],
    ['0.0.0.0/0', '2001:db8::1', false],
    ['::/0', '2001:db8::1', true],
    ['::/0', '8.8.8.8', false],
    ['2001:db8::/33', '2001:db8:7fff::1', true],
    ['2001:db8::/33', '2001:db8:8000::1', false],
    ['203.0.113.0/24', '::ffff:203.0.113.9', true],
    ['203.0.113.0/24', '::FFFF:cb00:7109', true],
    ['::ffff:203.0.113.0/120', '203.0.113.9', true],
    ['::ffff:203.0.113.0/120', '203.0.114.9', false],
    // IPv4-compatible and translated addresses are not IPv4.
    ['203.0.113.0/24', '::203.0.113.9', false],
    ['203.0.113.0/24', '64:ff9b::203.0.113.9', false],
    ['203.0.113.0/24', '', false],
    ['203.0.113.0/24', '203.0.113.9, 203.0.113.9', false],
    ['203.0.113.0/24', '203.0.113.09', false],
    ['0.0.0.0/0', 'unknown', false],
  ])('%s and %s: %s', (network, address, expected) => {
    expect(allows(network, address)).toBe(expected);
  });

  it('agrees with a comparison of bits, for any network and address of either family', () => {
    const random = seeded(20_261_121);
    const below = (end: number) => Math.floor(random() * end);
    let inside = 0;
    for (let round = 0; round < 4000; round++) {
      const four = round % 2 === 0;
      const [count, width, text] = four ? ([4, 8, v4] as const) : ([8, 16, v6] as const);
      const bits = count * width;
      const base = Array.from({ length: count }, () => below(2 ** width));
      const prefix = below(bits + 1);
      const network = bitsOf(base, width).slice(0, prefix).padEnd(bits, '0');
      // One bit away from the network's edge is where mistakes are: a copy of the base with one bit turned.
      const turned = below(bits);
      const address = [...bitsOf(base, width)].map((bit, index) =>
        index === turned ? (bit === '0' ? '1' : '0') : bit,
      );
      const groupsOf = (line: string) =>
        Array.from({ length: count }, (_, index) => Number.parseInt(line.slice(index * width, (index + 1) * width), 2));
      const expected = address.join('').startsWith(network.slice(0, prefix));
      if (expected) inside++;
      const written = `${text(groupsOf(network))}/${prefix}`;
      expect(allows(written, text(groupsOf(address.join('')))), `${written} ${address.join('')}`).toBe(expected);
      const normal = normalizeNetwork(written);
      if (!normal.ok) throw new Error(`${written}: ${normal.message}`);
      expect(allows(normal.network, text(groupsOf(address.join('')))), normal.network).toBe(expected);
      expect(normalizeNetwork(normal.network)).toEqual(normal);
      // Host bits that are set are never let through, and the network that is proposed instead is the right one.
      const hostBits = bitsOf(base, width).slice(prefix).includes('1');
      expect(normalizeNetwork(`${text(base)}/${prefix}`).ok).toBe(!hostBits);
    }
    expect(inside).toBeGreaterThan(500);
    expect(inside).toBeLessThan(3500);
  });

  it('lets everybody in where there is no list, and by any of the networks where there is', () => {
    expect(allowlistOf([])).toMatchObject({ restricted: false });
    expect(allowlistOf([]).allows('')).toBe(true);
    const list = allowlistOf(['203.0.113.0/24', '2001:db8::/32']);
    expect(list.restricted).toBe(true);
    expect(['203.0.113.1', '2001:db8::1', '198.51.100.1'].map(list.allows)).toEqual([true, true, false]);
  });
});

describe('the one spelling', () => {
  it.each([
    ['203.0.113.7', '203.0.113.7/32'],
    ['203.0.113.0/24', '203.0.113.0/24'],
    ['2001:0DB8:0:0::1', '2001:db8::1/128'],
    ['2001:db8:0:1:0:0:0:0/64', '2001:db8:0:1::/64'],
    ['1:0:0:2:0:0:0:3', '1:0:0:2::3/128'],
    ['1:0:2:3:4:5:6:7', '1:0:2:3:4:5:6:7/128'],
    ['::', '::/128'],
    ['::/0', '::/0'],
    ['::ffff:203.0.113.7', '203.0.113.7/32'],
    ['::ffff:203.0.113.0/120', '203.0.113.0/24'],
  ])('%s is %s', (text, network) => {
    expect(normalizeNetwork(text)).toEqual({ ok: true, network });
  });

  it.each([
    '',
    '203.0.113',
    '203.0.113.0/33',
    '::/129',
    '::ffff:1.2.3.4/90',
    '1.2.3.4/',
    '1.2.3.4/08',
    '1.2.3.4/1/2',
    'x',
  ])('%j is none', (text) => {
    expect(normalizeNetwork(text)).toEqual({ ok: false, message: 'must be an address or a CIDR network' });
  });

  it('is proposed where host bits are set', () => {
    expect(normalizeNetwork('203.0.113.7/24')).toEqual({
      ok: false,
      message: 'has bits set behind its length: write 203.0.113.0/24, or the address alone',
    });
  });

  it('tells addresses apart that are written in different ways', () => {
    expect(normalizeAddress('::ffff:203.0.113.7')).toBe('203.0.113.7');
    expect(normalizeAddress('2001:DB8::0:1')).toBe('2001:db8::1');
    expect(normalizeAddress('203.0.113.0/24')).toBeNull();
  });
});
