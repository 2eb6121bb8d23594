import { SignJWT } from 'jose';
import { describe, expect, it } from 'vitest';
import { parseKeyring } from '../../../workers/platform/keyring.ts';
import { newApiKey, parseApiKey } from '../../../workers/platform/keys.ts';
import { signAccessToken, signTicket, verifyAccessToken, verifyTicket } from '../../../workers/platform/tokens.ts';

const OLD = `old:${btoa('o'.repeat(32))}`;
const NEW = `new:${btoa('n'.repeat(32))}`;
const NOW = Date.parse('2026-11-01T12:00:00Z');
const CLAIMS = {
  user_id: 'usr_1',
  organization_id: 'org_1',
  session_id: 'ses_1',
  role: 'editor',
  name: 'Zoë',
} as const;
const TICKET = { execution_id: 'exe_1', organization_id: 'org_1', held_to: null };

describe('access tokens', () => {
  it('carry their claims for fifteen minutes', async () => {
    const token = await signAccessToken(OLD, CLAIMS, NOW);
    expect(await verifyAccessToken(OLD, token, NOW)).toEqual({ ok: true, claims: CLAIMS });
    expect(await verifyAccessToken(OLD, token, NOW + 899_000)).toMatchObject({ ok: true });
    expect(await verifyAccessToken(OLD, token, NOW + 900_000)).toEqual({ ok: false, reason: 'expired' });
  });

  it('outlive a new signing key, but not the removal of theirs', async () => {
    const token = await signAccessToken(OLD, CLAIMS, NOW);
    expect(await verifyAccessToken(`${NEW},${OLD}`, token, NOW)).toMatchObject({ ok: true });
    expect(await verifyAccessToken(NEW, token, NOW)).toEqual({ ok: false, reason: 'invalid' });
    const fresh = await signAccessToken(`${NEW},${OLD}`, CLAIMS, NOW);
    expect(await verifyAccessToken(OLD, fresh, NOW)).toEqual({ ok: false, reason: 'invalid' });
  });

  it.each([
    ['another role', { role: 'emperor' }],
    ['no session', { sid: undefined }],
    ['no expiry', {}, false],
  ])('are not made of %s', async (_name, change, expires = true) => {
    const jwt = new SignJWT({ sub: 'u', org: 'o', sid: 's', role: 'owner', name: 'x', ...change })
      .setProtectedHeader({ alg: 'HS256', kid: 'old' })
      .setIssuer('agentflow')
      .setAudience('agentflow:api')
      .setIssuedAt(NOW / 1000);
    if (expires) jwt.setExpirationTime(NOW / 1000 + 60);
    const token = await jwt.sign(new TextEncoder().encode('o'.repeat(32)));
    expect(await verifyAccessToken(OLD, token, NOW)).toEqual({ ok: false, reason: 'invalid' });
  });
});

describe('stream tickets', () => {
  it('last a minute, and are neither access tokens nor the other way round', async () => {
    const ticket = await signTicket(OLD, TICKET, NOW);
    expect(await verifyTicket(OLD, ticket, NOW + 59_000)).toEqual({ ok: true, claims: TICKET });
    expect(await verifyTicket(OLD, ticket, NOW + 60_000)).toEqual({ ok: false, reason: 'expired' });
    expect(await verifyAccessToken(OLD, ticket, NOW)).toEqual({ ok: false, reason: 'invalid' });
    expect(await verifyTicket(OLD, await signAccessToken(OLD, CLAIMS, NOW), NOW)).toEqual({
      ok: false,
      reason: 'invalid',
    });
  });
});

describe('key rings', () => {
  it('keep their order', () => {
    expect(parseKeyring('AUTH_KEYS', ` ${NEW} , ${OLD},`).map((key) => key.kid)).toEqual(['new', 'old']);
  });
  it.each([
    [undefined, 'AUTH_KEYS is not set'],
    ['', 'AUTH_KEYS is not set'],
    ['nokey', 'AUTH_KEYS must be kid:base64,kid:base64'],
    [`a b:${btoa('o'.repeat(32))}`, 'AUTH_KEYS must be kid:base64,kid:base64'],
    ['a:%%%', 'AUTH_KEYS: the key a is not base64'],
    [`a:${btoa('short')}`, 'AUTH_KEYS: the key a has less than 32 bytes'],
    [`${OLD},${OLD}`, 'AUTH_KEYS: two keys have the same id'],
  ])('refuse %j', (value, message) => {
    expect(() => parseKeyring('AUTH_KEYS', value)).toThrow(message);
  });
});

describe('API keys', () => {
  const organizationId = 'org_01j9zq5t3v8x7w6y5z4abcdefg'.replace('defg', 'd0fg');
  it('name their organization and hide nothing but their secret', async () => {
    const made = await newApiKey(organizationId);
    expect(await parseApiKey(made.key)).toEqual({
      form: 'api_key',
      organization_id: organizationId,
      key_hash: made.key_hash,
    });
    expect(made.key_hash).toMatch(/^[0-9a-f]{64}$/);
    expect(made.prefix.length).toBeLessThan(20);
    expect((await newApiKey(organizationId)).key).not.toBe(made.key);
  });
  it.each([
    '',
    'af_live_',
    'af_live_x_y',
    `af_live_${'u'.repeat(26)}_${'0'.repeat(48)}`,
    `af_live_${'0'.repeat(26)}_${'0'.repeat(47)}`,
    `af_test_${'0'.repeat(26)}_${'0'.repeat(48)}`,
  ])('are not %j', async (text) => expect(await parseApiKey(text)).toBeNull());
});
