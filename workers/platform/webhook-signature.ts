import { hexOf } from './digest.ts';

/**
 * Signatures as Standard Webhooks has them (https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md):
 * `v1` is HMAC-SHA256 with a shared secret (`whsec_` and base64), `v1a` is Ed25519 with a private key (`whsk_` and base64 of
 * the 32 bytes of the seed and the 32 of the public key) whose public key (`whpk_` and base64) verifies. What is signed is
 * `id.timestamp.body`.
 */

export interface SignedMessage {
  readonly id: string;
  /** In seconds since the epoch. */
  readonly timestamp: number;
}

/** A secret that is ready to sign. */
export interface WebhookSigner {
  readonly sign: (message: SignedMessage, body: string) => Promise<string>;
  /** HMAC of the body alone in hex, for receivers that check no more than that; null without a shared secret. */
  readonly plain: ((body: string) => Promise<string>) | null;
}

const encoder = new TextEncoder();
const SEED_BYTES = 32;
const SECRET_BYTES = 32;

/** @param secret `whsec_…` or `whsk_…`; any other text is the shared secret itself. Throws for a `whsk_` that is none. */
export function webhookSigner(secret: string): Promise<WebhookSigner> {
  return secret.startsWith('whsk_') ? asymmetric(secret) : symmetric(secret);
}

/**
 * The headers of one attempt. All signers sign, so that a receiver which still has the secret before the last rotation
 * goes on; the plain signature is that of the first one.
 */
export async function signedHeaders(
  signers: readonly WebhookSigner[],
  message: SignedMessage,
  body: string,
): Promise<Record<string, string>> {
  const signatures = await Promise.all(signers.map((signer) => signer.sign(message, body)));
  const plain = await signers[0]?.plain?.(body);
  return {
    'webhook-id': message.id,
    'webhook-timestamp': String(message.timestamp),
    'webhook-signature': signatures.join(' '),
    ...(plain === undefined ? {} : { 'X-Webhook-Signature': plain }),
  };
}

/** The headers for what is signed once, with one secret. */
export async function webhookHeaders(
  secret: string,
  message: SignedMessage,
  body: string,
): Promise<Record<string, string>> {
  return signedHeaders([await webhookSigner(secret)], message, body);
}

/** A new shared secret: `whsec_` and base64 of 32 random bytes. */
export function newWebhookSecret(): string {
  return `whsec_${base64Of(crypto.getRandomValues(new Uint8Array(SECRET_BYTES)))}`;
}

/** A new key pair for `v1a`. */
export async function newWebhookKeyPair(): Promise<{ readonly secret: string; readonly public_key: string }> {
  const pair = (await crypto.subtle.generateKey({ name: 'Ed25519' }, true, ['sign', 'verify'])) as CryptoKeyPair;
  const jwk = (await crypto.subtle.exportKey('jwk', pair.privateKey)) as JsonWebKey;
  const [seed, open] = [bytesOf(jwk.d ?? ''), bytesOf(jwk.x ?? '')];
  return { secret: `whsk_${base64Of(new Uint8Array([...seed, ...open]))}`, public_key: `whpk_${base64Of(open)}` };
}

async function symmetric(secret: string): Promise<WebhookSigner> {
  const algorithm = { name: 'HMAC', hash: 'SHA-256' };
  const key = await crypto.subtle.importKey('raw', sharedBytes(secret), algorithm, false, ['sign']);
  const mac = async (text: string) => new Uint8Array(await crypto.subtle.sign('HMAC', key, encoder.encode(text)));
  return {
    sign: async ({ id, timestamp }, body) => `v1,${base64Of(await mac(`${id}.${timestamp}.${body}`))}`,
    plain: async (body) => hexOf(await mac(body)),
  };
}

async function asymmetric(secret: string): Promise<WebhookSigner> {
  const bytes = bytesOf(secret.slice('whsk_'.length));
  if (bytes.byteLength !== 2 * SEED_BYTES) throw new Error('a whsk_ key has 64 bytes');
  const jwk = {
    kty: 'OKP',
    crv: 'Ed25519',
    d: base64UrlOf(bytes.subarray(0, SEED_BYTES)),
    x: base64UrlOf(bytes.subarray(SEED_BYTES)),
  };
  const key = await crypto.subtle.importKey('jwk', jwk, { name: 'Ed25519' }, false, ['sign']);
  return {
    sign: async ({ id, timestamp }, body) => {
      const signed = await crypto.subtle.sign('Ed25519', key, encoder.encode(`${id}.${timestamp}.${body}`));
      return `v1a,${base64Of(new Uint8Array(signed))}`;
    },
    plain: null,
  };
}

function sharedBytes(secret: string): Uint8Array<ArrayBuffer> {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(secret)?.[1];
  return encoded === undefined || encoded.length % 4 === 1 ? new Uint8Array(encoder.encode(secret)) : bytesOf(encoded);
}

/** Base64 of either alphabet. */
function bytesOf(text: string): Uint8Array<ArrayBuffer> {
  const plain = text.replaceAll('-', '+').replaceAll('_', '/');
  return Uint8Array.from(atob(plain), (character) => character.charCodeAt(0));
}

function base64Of(bytes: Uint8Array): string {
  return btoa(String.fromCharCode(...bytes));
}

function base64UrlOf(bytes: Uint8Array): string {
  return base64Of(bytes).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}
