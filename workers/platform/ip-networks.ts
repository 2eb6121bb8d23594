import { parseIPv4, parseIPv6 } from './ip-address.ts';

/** An address as bits; IPv4-mapped IPv6 (`::ffff:a.b.c.d`) is the IPv4 address that it stands for. */
export interface Address {
  readonly bits: 32 | 128;
  readonly value: bigint;
  /** The value in words of 32 bits: what is compared over and over. */
  readonly words: readonly number[];
}

interface Network extends Address {
  readonly prefix: number;
}

const MAPPED = 0xffffn;

/** null for what is no address. */
export function parseAddress(text: string): Address | null {
  const v4 = parseIPv4(text);
  if (v4 !== null) return addressOf(32, BigInt(v4));
  const groups = parseIPv6(text);
  if (groups === null) return null;
  const value = groups.reduce((sum, group) => (sum << 16n) | BigInt(group), 0n);
  return value >> 32n === MAPPED ? addressOf(32, value & 0xffffffffn) : addressOf(128, value);
}

function addressOf(bits: Address['bits'], value: bigint): Address {
  return { bits, value, words: wordsOf(bits, value) };
}

function wordsOf(bits: Address['bits'], value: bigint): number[] {
  const shifts = bits === 32 ? [0n] : [96n, 64n, 32n, 0n];
  return shifts.map((shift) => Number((value >> shift) & 0xffffffffn));
}

/** An address alone is a network of one. */
function parseNetwork(text: string): Network | null {
  const [base = '', length, ...rest] = text.split('/');
  const address = parseAddress(base);
  if (address === null || rest.length > 0) return null;
  if (length === undefined) return { ...address, prefix: address.bits };
  if (!/^(0|[1-9][0-9]{0,2})$/.test(length)) return null;
  // The length that was written counts the bits in front of a mapped address too.
  const isMapped = address.bits === 32 && base.includes(':');
  const prefix = Number(length) - (isMapped ? 96 : 0);
  return prefix < 0 || prefix > address.bits ? null : { ...address, prefix };
}

function mask({ bits, prefix }: Network): bigint {
  return ((1n << BigInt(prefix)) - 1n) << BigInt(bits - prefix);
}

/** Dotted IPv4, or IPv6 as RFC 5952 writes it: lower case, the longest run of two or more zero groups as `::`. */
function textOf({ bits, value }: Address): string {
  if (bits === 32) return [24n, 16n, 8n, 0n].map((shift) => String((value >> shift) & 0xffn)).join('.');
  const groups = Array.from({ length: 8 }, (_, index) => Number((value >> BigInt(112 - 16 * index)) & 0xffffn));
  let run = { start: 0, length: 0 };
  for (let start = 0; start < 8; start++) {
    let length = 0;
    while (groups[start + length] === 0) length++;
    if (length > run.length) run = { start, length };
  }
  const hex = (part: readonly number[]) => part.map((group) => group.toString(16)).join(':');
  if (run.length < 2) return hex(groups);
  return `${hex(groups.slice(0, run.start))}::${hex(groups.slice(run.start + run.length))}`;
}

/**
 * A network as it is stored and shown: `address/length`, `/32` and `/128` for a single address. Host bits are refused
 * rather than cleared, so that a list never lets in more than what its author wrote.
 */
export function normalizeNetwork(text: string): { ok: true; network: string } | { ok: false; message: string } {
  const network = parseNetwork(text);
  if (network === null) return { ok: false, message: 'must be an address or a CIDR network' };
  const value = network.value & mask(network);
  const normal = `${textOf({ ...network, value })}/${network.prefix}`;
  if (value === network.value) return { ok: true, network: normal };
  return { ok: false, message: `has bits set behind its length: write ${normal}, or the address alone` };
}

/** An address in its one spelling, so that two can be compared; null for what is none. */
export function normalizeAddress(text: string): string | null {
  const address = parseAddress(text);
  return address === null ? null : textOf(address);
}

/**
 * What tells clients apart: an IPv4 address, or the /64 of an IPv6 one, since whoever has an address there has all of them.
 * Null for what is no address.
 */
export function clientNetwork(text: string): string | null {
  const address = parseAddress(text);
  if (address === null) return null;
  if (address.bits === 32) return textOf(address);
  const network = { ...address, prefix: 64 };
  return `${textOf({ ...network, value: network.value & mask(network) })}/64`;
}

/** Who may come in by address. `restricted` is false where everybody may. */
export interface Allowlist {
  readonly restricted: boolean;
  allows(address: string): boolean;
}

/** Whether an address is in one of these networks. Throws for what is no network. */
export function networksOf(texts: readonly string[]): (address: Address) => boolean {
  const networks = texts.map((text) => {
    const network = parseNetwork(text);
    if (network === null) throw new Error(`not a network: ${text}`);
    return { bits: network.bits, words: network.words, masks: wordsOf(network.bits, mask(network)) };
  });
  return ({ bits, words }) =>
    networks.some(
      (network) =>
        network.bits === bits &&
        network.masks.every((each, index) => (((words[index] ?? 0) ^ (network.words[index] ?? 0)) & each) === 0),
    );
}

/** An empty list allows every address; any other refuses also what is no address, as where the client's is not known. */
export function allowlistOf(networks: readonly string[]): Allowlist {
  if (networks.length === 0) return { restricted: false, allows: () => true };
  const contains = networksOf(networks);
  return {
    restricted: true,
    allows: (text) => {
      const address = parseAddress(text);
      return address !== null && contains(address);
    },
  };
}
