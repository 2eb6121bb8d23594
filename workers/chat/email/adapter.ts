import type { Mailer } from '../../platform/mail.ts';
import type { ChatMessage, ConfigOf, MailAdapter, Verdict } from '../port.ts';
import { clean, cutTo, isVisible, oneLine, plainText, shown } from '../text.ts';

/** E-mail to members, one mail to each: nobody sees who else is told. */

type Config = ConfigOf<'email'>;

interface Payload {
  readonly to: readonly string[];
  readonly subject: string;
  readonly text: string;
  readonly html: string;
}

const LIMITS = { subject: 180, text: 20_000, facts: 20, name: 100, value: 1000 } as const;

const ENTITIES: Readonly<Record<string, string>> = {
  '&': '&amp;',
  '<': '&lt;',
  '>': '&gt;',
  '"': '&quot;',
  "'": '&#39;',
};
function escapeHtml(text: string): string {
  return text.replace(/[&<>"']/g, (character) => ENTITIES[character] as string);
}

const line = (text: string, max: number) => escapeHtml(cutTo(oneLine(text), max));

function htmlOf({ title, text, facts, link }: ChatMessage): string {
  const cleaned = clean(text);
  const paragraph = `<p style="white-space:pre-wrap;overflow-wrap:anywhere">${escapeHtml(cutTo(cleaned, LIMITS.text))}</p>`;
  const rows = facts.slice(0, LIMITS.facts).map(({ name, value }) => {
    const head = `<th align="left" style="padding-right:1em">${line(name, LIMITS.name)}</th>`;
    return `<tr>${head}<td>${line(value, LIMITS.value)}</td></tr>`;
  });
  return [
    '<!doctype html>',
    `<html lang="en"><head><meta charset="utf-8"><title>${line(title, LIMITS.subject)}</title></head>`,
    '<body style="font-family:system-ui,sans-serif;line-height:1.5">',
    `<h1 style="font-size:1.2em">${line(title, LIMITS.subject)}</h1>`,
    ...(isVisible(cleaned) ? [paragraph] : []),
    ...(rows.length === 0 ? [] : [`<table>${rows.join('')}</table>`]),
    ...(link === null ? [] : [`<p><a href="${escapeHtml(link.url)}">${line(link.label, LIMITS.name)}</a></p>`]),
    '</body></html>',
  ].join('\n');
}

const format = (message: ChatMessage, { to }: Config): Payload => ({
  to,
  subject: shown(message.title, LIMITS.subject, { line: true }),
  text: plainText(message, LIMITS.text),
  html: htmlOf(message),
});

/** Each address has a key of its own, so that a second try reaches those alone that the first one did not. */
async function send(_: Config, { to, ...mail }: Payload, mailer: Mailer, idempotencyKey: string): Promise<Verdict> {
  if (to.length === 0) return { outcome: 'refused', error: 'No address is left that belongs to a member.' };
  const results = await Promise.all(
    to.map((address) => mailer.send({ to: address, ...mail }, `${idempotencyKey}/${address}`.slice(-256))),
  );
  const refused = results.filter((result) => !result.sent);
  const [first] = results;
  if (refused.length === 0) return { outcome: 'delivered', message_ref: first?.sent === true ? first.id : null };
  const error = `${refused.length} of ${to.length} mails were not taken: ${refused[0]?.reason}`;
  if (refused.every(({ retryable }) => !retryable)) return { outcome: 'refused', error };
  const waits = refused.flatMap(({ retry_after_ms }) => retry_after_ms ?? []);
  if (waits.length === 0) return { outcome: 'failed', error, retry_after_ms: null };
  return { outcome: 'rate_limited', error, retry_after_ms: Math.max(...waits) };
}

export const emailAdapter: MailAdapter<Config, Payload> = {
  transport: 'mail',
  platform: 'email',
  version: 1,
  sample: { platform: 'email', to: ['dana@example.com'] },
  problems: ({ to }) =>
    to.flatMap((address, index) =>
      to.indexOf(address) === index ? [] : [{ path: `to.${index}`, message: 'is there twice' }],
    ),
  format,
  plain: format,
  send,
};
