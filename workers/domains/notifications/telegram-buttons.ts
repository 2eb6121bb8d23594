import { type ChatConfig, MAX_TARGETS } from '@agentflow/contracts';
import { subscriptionPlace } from '../../../durable-objects/organization/client.ts';
import { chatApis, leaveTelegramWebhook, setTelegramWebhook } from '../../chat/index.ts';
import { db } from '../../db/client.ts';
import { callbackUrl, isCallbackOf, telegramSecrets } from '../../platform/chat-callbacks.ts';
import { openChat } from '../../platform/chat-secrets.ts';
import type { RequestContext } from '../../platform/context.ts';
import { invalid } from '../../platform/errors.ts';
import { outboundCall } from '../../platform/outbound/call.ts';
import { describeError } from '../../platform/telemetry.ts';
import { selectSubscriptions } from '../webhooks/index.ts';
import { type ChannelPlace, presentRow } from './channel-present.ts';

type Context = RequestContext & ChannelPlace;

interface Buttons {
  readonly config: ChatConfig;
  readonly buttons: boolean;
}

/** Has a Telegram bot send presses to the channel. Throws `validation_failed` with what Telegram says. */
export async function connectButtons(ctx: Context, channelId: string, { config, buttons }: Buttons): Promise<void> {
  if (!buttons || config.platform !== 'telegram') return;
  const { env, organizationId } = ctx;
  const set = await setTelegramWebhook(outboundCall(env), chatApis(env), config, {
    ...(await placeOf(ctx, channelId)),
    isOurs: (url) => isCallbackOf(url, organizationId),
  });
  if (!set.ok) throw invalid([{ path: 'buttons', message: `need the bot's webhook: ${set.problem}` }]);
}

/**
 * Ends that after the answer: a bot that is no more must not keep its channel from being changed. Another channel of the
 * same bot takes over.
 */
export function disconnectButtons(ctx: Context, channelId: string, { config, buttons }: Buttons): void {
  if (!buttons || config.platform !== 'telegram') return;
  const { env, log, organizationId } = ctx;
  const isOurs = (url: string) => isCallbackOf(url, organizationId, channelId);
  const leave = async () => {
    const heir = await channelOfBot(ctx, config.bot_token, channelId);
    const place = heir === null ? null : await placeOf(ctx, heir);
    const left = await leaveTelegramWebhook(outboundCall(env), chatApis(env), config, isOurs, place);
    if (!left.ok) log.log('warn', 'chat.webhook_left', { channel_id: channelId, problem: left.problem });
  };
  ctx.waitUntil(
    leave().catch((error: unknown) => {
      log.log('warn', 'chat.webhook_left', { channel_id: channelId, ...describeError(error) });
    }),
  );
}

async function placeOf({ env, organizationId, origin }: Context, channelId: string) {
  const [secret] = await telegramSecrets(env.AUTH_KEYS, organizationId, channelId);
  return { url: callbackUrl(origin, organizationId, channelId), secret };
}

/** Another channel with buttons that this bot sends for. */
async function channelOfBot(ctx: Context, token: string, except: string): Promise<string | null> {
  const { env, organizationId } = ctx;
  const page = { before: undefined, limit: MAX_TARGETS };
  const rows = await selectSubscriptions(db(env, organizationId), organizationId, 'channel', {}, page);
  for (const row of rows) {
    const { platform, buttons } = presentRow(row, ctx);
    if (row.id === except || platform !== 'telegram' || !buttons) continue;
    const config = await openChat(env, organizationId, subscriptionPlace(organizationId, row.id), row.sealed);
    if (config.platform === 'telegram' && config.bot_token === token) return row.id;
  }
  return null;
}
