import { Webhook as StandardWebhook } from 'standardwebhooks';
import { Webhook as SvixWebhook } from 'svix';
import { describe, expect, it } from 'vitest';
import {
  newWebhookKeyPair,
  newWebhookSecret,
  signedHeaders,
  webhookSigner,
} from '../../../workers/platform/webhook-signature.ts';

const BODIES = ['{}', '{"text":"Grüße 👋"}', `{"text":"${'x'.repeat(60_000)}"}`, '{"a":"\\u0000\\n"}'];
const VERIFIERS = { standardwebhooks: StandardWebhook, svix: SvixWebhook };
const ID = 'evt_01h00000000000000000000000';
const now = () => Math.floor(Date.now() / 1000);

async function headersBy(secrets: readonly string[], body: string, timestamp = now()) {
  return signedHeaders(await Promise.all(secrets.map(webhookSigner)), { id: ID, timestamp }, body);
}

describe.each(Object.entries(VERIFIERS))('%s', (_name, Verifier) => {
  it('accepts every signature', async () => {
    for (const body of BODIES) {
      const secret = newWebhookSecret();
      const headers = await headersBy([secret], body);
      expect(() => new Verifier(secret).verify(body, headers)).not.toThrow();
    }
  });

  it('accepts either secret while a rotation overlaps, and no other', async () => {
    const [fresh, former, foreign] = [newWebhookSecret(), newWebhookSecret(), newWebhookSecret()];
    const headers = await headersBy([fresh, former], '{}');
    expect(() => new Verifier(fresh).verify('{}', headers)).not.toThrow();
    expect(() => new Verifier(former).verify('{}', headers)).not.toThrow();
    expect(() => new Verifier(foreign).verify('{}', headers)).toThrow('No matching signature');
  });

  it('refuses what was tampered with', async () => {
    const secret = newWebhookSecret();
    const headers = await headersBy([secret], '{"amount":1}');
    const verifier = new Verifier(secret);
    expect(() => verifier.verify('{"amount":2}', headers)).toThrow();
    expect(() => verifier.verify('{"amount":1}', { ...headers, 'webhook-id': 'evt_other' })).toThrow();
    expect(() => verifier.verify('{"amount":1}', { ...headers, 'webhook-timestamp': String(now() - 60) })).toThrow();
  });

  it('refuses what is old, or from the future', async () => {
    const secret = newWebhookSecret();
    const verifier = new Verifier(secret);
    const recent = await headersBy([secret], '{}', now() - 200);
    expect(() => verifier.verify('{}', recent)).not.toThrow();
    for (const timestamp of [now() - 400, now() + 400]) {
      const headers = await headersBy([secret], '{}', timestamp);
      expect(() => verifier.verify('{}', headers)).toThrow(/too (old|new)/);
    }
  });
});

async function verifies(publicKey: string, signature: string, text: string): Promise<boolean> {
  const bytes = (encoded: string) => Uint8Array.from(atob(encoded), (character) => character.charCodeAt(0));
  const key = await crypto.subtle.importKey('raw', bytes(publicKey.slice('whpk_'.length)), 'Ed25519', false, [
    'verify',
  ]);
  return crypto.subtle.verify('Ed25519', key, bytes(signature.slice('v1a,'.length)), new TextEncoder().encode(text));
}

describe('v1a', () => {
  it('is verified with the public key, and only as it was signed', async () => {
    const { secret, public_key } = await newWebhookKeyPair();
    expect(public_key).toMatch(/^whpk_[A-Za-z0-9+/]{43}=$/);
    const other = await newWebhookKeyPair();
    for (const body of BODIES) {
      const headers = await headersBy([secret], body);
      const [signature = '', at] = [headers['webhook-signature'], headers['webhook-timestamp']];
      expect(signature).toMatch(/^v1a,[A-Za-z0-9+/]{86}==$/);
      expect(await verifies(public_key, signature, `${ID}.${at}.${body}`)).toBe(true);
      expect(await verifies(public_key, signature, `${ID}.${at}.${body} `)).toBe(false);
      expect(await verifies(public_key, signature, `${ID}.${Number(at) + 1}.${body}`)).toBe(false);
      expect(await verifies(other.public_key, signature, `${ID}.${at}.${body}`)).toBe(false);
      expect(headers).not.toHaveProperty('X-Webhook-Signature');
    }
  });

  it('is signed by both keys during an overlap', async () => {
    const [fresh, former] = [await newWebhookKeyPair(), await newWebhookKeyPair()];
    const headers = await headersBy([fresh.secret, former.secret], '{}');
    const [one = '', two = ''] = headers['webhook-signature']?.split(' ') ?? [];
    const text = `${ID}.${headers['webhook-timestamp']}.{}`;
    expect(await verifies(fresh.public_key, one, text)).toBe(true);
    expect(await verifies(former.public_key, two, text)).toBe(true);
  });

  it('takes no key of another length', async () => {
    await expect(webhookSigner(`whsk_${btoa('short')}`)).rejects.toThrow('64 bytes');
  });
});
