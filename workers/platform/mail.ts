import type { Env } from './env.ts';
import { emailService } from './mail/email-service.ts';
import { localMailer } from './mail/local-mailer.ts';
import { resend } from './mail/resend.ts';
import type { OutboundEnv } from './outbound.ts';

export interface Mail {
  readonly to: string;
  /** One line. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/**
 * `id` is the mail service's, for questions to it. `reason` is for the operator's log. `retryable`: the same mail may be taken
 * later, at the earliest after `retry_after_ms` where the service says so.
 */
export type MailResult =
  | { readonly sent: true; readonly id: string }
  | {
      readonly sent: false;
      readonly reason: string;
      readonly retryable: boolean;
      readonly retry_after_ms: number | null;
    };

export interface Mailer {
  /** Nothing leaves this machine: mails are kept for whoever works on it. */
  readonly local?: true;
  /**
   * `idempotencyKey`: the same mail under the same key is sent once, where the service has such keys. Never throws for what
   * the service can do wrong.
   */
  send(mail: Mail, idempotencyKey: string): Promise<MailResult>;
}

export type MailEnv = OutboundEnv &
  Pick<Env, 'MAIL_API_KEY' | 'MAIL_FROM' | 'MAIL_API_URL' | 'SEND_EMAIL' | 'ENVIRONMENT' | 'OAUTH_KV' | 'LOG_LEVEL'>;

/**
 * How mails leave: by Cloudflare's Email Service where its binding is there, by Resend's API where it has a key; in local mode
 * without either they are kept for /dev/mails. Null where nothing is set up.
 */
export function createMailer(env: MailEnv, options: { timeout_ms?: number } = {}): Mailer | null {
  const { MAIL_API_KEY: key = '', MAIL_FROM: from = '', SEND_EMAIL: binding, ENVIRONMENT } = env;
  if (from !== '' && binding !== undefined) return oneLined(emailService(binding, from));
  if (from !== '' && key !== '') return oneLined(resend(env, { key, from }, options.timeout_ms));
  return ENVIRONMENT === 'local' ? oneLined(localMailer(env)) : null;
}

/** A subject of several lines would be headers of its sender's choice. */
function oneLined(mailer: Mailer): Mailer {
  const inOneLine = (text: string) => text.replaceAll(/[\p{Cc}\p{Zl}\p{Zp}]+/gu, ' ').trim();
  return { ...mailer, send: (mail, key) => mailer.send({ ...mail, subject: inOneLine(mail.subject) }, key) };
}
