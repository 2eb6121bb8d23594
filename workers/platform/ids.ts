import { ID_PREFIXES, type IdKind } from '@agentflow/contracts';

const ALPHABET = '0123456789abcdefghjkmnpqrstvwxyz';

/**
 * A new id: prefix, 48 bits of milliseconds, 80 random bits, in Crockford base32 (ULID layout). Sorting ids sorts by
 * creation time; two ids of one millisecond have no order. `bytes`, 16 or more, take the place of chance.
 */
export function newId(kind: IdKind, now: number = Date.now(), bytes?: Uint8Array): string {
  let random = '';
  const source = bytes?.subarray(0, 16) ?? crypto.getRandomValues(new Uint8Array(16));
  for (const byte of source) random += ALPHABET.charAt(byte & 31);
  return `${ID_PREFIXES[kind]}_${timeOf(now)}${random}`;
}

/**
 * The id of what is made once for `from`, whoever makes it and how often: the same arguments give the same id. Its time is
 * `at`, the rest 80 bits of a hash.
 */
export async function derivedId(kind: IdKind, from: string, at: number): Promise<string> {
  const hash = new Uint8Array(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(`${kind} ${from}`)));
  let rest = '';
  for (const byte of hash.subarray(0, 16)) rest += ALPHABET.charAt(byte & 31);
  return `${ID_PREFIXES[kind]}_${timeOf(at)}${rest}`;
}

/** Sorts before every id that was made in this millisecond or later, and after every earlier one. */
export function firstIdAt(kind: IdKind, at: number): string {
  return `${ID_PREFIXES[kind]}_${timeOf(Math.max(0, at))}`;
}

function timeOf(now: number): string {
  let time = '';
  let rest = now;
  for (let digit = 0; digit < 10; digit++) {
    time = ALPHABET.charAt(rest % 32) + time;
    rest = Math.floor(rest / 32);
  }
  return time;
}

/** When an id was made, in milliseconds. */
export function timeOfId(id: string): number {
  let at = 0;
  for (const digit of idBody(id).slice(0, 10)) at = at * 32 + ALPHABET.indexOf(digit);
  return at;
}

/** The id without its prefix, as it stands inside API keys. */
export function idBody(id: string): string {
  return id.slice(id.indexOf('_') + 1);
}
