import type { JsonValue } from '@agentflow/contracts';
import type { ChannelSettings } from '../../../durable-objects/organization/client.ts';
import { subscriptionPlace } from '../../../durable-objects/organization/client.ts';
import { type CallbackAnswer, callbackReceiver, chatApis, type RawCallback } from '../../chat/index.ts';
import { db } from '../../db/client.ts';
import { telegramSecrets } from '../../platform/chat-callbacks.ts';
import { openChat } from '../../platform/chat-secrets.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { outboundCall } from '../../platform/outbound/call.ts';
import { describeError } from '../../platform/telemetry.ts';
import { type CallbackContext, pressed } from './press.ts';
import { type ChannelRow, selectChannel } from './queries.ts';

/**
 * Takes a platform's call and gives the body of the answer. The channel is read from D1: what is forged must not keep the
 * organization's desk busy. Throws `not_found` for a channel that takes no calls, `unauthenticated` for what its platform
 * has not signed.
 */
export async function receiveCallback(ctx: CallbackContext, channelId: string, raw: RawCallback): Promise<JsonValue> {
  const { env, organizationId } = ctx;
  const row = await selectChannel(db(env, organizationId), organizationId, channelId);
  if (row === undefined) throw notFound('notification channel', channelId);
  const config = await openChat(env, organizationId, subscriptionPlace(organizationId, channelId), row.sealed);
  const secrets = await telegramSecrets(env.AUTH_KEYS, organizationId, channelId);
  const receiver = callbackReceiver(config, { apis: chatApis(env), telegramSecrets: secrets });
  if (receiver === null) throw notFound('notification channel', channelId);
  if (!(await receiver.verify(raw, ctx.now()))) {
    throw new ApiError('unauthenticated', 'The signature is missing, wrong, or too old.');
  }
  const called = receiver.read(raw);
  if (called === null) throw new ApiError('malformed_request', "The body has not the platform's form.");
  if (called.kind === 'answered') return called.body;
  const channel = { id: channelId, config, key: receiver.key, ...settingsOf(row) };
  const answer = called.press.answer(await pressed(ctx, channel, called.press));
  if (answer.later !== null) ctx.waitUntil(followUp(ctx, answer.later));
  return answer.body;
}

function settingsOf(row: ChannelRow) {
  const { templates, buttons } = JSON.parse(row.settings) as ChannelSettings;
  return { templates, takesDecisions: buttons && row.is_active === 1 };
}

/** What was decided stands, whether the message could be changed or not. */
async function followUp(ctx: CallbackContext, later: NonNullable<CallbackAnswer['later']>): Promise<void> {
  try {
    await later(
      outboundCall(ctx.env, ({ host, status }) => {
        ctx.log.log('warn', 'chat.answer_refused', { host, status });
      }),
    );
  } catch (error) {
    ctx.log.log('warn', 'chat.answer_failed', describeError(error));
  }
}
