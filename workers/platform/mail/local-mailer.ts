import { z } from 'zod';
import type { Env } from '../env.ts';
import type { Mailer } from '../mail.ts';
import { createLogger } from '../telemetry.ts';

/** Keys begin so; what the authorization server keeps beside them begins otherwise. */
const PREFIX = 'local_mail:';
const MOST_SHOWN = 50;
const KEPT_SECONDS = 7 * 86_400;
/** Keys are listed in ascending order, and the newest is wanted first. */
const LAST_MS = 9_999_999_999_999;

const keptMail = z.object({
  at: z.number(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string(),
});
export type KeptMail = z.infer<typeof keptMail>;

type LocalEnv = Pick<Env, 'OAUTH_KV' | 'LOG_LEVEL'>;

/** Keeps mails on this machine for a week and tells them in the log: a machine at home sends none. */
export function localMailer(env: LocalEnv): Mailer {
  return {
    local: true,
    async send(mail, idempotencyKey) {
      const at = Date.now();
      const id = crypto.randomUUID();
      const sent = `${PREFIX}sent:${idempotencyKey}`;
      const before = await env.OAUTH_KV.get(sent);
      if (before !== null) return { sent: true, id: before };
      const key = `${PREFIX}mail:${String(LAST_MS - at).padStart(13, '0')}:${id}`;
      await env.OAUTH_KV.put(key, JSON.stringify({ at, ...mail } satisfies KeptMail), { expirationTtl: KEPT_SECONDS });
      await env.OAUTH_KV.put(sent, id, { expirationTtl: KEPT_SECONDS });
      const { to, subject, text } = mail;
      createLogger({}, { level: env.LOG_LEVEL }).log('info', 'mail.kept', { page: '/dev/mails', to, subject, text });
      return { sent: true, id };
    },
  };
}

/** The newest first. */
export async function keptMails(env: LocalEnv): Promise<KeptMail[]> {
  const { keys } = await env.OAUTH_KV.list({ prefix: `${PREFIX}mail:`, limit: MOST_SHOWN });
  const found = await Promise.all(keys.map(({ name }) => env.OAUTH_KV.get(name, 'json')));
  return found.flatMap((mail) => keptMail.safeParse(mail).data ?? []);
}
