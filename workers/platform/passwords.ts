import { randomBytes, scrypt, timingSafeEqual } from 'node:crypto';
import { ApiError } from './errors.ts';

/**
 * Password hashes: scrypt (RFC 7914) with N=2^15, r=8, p=3, one of OWASP's equivalent minimum settings (Password Storage
 * Cheat Sheet): 32 MiB and some 100–200 ms each. Stored as `scrypt$N$r$p$salt$hash`, salt and hash in base64url.
 */
const PARAMETERS = { N: 2 ** 15, r: 8, p: 3 } as const;
const SALT_BYTES = 16;
const HASH_BYTES = 32;
/** scrypt needs 128·N·r bytes and a little more. */
const MAX_MEMORY = 48 * 1024 * 1024;

/**
 * One hash at a time in an isolate, in slots of about one and a half times its cost, since it blocks the thread: a wave
 * of logins waits its turn, and other requests run between the hashes. Fifty people at once are in within 15 s. Slots
 * instead of a queue: a caller that goes away leaves nothing locked.
 */
const SLOT_MS = 300;
const MAX_WAIT_MS = 15_000;
let nextSlot = 0;

/** Waits for the next free slot; refuses when that is too far off. */
async function takeSlot(): Promise<void> {
  const now = Date.now();
  // Further off than anybody may wait: the clock was set back.
  if (nextSlot > now + MAX_WAIT_MS + SLOT_MS) nextSlot = now;
  const start = Math.max(now, nextSlot);
  if (start - now > MAX_WAIT_MS) {
    throw new ApiError(
      'upstream_unavailable',
      'Too many people are signing in right now. Try again in a few seconds.',
      {
        headers: { 'Retry-After': String(Math.ceil(MAX_WAIT_MS / 1000)) },
      },
    );
  }
  nextSlot = start + SLOT_MS;
  if (start > now) await scheduler.wait(start - now);
}

async function derive(
  password: string,
  salt: Uint8Array,
  cost: { N: number; r: number; p: number },
  bytes: number,
): Promise<Buffer> {
  await takeSlot();
  return new Promise<Buffer>((resolve, reject) => {
    scrypt(password.normalize('NFKC'), salt, bytes, { ...cost, maxmem: MAX_MEMORY }, (error, key) => {
      if (error === null) resolve(key);
      else reject(error);
    });
  });
}

/** A new hash with a random salt. Passwords are compared in Unicode NFKC, so that keyboards do not matter. */
export async function hashPassword(password: string): Promise<string> {
  const salt = randomBytes(SALT_BYTES);
  const hash = await derive(password, salt, PARAMETERS, HASH_BYTES);
  const { N, r, p } = PARAMETERS;
  return `scrypt$${N}$${r}$${p}$${salt.toString('base64url')}$${hash.toString('base64url')}`;
}

/**
 * Whether the password fits. With `null` (no such user) the same work is done and the answer is false, so that time does
 * not tell which addresses are registered.
 */
export async function verifyPassword(password: string, stored: string | null): Promise<boolean> {
  if (stored === null) {
    await derive(password, randomBytes(SALT_BYTES), PARAMETERS, HASH_BYTES);
    return false;
  }
  const [scheme, N, r, p, salt, hash, ...rest] = stored.split('$');
  if (scheme !== 'scrypt' || salt === undefined || hash === undefined || rest.length > 0) {
    throw new Error('a password hash of an unknown form');
  }
  const expected = Buffer.from(hash, 'base64url');
  const cost = { N: Number(N), r: Number(r), p: Number(p) };
  const actual = await derive(password, Buffer.from(salt, 'base64url'), cost, expected.byteLength);
  return timingSafeEqual(actual, expected);
}
