import type { ChatPlatform } from '@agentflow/contracts';
import { discordAdapter } from './discord/adapter.ts';
import { emailAdapter } from './email/adapter.ts';
import { genericAdapter } from './generic/adapter.ts';
import type { ChatAdapter } from './port.ts';
import { slackAdapter } from './slack/adapter.ts';
import { teamsAdapter } from './teams/adapter.ts';
import { telegramAdapter } from './telegram/adapter.ts';

/** The versions of each platform's adapter, the oldest first. A version stays while deliveries may ask for it. */
const ADAPTERS: Readonly<Record<ChatPlatform, readonly unknown[]>> = {
  teams: [teamsAdapter],
  discord: [discordAdapter],
  slack: [slackAdapter],
  telegram: [telegramAdapter],
  generic: [genericAdapter],
  email: [emailAdapter],
};

/** The adapter of a platform; the newest where that version is no more. */
export function adapterOf(platform: ChatPlatform, version?: number): ChatAdapter {
  // An adapter is only ever called with configs of its own platform.
  const versions = ADAPTERS[platform] as readonly ChatAdapter[];
  const newest = versions.at(-1) as ChatAdapter;
  return versions.find((adapter) => adapter.version === version) ?? newest;
}
