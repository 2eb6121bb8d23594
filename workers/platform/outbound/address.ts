import { parseIPv4, parseIPv6 } from '../ip-address.ts';

/**
 * Which addresses outbound calls may reach. IPv4 by the special-purpose ranges of IANA's registry (RFC 6890 and its
 * updates); IPv6 the other way round: only global unicast (2000::/3) without its special blocks, so that mapped,
 * compatible, translated (NAT64), link-local, unique-local and future ranges are closed without being named.
 */
const SPECIAL_V4: readonly (readonly [string, number])[] = [
  ['0.0.0.0', 8],
  ['10.0.0.0', 8],
  ['100.64.0.0', 10],
  ['127.0.0.0', 8],
  ['168.63.129.16', 32], // Azure's own services, from inside its machines
  ['169.254.0.0', 16],
  ['172.16.0.0', 12],
  ['192.0.0.0', 24],
  ['192.0.2.0', 24],
  ['192.31.196.0', 24],
  ['192.52.193.0', 24],
  ['192.88.99.0', 24],
  ['192.168.0.0', 16],
  ['192.175.48.0', 24],
  ['198.18.0.0', 15],
  ['198.51.100.0', 24],
  ['203.0.113.0', 24],
  ['224.0.0.0', 3],
];

/** Blocks inside 2000::/3 that are not plain public addresses: first group(s) and length in bits. */
const SPECIAL_V6: readonly (readonly [number, number, number])[] = [
  [0x2001, 0x0000, 23], // IETF protocol assignments: Teredo, ORCHID, benchmarking
  [0x2001, 0x0db8, 32], // documentation
  [0x2002, 0x0000, 16], // 6to4: an IPv4 address inside
  [0x3fff, 0x0000, 20], // documentation
];

/** Whether a packet to this address leaves for the public Internet. False for everything that is not an address. */
export function isPublicAddress(text: string): boolean {
  const v4 = parseIPv4(text);
  if (v4 !== null) {
    return !SPECIAL_V4.some(([base, bits]) => {
      const start = parseIPv4(base) ?? 0;
      const size = 2 ** (32 - bits);
      return v4 >= start && v4 < start + size;
    });
  }
  const v6 = parseIPv6(text);
  if (v6 === null) return false;
  const [first = 0, second = 0] = v6;
  if (first < 0x2000 || first > 0x3fff) return false;
  const head = first * 0x10000 + second;
  return !SPECIAL_V6.some(([high, low, bits]) => {
    const start = high * 0x10000 + low;
    return head >= start && head < start + 2 ** (32 - bits);
  });
}
