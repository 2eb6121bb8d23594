import type { ChatConfig } from '@agentflow/contracts';
import { chatApis, deleteTelegramWebhook, setTelegramWebhook } from '../../chat/index.ts';
import { callbackUrl, isCallbackUrl, telegramSecrets } from '../../platform/chat-callbacks.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid } from '../../platform/errors.ts';
import { outboundCall } from '../../platform/outbound/call.ts';

interface Buttons {
  readonly config: ChatConfig;
  readonly buttons: boolean;
}

/** Has a Telegram bot send presses to the channel. Throws `validation_failed` with what Telegram says. */
export async function connectButtons(
  { env, organizationId }: RequestContext,
  channelId: string,
  origin: string,
  { config, buttons }: Buttons,
): Promise<void> {
  if (!buttons || config.platform !== 'telegram') return;
  const [secret] = await telegramSecrets(env.AUTH_KEYS, organizationId, channelId);
  const set = await setTelegramWebhook(outboundCall(env), chatApis(env), config, {
    url: callbackUrl(origin, organizationId, channelId),
    secret,
    isOurs: (url) => isCallbackUrl(origin, url),
  });
  if (!set.ok) throw invalid([{ path: 'buttons', message: `need the bot's webhook: ${set.problem}` }]);
}

/** Ends that after the answer: a bot that is no more must not keep its channel from being changed. */
export function disconnectButtons(
  ctx: RequestContext,
  channelId: string,
  origin: string,
  { config, buttons }: Buttons,
): void {
  if (!buttons || config.platform !== 'telegram') return;
  const { env, organizationId, log } = ctx;
  const url = callbackUrl(origin, organizationId, channelId);
  const ended = deleteTelegramWebhook(outboundCall(env), chatApis(env), config, url).then((deleted) => {
    if (!deleted.ok) log.log('warn', 'chat.webhook_left', { channel_id: channelId, problem: deleted.problem });
  });
  ctx.waitUntil(ended);
}
