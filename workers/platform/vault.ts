import { base64url } from 'jose';
import { keyring } from './keyring.ts';

/**
 * Secrets at rest: AES-256-GCM under one random data key per organization, which is itself sealed by a master key
 * (VAULT_KEYS). A leaked row opens nothing without the master key, and a new master key re-wraps keys, not secrets.
 * Texts: a wrapped key is `kid.iv.ciphertext`, a sealed value `1.iv.ciphertext`, parts in base64url. The additional
 * data binds a value to its place: a sealed value that is copied to another row does not open.
 */
export type DataKey = CryptoKey;

const FORMAT = '1';
const IV_BYTES = 12;

function encode(bytes: ArrayBuffer | Uint8Array): string {
  return base64url.encode(new Uint8Array(bytes));
}

function decode(text: string): Uint8Array<ArrayBuffer> {
  return new Uint8Array(base64url.decode(text));
}

async function encrypt(key: CryptoKey, label: string, bytes: Uint8Array<ArrayBuffer>, aad: string): Promise<string> {
  const iv = crypto.getRandomValues(new Uint8Array(IV_BYTES));
  const additionalData = new TextEncoder().encode(aad);
  const sealed = await crypto.subtle.encrypt({ name: 'AES-GCM', iv, additionalData }, key, bytes);
  return `${label}.${encode(iv)}.${encode(sealed)}`;
}

async function decrypt(key: CryptoKey, iv: string, sealed: string, aad: string): Promise<ArrayBuffer> {
  const additionalData = new TextEncoder().encode(aad);
  return crypto.subtle.decrypt({ name: 'AES-GCM', iv: decode(iv), additionalData }, key, decode(sealed));
}

function partsOf(text: string): [string, string, string] {
  const [label, iv, sealed, ...rest] = text.split('.');
  if (label === undefined || iv === undefined || sealed === undefined || rest.length > 0) {
    throw new Error('not a value that the vault sealed');
  }
  return [label, iv, sealed];
}

/** Values, not promises: a promise belongs to the object that made it and may never settle for another one. */
const masters = new Map<string, CryptoKey>();

async function masterKey(vaultKeys: string, kid: string | null): Promise<{ kid: string; key: CryptoKey }> {
  const ring = keyring('VAULT_KEYS', vaultKeys);
  const found = kid === null ? ring[0] : ring.find((each) => each.kid === kid);
  if (found === undefined) throw new Error(`VAULT_KEYS has no key ${kid}`);
  const at = `${found.kid}:${encode(found.bytes)}`;
  const known = masters.get(at);
  if (known !== undefined) return { kid: found.kid, key: known };
  const key = await crypto.subtle.importKey('raw', found.bytes.slice(0, 32), 'AES-GCM', false, ['encrypt', 'decrypt']);
  masters.set(at, key);
  return { kid: found.kid, key };
}

/** A new organization's data key, wrapped for its row. */
export async function newWrappedKey(vaultKeys: string, organizationId: string): Promise<string> {
  const { kid, key } = await masterKey(vaultKeys, null);
  return encrypt(key, kid, crypto.getRandomValues(new Uint8Array(32)), `organization:${organizationId}`);
}

/** Opens a wrapped key. Throws when its master key is gone or the text was tampered with. */
export async function unwrapKey(vaultKeys: string, organizationId: string, wrapped: string): Promise<DataKey> {
  const [kid, iv, sealed] = partsOf(wrapped);
  const { key } = await masterKey(vaultKeys, kid);
  const raw = await decrypt(key, iv, sealed, `organization:${organizationId}`);
  return crypto.subtle.importKey('raw', raw, 'AES-GCM', false, ['encrypt', 'decrypt']);
}

/** Seals text. `aad` names the place where it will lie, for example `env_var:<org>:<name>`. */
export function seal(key: DataKey, plaintext: string, aad: string): Promise<string> {
  return encrypt(key, FORMAT, new Uint8Array(new TextEncoder().encode(plaintext)), aad);
}

/** Opens what `seal` made with the same key and `aad`; throws on anything else. */
export async function open(key: DataKey, sealed: string, aad: string): Promise<string> {
  const [format, iv, ciphertext] = partsOf(sealed);
  if (format !== FORMAT) throw new Error(`sealed with an unknown format ${format}`);
  return new TextDecoder().decode(await decrypt(key, iv, ciphertext, aad));
}
