import { timingSafeEqual } from 'node:crypto';
import { z } from 'zod';
import { readActionValue } from '../messages/actions.ts';
import type { ChatApis, ConfigOf } from '../port.ts';
import { cutTo } from '../text.ts';
import { type CallbackReceiver, fieldsOf, jsonRequest, type Note, type PlatformCall, parsedJson } from './port.ts';
import { botMethod } from './telegram-webhook.ts';

/** https://core.telegram.org/bots/api#callbackquery */
const update = z.object({
  callback_query: z
    .object({
      id: z.string().max(80),
      from: z.object({
        id: z.number().int(),
        username: z.string().optional(),
        first_name: z.string().optional(),
      }),
      message: z.object({ message_id: z.number().int(), chat: z.object({ id: z.number().int() }) }).optional(),
      data: z.string().optional(),
    })
    .optional(),
});
type Query = NonNullable<z.infer<typeof update>['callback_query']>;

/** What Telegram takes in the window of a pressed button. */
const ALERT_CHARACTERS = 200;

/**
 * Presses of a bot's buttons. Telegram does not sign: it shows a secret that it was given with the address.
 * @param secrets any of which it may show
 */
export function telegramReceiver(
  config: ConfigOf<'telegram'>,
  apis: ChatApis,
  secrets: readonly string[],
): CallbackReceiver {
  return {
    key: '',
    verify: async ({ headers }) => {
      const shown = headers.get('x-telegram-bot-api-secret-token') ?? '';
      return secrets.some((secret) => isEqual(shown, secret));
    },
    read({ body }) {
      const parsed = update.safeParse(parsedJson(body));
      if (!parsed.success) return null;
      const query = parsed.data.callback_query;
      if (query === undefined) return { kind: 'answered', body: null };
      const { from } = query;
      const press = {
        person: {
          team: '',
          id: String(from.id),
          name: from.username === undefined ? (from.first_name ?? String(from.id)) : `@${from.username}`,
        },
        action: readActionValue(query.data ?? ''),
        answer: (result: Parameters<typeof respond>[1]) => ({
          body: null,
          later: (call: PlatformCall) => respond(query, result, (name, fields) => method(call, name, fields)),
        }),
      };
      const method = (call: PlatformCall, name: string, fields: object) =>
        call(jsonRequest(botMethod(apis, config.bot_token, name), fields));
      return { kind: 'press', press };
    },
  };
}

function isEqual(one: string, other: string): boolean {
  const [left, right] = [new TextEncoder().encode(one), new TextEncoder().encode(other)];
  return left.byteLength === right.byteLength && timingSafeEqual(left, right);
}

type Method = (name: string, fields: object) => ReturnType<PlatformCall>;

async function respond(
  query: Query,
  result: { readonly message: Readonly<Record<string, unknown>> | null; readonly note: Note | null },
  method: Method,
): Promise<void> {
  const { message, note } = result;
  // First: until it is there the person sees a button that does not answer.
  const alert = note === null ? {} : { text: await alertOf(note, query, method), show_alert: true };
  await method('answerCallbackQuery', { callback_query_id: query.id, ...alert });
  if (message === null || query.message === undefined) return;
  const { chat, message_id } = query.message;
  const content = fieldsOf(message, ['text', 'parse_mode', 'entities', 'link_preview_options']);
  await method('editMessageText', { ...content, chat_id: chat.id, message_id });
}

/** The window of a pressed button opens no links: one goes to the person's own chat with the bot. */
async function alertOf({ text, link }: Note, query: Query, method: Method): Promise<string> {
  if (link === null) return cutTo(text, ALERT_CHARACTERS);
  const sent = await method('sendMessage', {
    chat_id: query.from.id,
    text: `${text}\n${link.url}`,
    link_preview_options: { is_disabled: true },
  });
  const told =
    sent.status === 200
      ? `${text} The link is in your chat with this bot.`
      : `${text} Open a chat with this bot, press Start there, then press the button here again.`;
  return cutTo(told, ALERT_CHARACTERS);
}
