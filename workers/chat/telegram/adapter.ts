import { byStatus, jsonOf, retryAfterMs, said, secondsToMs } from '../answers.ts';
import type { ChatAnswer, ChatMessage, ConfigOf, HttpAdapter, Problem, Verdict } from '../port.ts';
import { isVisible, plainText, shown } from '../text.ts';
import { bold, escapeMarkdown, escapeMentions, link as linkTo, visibleLength } from './markdown.ts';

/** Telegram: a bot's sendMessage (https://core.telegram.org/bots/api#sendmessage) in MarkdownV2. */

type Config = ConfigOf<'telegram'>;

interface Payload {
  readonly chat_id: string;
  readonly text: string;
  readonly parse_mode?: 'MarkdownV2';
  readonly link_preview_options: { readonly is_disabled: true };
  readonly reply_markup?: { readonly inline_keyboard: readonly (readonly object[])[] };
}

/** Telegram counts 4096 after the markup is gone. */
const LIMITS = { text: 4000, title: 256, facts: 10, name: 60, value: 200 } as const;
const SIGNS = { good: '✅', bad: '❌', waiting: '⏳', neutral: 'ℹ️' } as const;

const markdown = (text: string, max: number, line = false) =>
  shown(text, max, { escaped: escapeMarkdown, cost: visibleLength, line });

function textOf({ title, text, facts, link, tone }: ChatMessage): string {
  const head = `${SIGNS[tone]} ${bold(markdown(title, LIMITS.title, true))}`;
  const lines = facts
    .slice(0, LIMITS.facts)
    .map(
      ({ name, value }) => `${bold(`${markdown(name, LIMITS.name, true)}:`)} ${markdown(value, LIMITS.value, true)}`,
    );
  const tail = [
    ...(lines.length === 0 ? [] : [lines.join('\n')]),
    ...(link === null ? [] : [linkTo(markdown(link.label, LIMITS.name, true), link.url)]),
  ].join('\n\n');
  const room = LIMITS.text - visibleLength(head) - visibleLength(tail) - 8;
  const body = isVisible(text) ? [markdown(text, room)] : [];
  return [head, ...body, ...(tail === '' ? [] : [tail])].join('\n\n');
}

function keyboard({ actions }: ChatMessage): Pick<Payload, 'reply_markup'> {
  if (actions.length === 0) return {};
  const row = actions.map(({ label, value }) => ({ text: shown(label, 60, { line: true }), callback_data: value }));
  return { reply_markup: { inline_keyboard: [row] } };
}

const envelope = (config: Config) =>
  ({ chat_id: config.chat_id, link_preview_options: { is_disabled: true } }) as const;

function problems(config: Config): Problem[] {
  if (/^\d+:[\w-]{30,}$/.test(config.bot_token)) return [];
  return [{ path: 'bot_token', message: 'must be the token that BotFather gave: <number>:<letters>' }];
}

const REFUSED = /not enough rights|have no rights|need administrator rights|TOPIC_CLOSED|can't initiate conversation/i;
const GONE =
  /chat not found|bot was (blocked|kicked)|user is deactivated|group chat was deleted|bot is not a member|chat was deleted/i;
const MALFORMED =
  /can't parse entities|message is too long|message text is empty|BUTTON_|inline keyboard|reply markup/i;

function byDescription(description: string, answer: ChatAnswer, error: string): Verdict | null {
  if (REFUSED.test(description)) return { outcome: 'refused', error };
  if (GONE.test(description)) return { outcome: 'gone', error };
  if (MALFORMED.test(description)) return { outcome: 'malformed', error };
  // A token that was revoked, or is none.
  if (answer.status === 401 || answer.status === 404) return { outcome: 'gone', error };
  return null;
}

function classify(answer: ChatAnswer, config: Config): Verdict {
  const body = jsonOf(answer);
  if (body?.ok === true) return { outcome: 'delivered', message_ref: referenceOf(body.result) };
  const description = typeof body?.description === 'string' ? body.description : null;
  const told = said('Telegram', answer, description);
  const { migrate_to_chat_id: moved, retry_after } = { ...(body?.parameters as Record<string, unknown> | undefined) };
  if (typeof moved === 'number' && Number.isSafeInteger(moved)) {
    const error = `The chat is ${moved} now: change the chat_id.`;
    return { outcome: 'moved', error, config: { ...config, chat_id: String(moved) } };
  }
  if (answer.status === 429) {
    const wait = secondsToMs(retry_after) ?? retryAfterMs(answer, Date.now());
    return { outcome: 'rate_limited', error: told, retry_after_ms: wait };
  }
  const known = description === null ? null : byDescription(description, answer, told);
  return known ?? byStatus(answer, told);
}

function referenceOf(result: unknown): string | null {
  const { message_id, chat } = { ...(result as { message_id?: unknown; chat?: { id?: unknown } } | undefined) };
  return typeof message_id === 'number' ? `${String(chat?.id ?? '')}:${message_id}` : null;
}

export const telegramAdapter: HttpAdapter<Config, Payload> = {
  transport: 'http',
  platform: 'telegram',
  version: 1,
  sample: { platform: 'telegram', bot_token: '1:sample', chat_id: '-1001122334455' },
  problems,
  format: (message, config) => ({
    ...envelope(config),
    text: textOf(message),
    parse_mode: 'MarkdownV2',
    ...keyboard(message),
  }),
  plain: (message, config) => ({
    ...envelope(config),
    text: plainText(message, LIMITS.text, escapeMentions, (url) => url),
  }),
  async request(config, payload, { apis }) {
    return {
      url: `${apis.telegram}/bot${config.bot_token}/sendMessage`,
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify(payload),
    };
  },
  classify,
};
