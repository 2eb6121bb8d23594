import { z } from 'zod';
import type { ChatApis, ChatRequest, ConfigOf } from '../port.ts';
import { jsonRequest, type PlatformCall, parsedJson } from './port.ts';

const answered = z.object({ ok: z.boolean(), description: z.string().optional(), result: z.unknown().optional() });
const webhookInfo = z.object({ url: z.string() });

export function botMethod(apis: ChatApis, token: string, name: string): string {
  return `${apis.telegram.replace(/\/+$/, '')}/bot${encodeURIComponent(token).replaceAll('%3A', ':')}/${name}`;
}

export type WebhookSet = { readonly ok: true } | { readonly ok: false; readonly problem: string };

/** Where presses go, and what the bot shows there. */
interface WebhookPlace {
  readonly url: string;
  readonly secret: string;
}

/**
 * Has the bot's presses sent to `url`, with `secret` to show. A bot has one such address: another system's is left alone.
 * @param isOurs whether an address is one that this may replace
 */
export async function setTelegramWebhook(
  call: PlatformCall,
  apis: ChatApis,
  { bot_token }: ConfigOf<'telegram'>,
  to: WebhookPlace & { readonly isOurs: (url: string) => boolean },
): Promise<WebhookSet> {
  const before = await ask(call, request(apis, bot_token, 'getWebhookInfo', {}));
  if (!before.ok) return before;
  const { url } = webhookInfo.parse(before.result);
  if (url !== '' && !to.isOurs(url)) {
    return { ok: false, problem: `the bot sends to ${hostOf(url)} already; use a bot of its own` };
  }
  return ask(call, request(apis, bot_token, 'setWebhook', placeFields(to)));
}

/** Ends that, where the bot still sends to an address of ours: its presses go to `heir`, or nowhere. */
export async function leaveTelegramWebhook(
  call: PlatformCall,
  apis: ChatApis,
  { bot_token }: ConfigOf<'telegram'>,
  isOurs: (url: string) => boolean,
  heir: WebhookPlace | null,
): Promise<WebhookSet> {
  const before = await ask(call, request(apis, bot_token, 'getWebhookInfo', {}));
  if (!before.ok) return before;
  if (!isOurs(webhookInfo.parse(before.result).url)) return { ok: true };
  if (heir === null) return ask(call, request(apis, bot_token, 'deleteWebhook', {}));
  return ask(call, request(apis, bot_token, 'setWebhook', placeFields(heir)));
}

function placeFields({ url, secret }: WebhookPlace) {
  return { url, secret_token: secret, allowed_updates: ['callback_query'] };
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
