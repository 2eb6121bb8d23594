import { z } from 'zod';
import { type MarkdownEntity, parseMarkdownV2 } from './telegram-markdown.ts';

/** What sendMessage takes, by https://core.telegram.org/bots/api#sendmessage. */

const bytes = (text: string) => new TextEncoder().encode(text).byteLength;

const message = z.strictObject({
  chat_id: z.union([z.string(), z.number()]),
  text: z.string(),
  parse_mode: z.literal('MarkdownV2').optional(),
  link_preview_options: z.strictObject({ is_disabled: z.boolean() }).optional(),
  reply_markup: z
    .strictObject({
      inline_keyboard: z.array(z.array(z.strictObject({ text: z.string().min(1), callback_data: z.string() })).max(8)),
    })
    .optional(),
});

export type TelegramReading =
  | { readonly ok: true; readonly text: string; readonly entities: readonly MarkdownEntity[] }
  | { readonly ok: false; readonly description: string };

/** What people see of a message, or why it is refused. */
export function readTelegram(payload: unknown): TelegramReading {
  const refuse = (description: string) => ({ ok: false, description: `Bad Request: ${description}` }) as const;
  const parsed = message.safeParse(payload);
  if (!parsed.success) return refuse(`can't parse message: ${parsed.error.issues[0]?.path.join('.')}`);
  const { text, parse_mode, reply_markup } = parsed.data;
  const read = parse_mode === undefined ? ({ ok: true, text, entities: [] } as const) : parseMarkdownV2(text);
  if (!read.ok) return read;
  if (read.text.trim() === '') return refuse('message text is empty');
  if (read.text.length > 4096) return refuse('message is too long');
  for (const button of reply_markup?.inline_keyboard.flat() ?? []) {
    const size = bytes(button.callback_data);
    if (size < 1 || size > 64) return refuse('BUTTON_DATA_INVALID');
  }
  return read;
}

/** Names that Telegram would make mentions of by itself. */
export function telegramMentions(text: string): string[] {
  return [...text.matchAll(/(?:^|[^\w])@([A-Za-z]\w{2,31})/g)].map((match) => match[1] as string);
}
