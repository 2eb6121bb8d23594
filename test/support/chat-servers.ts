import type { ChatConfig, ChatPlatform } from '@agentflow/contracts';
import { inject } from 'vitest';
import type { PlannedAnswer } from './chat-platforms.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    chatPlatformsUrl: string;
  }
}

/** A call that came in at a platform, and what it was answered. */
export interface ReceivedMessage {
  readonly platform: Exclude<ChatPlatform, 'email'>;
  readonly path: string;
  readonly headers: Record<string, string>;
  readonly body: string;
  readonly message: Record<string, unknown>;
  readonly status: number;
  readonly answer: string;
}

/** Where the mock platforms' APIs are. */
export function mockApis() {
  const url = inject('chatPlatformsUrl');
  return { slack: `${url}/slack/api`, discord: `${url}/discord/api`, telegram: `${url}/telegram` };
}

/** A config whose messages the mock platforms keep under the name, which is digits for Discord's and Telegram's bots. */
export function mockConfig(
  platform: Exclude<ChatPlatform, 'email'>,
  name: string,
  door: 'webhook' | 'api' = 'webhook',
) {
  return configs(inject('chatPlatformsUrl'), name)[
    platform === 'telegram' ? 'telegram' : (`${platform}:${door}` as const)
  ] as ChatConfig;
}

function configs(url: string, name: string): Record<string, ChatConfig> {
  return {
    'teams:webhook': { platform: 'teams', webhook_url: `${url}/teams/workflows/${name}` },
    'discord:webhook': { platform: 'discord', webhook_url: `${url}/discord/api/webhooks/123456/${name}` },
    'discord:api': { platform: 'discord', bot_token: 'mock-bot-token', channel_id: name, public_key: 'ab'.repeat(32) },
    'slack:webhook': { platform: 'slack', webhook_url: `${url}/slack/services/T1/B1/${name}` },
    'slack:api': {
      platform: 'slack',
      bot_token: 'xoxb-mock-token',
      channel: name,
      signing_secret: '0123456789abcdef0123456789abcdef',
    },
    telegram: { platform: 'telegram', bot_token: `4242:${'mock-token-'.repeat(3)}`, chat_id: name },
    'generic:webhook': {
      platform: 'generic',
      webhook_url: `${url}/generic/${name}`,
      secret: `whsec_${btoa('0123456789abcdef0123456789abcdef')}`,
    },
  };
}

/** What came in under a name, the oldest first. */
export async function receivedMessages(name: string): Promise<ReceivedMessage[]> {
  const response = await fetch(`${inject('chatPlatformsUrl')}/received/${encodeURIComponent(name)}`);
  return (await response.json()) as ReceivedMessage[];
}

/** What the next calls under a name are answered. */
export async function planAnswers(name: string, planned: PlannedAnswer): Promise<void> {
  const url = `${inject('chatPlatformsUrl')}/answers/${encodeURIComponent(name)}`;
  await fetch(url, { method: 'PUT', body: JSON.stringify(planned) });
}
