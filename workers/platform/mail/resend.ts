import { z } from 'zod';
import type { Mailer, MailResult } from '../mail.ts';
import { guardedFetch, type OutboundEnv, OutboundError, readBounded } from '../outbound.ts';

const DEFAULT_API_URL = 'https://api.resend.com';
/** For the whole of one attempt: somebody waits for the answer. */
const TIMEOUT_MS = 8000;
const ATTEMPTS = 2;
const MAX_ANSWER_BYTES = 16 * 1024;

const acceptedMail = z.object({ id: z.string() });
const refusedMail = z.object({ name: z.string().regex(/^[a-z_]{1,64}$/) });

/** Sends through Resend's HTTP API (https://resend.com/docs/api-reference/emails/send-email). */
export function resend(
  env: OutboundEnv & { readonly MAIL_API_URL?: string },
  { key, from }: { readonly key: string; readonly from: string },
  timeout_ms = TIMEOUT_MS,
): Mailer {
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
      let result: Attempt = { ...later('not tried'), again: true };
      for (let attempt = 0; attempt < ATTEMPTS && !result.sent && result.again; attempt++) {
        result = await tryOnce(env, new Request(url, init), timeout_ms);
      }
      if (result.sent) return result;
      const { again: _, ...refused } = result;
      return refused;
    },
  };
}

type Refused = Extract<MailResult, { sent: false }>;
/** `again`: the service had a moment's trouble, and the idempotency key makes a second try harmless. */
type Attempt = Extract<MailResult, { sent: true }> | (Refused & { readonly again: boolean });

const later = (reason: string, retry_after_ms: number | null = null): Refused => ({
  sent: false,
  reason,
  retryable: true,
  retry_after_ms,
});
const never = (reason: string): Refused => ({ ...later(reason), retryable: false });

async function tryOnce(env: OutboundEnv, request: Request, timeout_ms: number): Promise<Attempt> {
  // A service that sends headers and then nothing must not hold the caller either.
  const deadline = AbortSignal.timeout(timeout_ms);
  try {
    const response = await guardedFetch(env, new Request(request, { signal: deadline }));
    const { text } = await readBounded(response, MAX_ANSWER_BYTES);
    const answer = parseJson(text);
    if (!response.ok) return refusalOf(response, answer);
    const accepted = acceptedMail.safeParse(answer);
    if (accepted.success) return { sent: true, id: accepted.data.id };
    return { ...never(`the mail service answered ${response.status} without an id`), again: false };
  } catch (error) {
    if (deadline.aborted) {
      return { ...later(`the mail service did not answer within ${timeout_ms} ms`), again: false };
    }
    if (error instanceof OutboundError) {
      const again = error.code === 'outbound_network';
      const isForNow = again || error.code === 'upstream_unavailable';
      return { ...(isForNow ? later(error.message) : never(error.message)), again };
    }
    return { ...later('the answer of the mail service broke off'), again: true };
  }
}

/** 429: a rate or a quota. 409: the same mail is being sent, or another one was under its key. */
function refusalOf({ status, headers }: Response, answer: unknown): Attempt {
  // The message of a refusal may repeat what was sent; its name does not.
  const name = refusedMail.safeParse(answer).data?.name;
  const reason = `the mail service answered ${status}${name === undefined ? '' : ` ${name}`}`;
  if (status >= 500) return { ...later(reason, retryAfterMs(headers)), again: true };
  const isForNow = status === 429 || status === 408 || name === 'concurrent_idempotent_requests';
  return { ...(isForNow ? later(reason, retryAfterMs(headers)) : never(reason)), again: false };
}

/** `Retry-After` (RFC 9110, 10.2.3) in milliseconds from now. */
function retryAfterMs(headers: Headers): number | null {
  const text = headers.get('retry-after')?.trim() ?? '';
  if (/^\d{1,9}$/.test(text)) return Number(text) * 1000;
  const at = Date.parse(text);
  return Number.isNaN(at) ? null : Math.max(0, at - Date.now());
}

function parseJson(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null;
  }
}
