import type { Mailer } from '../mail.ts';

/** Codes of errors after which the same mail may be taken later. */
const PASSING = ['E_RATE_LIMIT_EXCEEDED', 'E_DAILY_LIMIT_EXCEEDED', 'E_DELIVERY_FAILED', 'E_INTERNAL_SERVER_ERROR'];
const CODE = /^E_[A-Z_]{1,60}$/;

/**
 * Sends through the binding of Cloudflare's Email Service, which builds the MIME message itself
 * (https://developers.cloudflare.com/email-service/api/send-emails/workers-api/). It knows no idempotency keys.
 */
export function emailService(binding: SendEmail, from: string): Mailer {
  const sender = senderOf(from);
  return {
    async send({ to, subject, text, html }) {
      try {
        const { messageId } = await binding.send({ from: sender, to, subject, text, html });
        return { sent: true, id: messageId };
      } catch (error) {
        // The message of an error may repeat what was sent; its code does not.
        const code = codeOf(error);
        const reason = code === null ? 'the mail service failed' : `the mail service refused it: ${code}`;
        return { sent: false, reason, retryable: code === null || PASSING.includes(code), retry_after_ms: null };
      }
    },
  };
}

/** `name@domain`, or `Name <name@domain>`, the name in quotation marks or not. */
function senderOf(from: string): string | { readonly name: string; readonly email: string } {
  const match = /^\s*"?([^"<>]*?)"?\s*<([^<>\s]+)>\s*$/.exec(from);
  const [, name = '', email = ''] = match ?? [];
  return name === '' || email === '' ? (email === '' ? from.trim() : email) : { name, email };
}

function codeOf(error: unknown): string | null {
  const code: unknown = typeof error === 'object' && error !== null && 'code' in error ? error.code : null;
  return typeof code === 'string' && CODE.test(code) ? code : null;
}
