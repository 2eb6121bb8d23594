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

/** Four decimal octets without leading zeros, as DNS answers and normalised URLs write them; else null. */
export function parseIPv4(text: string): number | null {
  const parts = text.split('.');
  if (parts.length !== 4) return null;
  let value = 0;
  for (const part of parts) {
    if (!/^(0|[1-9][0-9]{0,2})$/.test(part) || Number(part) > 255) return null;
    value = value * 256 + Number(part);
  }
  return value;
}

/** The eight groups of an IPv6 address in any of its spellings (RFC 4291, section 2.2), without brackets or zone; else null. */
export function parseIPv6(text: string): readonly number[] | null {
  let source = text;
  const lastColon = source.lastIndexOf(':');
  if (source.includes('.')) {
    const v4 = parseIPv4(source.slice(lastColon + 1));
    if (v4 === null) return null;
    source = `${source.slice(0, lastColon + 1)}${(v4 >>> 16).toString(16)}:${(v4 & 0xffff).toString(16)}`;
  }
  const halves = source.split('::');
  if (halves.length > 2) return null;
  const groupsOf = (half: string) => (half === '' ? [] : half.split(':'));
  const head = groupsOf(halves[0] ?? '');
  const tail = halves.length === 2 ? groupsOf(halves[1] ?? '') : [];
  const missing = 8 - head.length - tail.length;
  if (halves.length === 2 ? missing < 1 : missing !== 0) return null;
  const groups = [...head, ...new Array<string>(halves.length === 2 ? missing : 0).fill('0'), ...tail];
  if (!groups.every((group) => /^[0-9a-f]{1,4}$/i.test(group))) return null;
  return groups.map((group) => Number.parseInt(group, 16));
}

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
