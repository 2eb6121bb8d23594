import type { ChatPlatform } from '@agentflow/contracts';
import type { ChatAdapter } from './port.ts';
import { slackAdapter } from './slack/adapter.ts';

/** The versions of each platform's adapter, the oldest first. A version stays while deliveries may ask for it. */
const ADAPTERS: Readonly<Partial<Record<ChatPlatform, readonly unknown[]>>> = {
  slack: [slackAdapter],
};

/** The adapter of a platform; the newest where that version is no more. */
export function adapterOf(platform: ChatPlatform, version?: number): ChatAdapter {
  // An adapter is only ever called with configs of its own platform.
  const versions = ADAPTERS[platform] as readonly ChatAdapter[];
  const newest = versions.at(-1) as ChatAdapter;
  return versions.find((adapter) => adapter.version === version) ?? newest;
}
