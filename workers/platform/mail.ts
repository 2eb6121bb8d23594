import { z } from 'zod';
import type { Env } from './env.ts';
import { guardedFetch, type OutboundEnv, OutboundError, readBounded } from './outbound.ts';

export interface Mail {
  readonly to: string;
  /** One line. */
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

/** `id` is the mail service's, for questions to it. `reason` is for the operator's log. */
export type MailResult =
  | { readonly sent: true; readonly id: string }
  | { readonly sent: false; readonly reason: string };

export interface Mailer {
  /** `idempotencyKey`: the same mail under the same key is sent once. Never throws for what the service can do wrong. */
  send(mail: Mail, idempotencyKey: string): Promise<MailResult>;
}

export type MailEnv = OutboundEnv & Pick<Env, 'MAIL_API_KEY' | 'MAIL_FROM' | 'MAIL_API_URL'>;

const DEFAULT_API_URL = 'https://api.resend.com';
/** For the whole of one attempt: somebody waits for the answer. */
const TIMEOUT_MS = 8000;
const ATTEMPTS = 2;
const MAX_ANSWER_BYTES = 16 * 1024;

const acceptedMail = z.object({ id: z.string() });
const refusedMail = z.object({ name: z.string().regex(/^[a-z_]{1,64}$/) });

/** Sends through Resend's HTTP API (https://resend.com/docs/api-reference/emails/send-email); null where it is not set up. */
export function createMailer(env: MailEnv, options: { timeout_ms?: number } = {}): Mailer | null {
  const { MAIL_API_KEY: key, MAIL_FROM: from } = env;
  if (key === undefined || key === '' || from === undefined || from === '') return null;
  const configured = env.MAIL_API_URL ?? '';
  const url = `${(configured === '' ? DEFAULT_API_URL : configured).replace(/\/+$/, '')}/emails`;
  return {
    async send(mail, idempotencyKey) {
      const init = {
        method: 'POST',
        headers: {
          authorization: `Bearer ${key}`,
          'content-type': 'application/json',
          'idempotency-key': idempotencyKey,
          // Resend refuses requests without one, and the runtime sends none by itself.
          'user-agent': 'AgentFlow',
        },
        body: JSON.stringify({ from, to: [mail.to], subject: mail.subject, text: mail.text, html: mail.html }),
      };
      let result: Attempt = { sent: false, reason: 'not tried', again: true };
      for (let attempt = 0; attempt < ATTEMPTS && !result.sent && result.again; attempt++) {
        result = await tryOnce(env, new Request(url, init), options.timeout_ms ?? TIMEOUT_MS);
      }
      return result.sent ? result : { sent: false, reason: result.reason };
    },
  };
}

/** `again`: the service had a moment's trouble, and the idempotency key makes a second try harmless. */
type Attempt = Extract<MailResult, { sent: true }> | { sent: false; reason: string; again: boolean };

async function tryOnce(env: MailEnv, request: Request, timeout_ms: number): Promise<Attempt> {
  // A service that sends headers and then nothing must not hold the caller either.
  const deadline = AbortSignal.timeout(timeout_ms);
  try {
    const response = await guardedFetch(env, new Request(request, { signal: deadline }));
    const { status, ok } = response;
    const { text } = await readBounded(response, MAX_ANSWER_BYTES);
    const answer = parseJson(text);
    if (!ok) {
      // The message of a refusal may repeat what was sent; its name does not.
      const name = refusedMail.safeParse(answer).data?.name;
      const reason = `the mail service answered ${status}${name === undefined ? '' : ` ${name}`}`;
      return { sent: false, reason, again: status >= 500 };
    }
    const accepted = acceptedMail.safeParse(answer);
    if (accepted.success) return { sent: true, id: accepted.data.id };
    return { sent: false, reason: `the mail service answered ${status} without an id`, again: false };
  } catch (error) {
    if (deadline.aborted) {
      return { sent: false, reason: `the mail service did not answer within ${timeout_ms} ms`, again: false };
    }
    if (error instanceof OutboundError) {
      return { sent: false, reason: error.message, again: error.code === 'outbound_network' };
    }
    return { sent: false, reason: 'the answer of the mail service broke off', again: true };
  }
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
