import { env } from 'cloudflare:workers';
import type { SentInvitation } from '@agentflow/contracts';
import { describe, expect, inject, it } from 'vitest';
import { invitationMail, mailName } from '../../../workers/domains/invitations/invitation-mail.ts';
import type { Env } from '../../../workers/platform/env.ts';
import { createMailer, type Mailer } from '../../../workers/platform/mail.ts';
import { signAccessToken } from '../../../workers/platform/tokens.ts';
import { api, expectProblem, type Member, signUp } from '../../support/api.ts';
import type { SentMail } from '../../support/mail-server.ts';
import { accept, apiWith, logged, someAddress } from '../../support/people.ts';

const server = inject('mailServerUrl');
const configured = {
  MAIL_API_KEY: 're_test_key',
  MAIL_FROM: 'AgentFlow <agents@example.com>',
  MAIL_API_URL: server,
  OUTBOUND_ALLOW: new URL(server).host,
  PUBLIC_URL: 'https://ui.example',
} satisfies Partial<Env>;

const ask = async <T>(path: string, to: string): Promise<T> =>
  (await fetch(`${server}${path}?to=${encodeURIComponent(to)}`)).json<T>();
const sentTo = (to: string) => ask<SentMail[]>('/sent', to);
const tries = (to: string) => ask<number>('/tries', to);

function mailer(changed: Partial<Env> = {}, timeout_ms = 5000): Mailer {
  const made = createMailer({ ...env, ...configured, ...changed }, { timeout_ms });
  if (made === null) throw new Error('not configured');
  return made;
}

const mailTo = (to: string) => ({ to, subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' });

async function inviteByMail(owner: Member, email: string) {
  return apiWith<SentInvitation>(configured, '/org/members/invite', {
    token: owner.token,
    body: { email, role: 'editor' },
  });
}

describe('the mailer', () => {
  it('is there only where key and sender are set', () => {
    expect(createMailer(env)).toBeNull();
    expect(createMailer({ ...env, MAIL_API_KEY: 're_x' })).toBeNull();
    expect(createMailer({ ...env, MAIL_API_KEY: '', MAIL_FROM: 'a@example.com' })).toBeNull();
  });

  it('sends what the service takes, once for one idempotency key', async () => {
    const to = someAddress();
    const key = crypto.randomUUID();
    const first = await mailer().send(mailTo(to), key);
    expect(first).toMatchObject({ sent: true });
    expect(await mailer().send(mailTo(to), key)).toEqual(first);
    expect(await sentTo(to)).toMatchObject([
      { from: 'AgentFlow <agents@example.com>', to: [to], subject: 'Hello', text: 'Hello', html: '<p>Hello</p>' },
    ]);
    const other = await mailer().send({ ...mailTo(to), subject: 'Bye' }, key);
    const reason = 'the mail service answered 409 invalid_idempotent_request';
    expect(other).toEqual({ sent: false, reason, retryable: false, retry_after_ms: null });
  });

  it.each([
    ['reject', 'the mail service answered 422 validation_error', 1, false, null],
    ['limited', 'the mail service answered 429 rate_limit_exceeded', 1, true, 7000],
    ['down', 'the mail service answered 500 application_error', 2, true, null],
    ['odd', 'the mail service answered 200 without an id', 1, false, null],
  ])('tells why a mail to %s was not sent, and whether it may be later', async (local, reason, asked, ...rest) => {
    const to = someAddress(local);
    const [retryable, retry_after_ms] = rest;
    expect(await mailer().send(mailTo(to), to)).toEqual({ sent: false, reason, retryable, retry_after_ms });
    expect(await tries(to)).toBe(asked);
  });

  it.each(['flaky', 'drop'])('tries again after a moment of trouble (%s)', async (local) => {
    const to = someAddress(local);
    expect(await mailer().send(mailTo(to), to)).toMatchObject({ sent: true });
    expect(await sentTo(to)).toHaveLength(1);
  });

  it.each(['hang', 'stall'])('gives up on a service that does not answer (%s)', async (local) => {
    const to = someAddress(local);
    const reason = 'the mail service did not answer within 300 ms';
    const refused = { sent: false, reason, retryable: true, retry_after_ms: null };
    expect(await mailer({}, 300).send(mailTo(to), to)).toEqual(refused);
    expect(await tries(to)).toBe(1);
  });

  it('goes through the guarded way out', async () => {
    const to = someAddress();
    const result = await mailer({ OUTBOUND_ALLOW: '' }).send(mailTo(to), to);
    const reason = expect.stringContaining('private or reserved address');
    expect(result).toMatchObject({ sent: false, reason, retryable: false });
    expect(await sentTo(to)).toEqual([]);
  });

  it.each([
    ['a key that is not one', { MAIL_API_KEY: 'wrong' }, '403 invalid_api_key'],
    ['another base URL', { MAIL_API_URL: `${server}/v2` }, '404 not_found'],
  ])('says what is wrong with %s', async (_name, changed, reason) => {
    const result = await mailer(changed).send(mailTo(someAddress()), crypto.randomUUID());
    expect(result).toMatchObject({ sent: false, reason: `the mail service answered ${reason}`, retryable: false });
  });
});

describe('an invitation by mail', () => {
  it('puts the link into the mail, and nowhere else', async () => {
    const owner = await signUp({ organization_name: 'Harbour' });
    const email = someAddress();
    let answer: Awaited<ReturnType<typeof inviteByMail>> | undefined;
    const lines = await logged(async () => {
      answer = await inviteByMail(owner, email);
    });
    expect(answer?.status).toBe(201);
    expect(answer?.body).toMatchObject({ delivery: 'sent', link: null });
    const [mail, ...others] = await sentTo(email);
    expect(others).toEqual([]);
    const token = /https:\/\/ui\.example\/invitations\/([\w-]{43})\n/.exec(mail?.text ?? '')?.[1] ?? '';
    expect(mail?.html).toContain(`href="https://ui.example/invitations/${token}"`);
    expect(mail?.subject).toBe('Invitation to “Harbour” on AgentFlow');
    expect(JSON.stringify([answer?.body, lines, mail?.idempotency_key])).not.toContain(token);
    expect(lines.some((line) => line.includes('mail.sent'))).toBe(true);
    expect(lines.join()).not.toContain(configured.MAIL_API_KEY);
    expect((await accept(token, { body: { password: 'a new long password' } })).status).toBe(200);
  });

  it('stays when the mail fails, and can be sent again', async () => {
    const owner = await signUp();
    const email = someAddress('reject');
    let answer: Awaited<ReturnType<typeof inviteByMail>> | undefined;
    const lines = await logged(async () => {
      answer = await inviteByMail(owner, email);
    });
    expect(answer?.status).toBe(201);
    expect(answer?.body).toMatchObject({ delivery: 'failed', link: null });
    const failure = lines.map((line) => JSON.parse(line)).find(({ event }) => event === 'mail.failed');
    expect(failure).toMatchObject({ reason: 'the mail service answered 422 validation_error' });
    expect(lines.join()).not.toContain('ui.example/invitations');
    const page = await api<{ data: { delivery: string }[] }>('/org/members/invitations', { token: owner.token });
    expect(page.body.data).toMatchObject([{ delivery: 'failed' }]);
    const again = await api<SentInvitation>(`/org/members/invitations/${answer?.body.id}/resend`, {
      token: owner.token,
      method: 'POST',
    });
    expect(again.body.delivery).toBe('shown');
  });

  it('is sent anew with another link by sending again', async () => {
    const owner = await signUp();
    const email = someAddress();
    const { body } = await inviteByMail(owner, email);
    const again = await apiWith<SentInvitation>(configured, `/org/members/invitations/${body.id}/resend`, {
      token: owner.token,
    });
    expect(again.body).toMatchObject({ delivery: 'sent', link: null });
    const mails = await sentTo(email);
    expect(mails).toHaveLength(2);
    expect(mails[0]?.text).not.toBe(mails[1]?.text);
  });

  it('is refused in production without a mail sender, and nothing is stored', async () => {
    const owner = await signUp();
    const random = (label: string) => `${label}:${btoa(`\0${crypto.randomUUID()}`)}`;
    const production = {
      ENVIRONMENT: 'production',
      OUTBOUND_ALLOW: '',
      PUBLIC_URL: 'https://ui.example',
      VAULT_KEYS: random('k1'),
      AUTH_KEYS: random('k1'),
    } satisfies Partial<Env>;
    const token = await signAccessToken(production.AUTH_KEYS, { ...owner, name: 'x' }, Date.now());
    const body = { email: someAddress(), role: 'viewer' };
    const answer = await apiWith(production, '/org/members/invite', { token, body });
    expectProblem(answer, 503, 'mail_not_configured');
    const rows = await env.DB.prepare('SELECT id FROM invitations WHERE organization_id = ?')
      .bind(owner.organization_id)
      .all();
    expect(rows.results).toEqual([]);
  });
});

describe('the text of a mail', () => {
  const of = (organization: string, inviter = 'Ada') =>
    invitationMail({
      to: 'a@example.com',
      link: 'https://ui.example/invitations/x',
      organization,
      inviter,
      role: 'editor',
      expires_at: Date.UTC(2030, 0, 2, 3, 4),
    });

  it('says who invites to what, as what and until when', async () => {
    const mail = await of('Crème & Co.');
    expect(mail.subject).toBe('Invitation to “Crème & Co.” on AgentFlow');
    expect(mail.text).toContain('Ada invites you to join “Crème & Co.” on AgentFlow as editor.');
    expect(mail.text).toContain('until 2030-01-02 03:04 UTC');
    expect(mail.html).toContain('“Crème &amp; Co.”');
  });

  it('takes hostile names without harm', async () => {
    const hostile =
      'Evil</p><script>alert(1)</script>\r\nBcc: all@example.com\u2028\u202eX http://evil.example/win "\'';
    const mail = await of(hostile, hostile);
    expect(mail.subject).not.toMatch(/[\p{Cc}\u2028\u202e]/u);
    expect(mail.html).not.toContain('<script');
    expect(mail.html.match(/<a /g)).toHaveLength(1);
    for (const part of [mail.subject, mail.text, mail.html]) {
      expect(part).not.toContain('http://evil.example');
      expect(part).not.toContain('evil.example');
      expect(part).not.toContain('all@example.com');
    }
    expect(mail.text.split('\n')).toHaveLength((await of('x')).text.split('\n').length);
  });

  it('cuts names that are too long for a subject', () => {
    expect([...mailName('x'.repeat(1000))]).toHaveLength(80);
    expect([...mailName('👩'.repeat(100))].slice(-1)).toEqual(['…']);
  });
});
