import { evictDurableObject, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { apiKeyScope } from '@agentflow/contracts';
import { exportJWK, generateKeyPair, SignJWT } from 'jose';
import { expect } from 'vitest';
import { keyring } from '../../../workers/platform/keyring.ts';
import { api, createKey, type Member } from '../../support/api.ts';

interface Forgery {
  readonly alg?: string;
  readonly kid?: string;
  readonly secret?: Uint8Array;
  /** Seconds from now. */
  readonly expires?: number;
  readonly audience?: string;
}

function claimsOf(owner: Member) {
  return { sub: owner.user_id, org: owner.organization_id, sid: owner.session_id, role: 'owner', name: 'x' };
}

/** A token that claims to be the owner's, and is in all but what the forgery says. */
function tokenWith(owner: Member, forgery: Forgery): Promise<string> {
  const [first] = keyring('AUTH_KEYS', env.AUTH_KEYS);
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT(claimsOf(owner))
    .setProtectedHeader({ alg: forgery.alg ?? 'HS256', kid: forgery.kid ?? first.kid })
    .setIssuer('agentflow')
    .setAudience(forgery.audience ?? 'agentflow:api')
    .setIssuedAt(now - 100)
    .setExpirationTime(now + (forgery.expires ?? 100))
    .sign(forgery.secret ?? first.bytes);
}

function unsigned(owner: Member, header: object): string {
  const encode = (value: object) =>
    btoa(JSON.stringify(value)).replaceAll('=', '').replaceAll('+', '-').replaceAll('/', '_');
  const now = Math.floor(Date.now() / 1000);
  const claims = { iss: 'agentflow', aud: 'agentflow:api', iat: now, exp: now + 100, ...claimsOf(owner) };
  return `${encode(header)}.${encode(claims)}.`;
}

/** Signed with a key of the forger's own, which the header brings along. */
let ownKey: Promise<CryptoKeyPair> | undefined;

async function signedByRsa(owner: Member): Promise<string> {
  ownKey ??= generateKeyPair('RS256', { extractable: true }) as Promise<CryptoKeyPair>;
  const { publicKey, privateKey } = await ownKey;
  const now = Math.floor(Date.now() / 1000);
  return new SignJWT(claimsOf(owner))
    .setProtectedHeader({ alg: 'RS256', kid: 'test1', jwk: await exportJWK(publicKey) })
    .setIssuer('agentflow')
    .setAudience('agentflow:api')
    .setIssuedAt(now)
    .setExpirationTime(now + 100)
    .sign(privateKey);
}

/** Credentials that never were good, made by somebody who knows everything about the owner but the keys. */
export async function forgedTokens(owner: Member): Promise<string[]> {
  return [
    'x',
    await tokenWith(owner, { secret: new TextEncoder().encode('another key of thirty-two bytes!') }),
    await tokenWith(owner, { kid: 'unknown' }),
    await tokenWith(owner, { alg: 'HS512', secret: new Uint8Array(64).fill(7) }),
    await tokenWith(owner, { audience: 'agentflow:stream' }),
    await signedByRsa(owner),
    unsigned(owner, { alg: 'none', kid: 'test1' }),
    unsigned(owner, { alg: 'None' }),
    `af_live_${owner.organization_id.slice(4)}_${'0'.repeat(48)}`,
    `af_live_${'0'.repeat(26)}_${'0'.repeat(48)}`,
    'af_live_x',
  ];
}

export function expiredToken(owner: Member): Promise<string> {
  return tokenWith(owner, { expires: -10 });
}

/** Two keys with every scope that were good once: one has expired, the other was revoked. */
export async function deadKeys(owner: Member): Promise<{ expired: string; revoked: string }> {
  const [expired, revoked] = [await createKey(owner, apiKeyScope.options), await createKey(owner, apiKeyScope.options)];
  const ended = await api(`/org/api-keys/${revoked.id}`, { method: 'DELETE', token: owner.token });
  expect(ended.status).toBe(204);
  const desk = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(owner.organization_id));
  await runInDurableObject(desk, (_desk, state) => {
    state.storage.sql.exec(
      "UPDATE keys SET expires_at = 1, record = json_set(record, '$.expires_at', 1) WHERE id = ?",
      expired.id,
    );
  });
  // What it remembers of the key goes with its memory.
  await evictDurableObject(desk);
  return { expired: expired.key, revoked: revoked.key };
}
