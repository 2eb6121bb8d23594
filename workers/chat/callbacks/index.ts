import type { ChatConfig } from '@agentflow/contracts';
import type { ChatApis } from '../port.ts';
import { discordReceiver } from './discord.ts';
import type { CallbackReceiver } from './port.ts';
import { slackReceiver } from './slack.ts';
import { telegramReceiver } from './telegram.ts';

export type { CallbackAnswer, Note, PlatformCall, Press, PressResult, RawCallback } from './port.ts';
export { leaveTelegramWebhook, setTelegramWebhook } from './telegram-webhook.ts';

/** What receives the presses of buttons of a channel; null where it has none. */
export function callbackReceiver(
  config: ChatConfig,
  context: { readonly apis: ChatApis; readonly telegramSecrets: readonly string[] },
): CallbackReceiver | null {
  switch (config.platform) {
    case 'slack':
      return slackReceiver(config, context.apis);
    case 'discord':
      return discordReceiver(config, context.apis);
    case 'telegram':
      return telegramReceiver(config, context.apis, context.telegramSecrets);
    default:
      return null;
  }
}
