import { createExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../../workers/app.ts';
import type { Env } from '../../../workers/platform/env.ts';
import { createMailer, type Mail, type Mailer } from '../../../workers/platform/mail.ts';
import { ORIGIN, signUp } from '../../support/api.ts';
import { apiWith, logged, someAddress } from '../../support/people.ts';

const FROM = 'AgentFlow <agents@example.com>';

function made(changed: Partial<Env>): Mailer {
  const mailer = createMailer({ ...env, ...changed });
  if (mailer === null) throw new Error('not configured');
  return mailer;
}

const mailTo = (to: string, changed: Partial<Mail> = {}): Mail => ({
  to,
  subject: 'Grüße 👋',
  text: 'Hello',
  html: '<p>Hello</p>',
  ...changed,
});

async function page(changed: Partial<Env>): Promise<{ status: number; text: string; headers: Headers }> {
  const request = new Request(`${ORIGIN}/dev/mails`);
  const response = await createApp().fetch(request, { ...env, ...changed }, createExecutionContext());
  return { status: response.status, text: await response.text(), headers: response.headers };
}

/** A binding that refuses as the service does: with an error that has a code, and a message that repeats the mail. */
function refusing(code: string | null): SendEmail {
  return {
    send: async (message: unknown) => {
      throw Object.assign(new Error(JSON.stringify(message)), code === null ? {} : { code });
    },
  };
}

describe('the Email Service', () => {
  const binding = env.EMAIL_SERVICE_OF_TESTS;

  it('takes mails with subjects in any writing, and senders with and without a name', async () => {
    for (const MAIL_FROM of [
      FROM,
      'agents@example.com',
      '<agents@example.com>',
      '"Agent, Flow" <agents@example.com>',
    ]) {
      const result = await made({ SEND_EMAIL: binding, MAIL_FROM }).send(mailTo(someAddress()), 'key');
      expect(result).toEqual({ sent: true, id: expect.stringContaining('@') });
    }
  });

  it('gets no header but those that are ours', async () => {
    const given: { subject?: string; from?: unknown }[] = [];
    const recording: SendEmail = {
      send: async (message: unknown) => {
        given.push(message as { subject: string });
        return binding.send(message as Parameters<SendEmail['send']>[0]);
      },
    };
    const subject = 'Hello\r\nBcc: everybody@example.com\u2028X: y\u0000';
    const result = await made({ SEND_EMAIL: recording, MAIL_FROM: FROM }).send(
      mailTo(someAddress(), { subject }),
      'key',
    );
    expect(result.sent).toBe(true);
    expect(given).toMatchObject([
      { subject: 'Hello Bcc: everybody@example.com X: y', from: { name: 'AgentFlow', email: 'agents@example.com' } },
    ]);
    expect(Object.keys(given[0] ?? {}).sort()).toEqual(['from', 'html', 'subject', 'text', 'to']);
  });

  it.each([
    ['E_RATE_LIMIT_EXCEEDED', true],
    ['E_DAILY_LIMIT_EXCEEDED', true],
    ['E_INTERNAL_SERVER_ERROR', true],
    ['E_SENDER_NOT_VERIFIED', false],
    ['E_RECIPIENT_SUPPRESSED', false],
    ['E_VALIDATION_ERROR', false],
    [null, true],
    ['secret words', true],
  ])('refuses with %s: may it be taken later: %s', async (code, retryable) => {
    const mail = mailTo(someAddress());
    const result = await made({ SEND_EMAIL: refusing(code), MAIL_FROM: FROM }).send(mail, 'key');
    expect(result).toMatchObject({ sent: false, retryable, retry_after_ms: null });
    expect(JSON.stringify(result)).not.toMatch(/secret|@example/);
    if (code?.startsWith('E_')) expect(result).toMatchObject({ reason: expect.stringContaining(code) });
  });

  it('is asked before Resend, and not without a sender', async () => {
    const both = { SEND_EMAIL: binding, MAIL_API_KEY: 're_x', MAIL_FROM: FROM, MAIL_API_URL: 'http://127.0.0.1:1' };
    expect((await made(both).send(mailTo(someAddress()), 'key')).sent).toBe(true);
    expect(createMailer({ ...env, SEND_EMAIL: binding, MAIL_FROM: '' })).toBeNull();
  });
});

describe('mails of local mode', () => {
  const local = { ENVIRONMENT: 'local' } as const;

  it('are kept, the newest first, once for one idempotency key, and told in the log', async () => {
    const [first, second] = [someAddress(), someAddress()];
    const lines = await logged(async () => {
      await made(local).send(mailTo(first, { subject: 'One\nline' }), `key/${first}`);
      await made(local).send(mailTo(first), `key/${first}`);
    });
    expect(lines).toHaveLength(1);
    expect(JSON.parse(lines[0] ?? '')).toMatchObject({
      event: 'mail.kept',
      to: first,
      subject: 'One line',
      text: 'Hello',
    });
    // Keys have the time in milliseconds.
    const before = Date.now();
    while (Date.now() === before) await scheduler.wait(1);
    await logged(() => made(local).send(mailTo(second), `key/${second}`));
    const { status, text, headers } = await page(local);
    expect(status).toBe(200);
    expect(headers.get('cache-control')).toBe('no-store');
    expect(text.split(first)).toHaveLength(2);
    expect(text.indexOf(second)).toBeLessThan(text.indexOf(first));
  });

  it('are shown without power over the page', async () => {
    const to = someAddress();
    const hostile = '"><script>alert(1)</script><img src=x onerror=alert(2)>';
    await logged(() => made(local).send(mailTo(to, { subject: hostile, text: hostile, html: hostile }), to));
    const { text } = await page(local);
    expect(text).not.toContain('<script>');
    expect(text).not.toContain('<img');
    expect(text).toMatch(
      /<iframe sandbox="allow-popups allow-popups-to-escape-sandbox" title="[^"]*" srcdoc="[^"]*"><\/iframe>/,
    );
  });

  it('are not more than fifty on the page', async () => {
    await logged(async () => {
      for (let n = 0; n < 55; n++) await made(local).send(mailTo(someAddress(`many${n}`)), crypto.randomUUID());
    });
    expect((await page(local)).text.split('<article>')).toHaveLength(51);
  });

  it('are nowhere in production, and nothing is kept there', async () => {
    const to = someAddress();
    await logged(() => made(local).send(mailTo(to), to));
    for (const ENVIRONMENT of ['production', 'test'] as const) {
      const answer = await page({ ENVIRONMENT, PUBLIC_URL: ORIGIN });
      expect(answer.text).not.toContain(to);
      expect(answer.text).not.toContain('Mails');
      expect(createMailer({ ...env, ENVIRONMENT })).toBeNull();
    }
  });

  it('carry invitations, whose link is shown as well', async () => {
    const owner = await signUp();
    const email = someAddress();
    let link = '';
    await logged(async () => {
      const request = { token: owner.token, body: { email, role: 'editor' } };
      const { status, body } = await apiWith(local, '/org/members/invite', request);
      expect(status, JSON.stringify(body)).toBe(201);
      expect(body).toMatchObject({ delivery: 'shown' });
      link = String(body.link);
    });
    expect(link).toMatch(/\/invitations\/[\w-]{43}$/);
    const { text } = await page(local);
    expect(text).toContain(email);
    expect(text).toContain(link);
  });
});
