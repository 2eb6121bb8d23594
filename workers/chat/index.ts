import type { ChatConfig } from '@agentflow/contracts';
import type { Env } from '../platform/env.ts';
import type { ChatApis, Problem } from './port.ts';
import { adapterOf } from './registry.ts';

export {
  type CallbackAnswer,
  callbackReceiver,
  leaveTelegramWebhook,
  type Note,
  type PlatformCall,
  type Press,
  type PressResult,
  type RawCallback,
  setTelegramWebhook,
} from './callbacks/index.ts';
export { describe as describeEvent } from './messages/describe.ts';
export { exampleEvent } from './messages/examples.ts';
export { messageOf } from './messages/message-of.ts';
export type { ChatApis, ChatMessage, MessageEvent, Problem, Sent } from './port.ts';
export { previewMessage, previewOf } from './preview.ts';
export { adapterOf } from './registry.ts';
export { sendMessage } from './send.ts';
export { cutTo, oneLine } from './text.ts';

/** What is wrong with a config beyond its schema; paths are fields of the config. */
export function configProblems(config: ChatConfig): Problem[] {
  return adapterOf(config.platform).problems(config);
}

/** Where the platforms' APIs are. */
export function chatApis(env: Pick<Env, 'SLACK_API_URL' | 'DISCORD_API_URL' | 'TELEGRAM_API_URL'>): ChatApis {
  const base = (configured: string | undefined, usual: string) =>
    (configured === undefined || configured === '' ? usual : configured).replace(/\/+$/, '');
  return {
    slack: base(env.SLACK_API_URL, 'https://slack.com/api'),
    discord: base(env.DISCORD_API_URL, 'https://discord.com/api/v10'),
    telegram: base(env.TELEGRAM_API_URL, 'https://api.telegram.org'),
  };
}
