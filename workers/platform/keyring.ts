/** A master key by its id. */
export interface RingKey {
  readonly kid: string;
  readonly bytes: Uint8Array<ArrayBuffer>;
}

const BASE64 = /^[A-Za-z0-9+/]+={0,2}$/;
const KID = /^[A-Za-z0-9_-]{1,32}$/;

/**
 * Reads `kid:base64,kid:base64`. The first key makes new signatures and seals, all of them verify and open, so that a
 * key is rotated by putting a new one in front. Throws on anything else: a Worker with a broken key must not serve.
 */
export function parseKeyring(name: string, value: string | undefined): readonly [RingKey, ...RingKey[]] {
  const keys = (value ?? '')
    .split(',')
    .filter((part) => part.trim() !== '')
    .map((part): RingKey => {
      const [kid, encoded, ...rest] = part.trim().split(':');
      if (kid === undefined || encoded === undefined || rest.length > 0 || !KID.test(kid)) {
        throw new Error(`${name} must be kid:base64,kid:base64`);
      }
      if (!BASE64.test(encoded)) throw new Error(`${name}: the key ${kid} is not base64`);
      const bytes = Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
      if (bytes.byteLength < 32) throw new Error(`${name}: the key ${kid} has less than 32 bytes`);
      return { kid, bytes };
    });
  const [first, ...others] = keys;
  if (first === undefined) throw new Error(`${name} is not set`);
  if (new Set(keys.map((key) => key.kid)).size < keys.length) throw new Error(`${name}: two keys have the same id`);
  return [first, ...others];
}

const caches = new Map<string, readonly [RingKey, ...RingKey[]]>();

/** The same, parsed once per isolate and value. */
export function keyring(name: string, value: string | undefined): readonly [RingKey, ...RingKey[]] {
  const at = `${name}=${value}`;
  let ring = caches.get(at);
  if (ring === undefined) {
    ring = parseKeyring(name, value);
    caches.set(at, ring);
  }
  return ring;
}
