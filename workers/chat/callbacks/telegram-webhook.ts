import { z } from 'zod';
import type { ChatApis, ChatRequest, ConfigOf } from '../port.ts';
import { jsonRequest, type PlatformCall, parsedJson } from './port.ts';

const answered = z.object({ ok: z.boolean(), description: z.string().optional(), result: z.unknown().optional() });
const webhookInfo = z.object({ url: z.string() });

export function botMethod(apis: ChatApis, token: string, name: string): string {
  return `${apis.telegram.replace(/\/+$/, '')}/bot${encodeURIComponent(token).replaceAll('%3A', ':')}/${name}`;
}

export type WebhookSet = { readonly ok: true } | { readonly ok: false; readonly problem: string };

/**
 * Has the bot's presses sent to `url`, with `secret` to show. A bot has one such address: another system's is left alone.
 * @param isOurs whether an address is one that this may replace
 */
export async function setTelegramWebhook(
  call: PlatformCall,
  apis: ChatApis,
  { bot_token }: ConfigOf<'telegram'>,
  to: { readonly url: string; readonly secret: string; readonly isOurs: (url: string) => boolean },
): Promise<WebhookSet> {
  const before = await ask(call, request(apis, bot_token, 'getWebhookInfo', {}));
  if (!before.ok) return before;
  const { url } = webhookInfo.parse(before.result);
  if (url !== '' && !to.isOurs(url)) {
    return { ok: false, problem: `the bot sends to ${hostOf(url)} already; use a bot of its own` };
  }
  const fields = { url: to.url, secret_token: to.secret, allowed_updates: ['callback_query'] };
  return ask(call, request(apis, bot_token, 'setWebhook', fields));
}

/** Ends that, where it still is `url` that the bot sends to. */
export async function deleteTelegramWebhook(
  call: PlatformCall,
  apis: ChatApis,
  { bot_token }: ConfigOf<'telegram'>,
  url: string,
): Promise<WebhookSet> {
  const before = await ask(call, request(apis, bot_token, 'getWebhookInfo', {}));
  if (!before.ok) return before;
  if (webhookInfo.parse(before.result).url !== url) return { ok: true };
  return ask(call, request(apis, bot_token, 'deleteWebhook', {}));
}

function request(apis: ChatApis, token: string, method: string, fields: object): ChatRequest {
  return jsonRequest(botMethod(apis, token, method), fields);
}

async function ask(
  call: PlatformCall,
  method: ChatRequest,
): Promise<{ readonly ok: true; readonly result: unknown } | { readonly ok: false; readonly problem: string }> {
  let answer: Awaited<ReturnType<PlatformCall>>;
  try {
    answer = await call(method);
  } catch (error) {
    return { ok: false, problem: error instanceof Error ? error.message : 'Telegram could not be reached' };
  }
  const parsed = answered.safeParse(parsedJson(answer.body));
  if (!parsed.success) return { ok: false, problem: `Telegram answered ${answer.status}` };
  const { ok, description, result } = parsed.data;
  if (ok) return { ok: true, result };
  return { ok: false, problem: `Telegram answered ${answer.status}: ${(description ?? '').slice(0, 300)}` };
}

function hostOf(url: string): string {
  try {
    return new URL(url).host;
  } catch {
    return 'another address';
  }
}
