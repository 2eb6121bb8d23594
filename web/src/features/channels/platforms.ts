import type { ChatPlatform, MessageKind } from '@agentflow/contracts';
import { Globe, Hash, type LucideIcon, Mail, MessageCircle, Send, UsersRound } from 'lucide-react';

export type ConfigField =
  | 'webhook_url'
  | 'username'
  | 'bot_token'
  | 'channel'
  | 'channel_id'
  | 'chat_id'
  | 'signing_secret'
  | 'public_key'
  | 'secret';

export interface FieldLook {
  readonly name: ConfigField;
  readonly label: string;
  readonly help?: string;
  readonly placeholder?: string;
  readonly optional?: boolean;
  readonly secret?: boolean;
}

/** One way in which a platform is reached. */
interface Way {
  readonly id: 'webhook' | 'bot';
  readonly label: string;
  readonly fields: readonly FieldLook[];
}

interface PlatformLook {
  readonly name: string;
  readonly icon: LucideIcon;
  /** Where it is set up, in a few words. */
  readonly how: string;
  /** The guide of its makers. */
  readonly docs: string | null;
  readonly ways: readonly [Way, ...Way[]];
  /** What presses of buttons are verified with; null where messages have none. */
  readonly buttons: { readonly needs: FieldLook | null; readonly how: string } | null;
}

const ADDRESS = { name: 'webhook_url', label: 'Webhook address', secret: true } as const;
const BOT_TOKEN = { name: 'bot_token', label: 'Bot token', secret: true } as const;

export const CHAT_PLATFORM_LOOKS: Record<ChatPlatform, PlatformLook> = {
  slack: {
    name: 'Slack',
    icon: Hash,
    how: 'An incoming webhook of an app, or its bot token with a channel that the bot is in.',
    docs: 'https://docs.slack.dev/messaging/sending-messages-using-incoming-webhooks',
    ways: [
      {
        id: 'webhook',
        label: 'Incoming webhook',
        fields: [{ ...ADDRESS, placeholder: 'https://hooks.slack.com/services/…' }],
      },
      {
        id: 'bot',
        label: 'Bot',
        fields: [
          { ...BOT_TOKEN, placeholder: 'xoxb-…', help: 'Of an app with the scope chat:write.' },
          { name: 'channel', label: 'Channel', placeholder: '#agents', help: 'Invite the bot to it first.' },
        ],
      },
    ],
    buttons: {
      needs: {
        name: 'signing_secret',
        label: 'Signing secret',
        secret: true,
        help: 'On the page “Basic Information” of the Slack app.',
      },
      how: 'Put this address into “Interactivity & Shortcuts” of the Slack app:',
    },
  },
  teams: {
    name: 'Microsoft Teams',
    icon: UsersRound,
    how: 'A workflow of the channel that posts a card when a webhook request is received.',
    docs: 'https://support.microsoft.com/office/create-incoming-webhooks-with-workflows-for-microsoft-teams-8ae491c7-0394-4861-ba59-055e33f75498',
    ways: [{ id: 'webhook', label: 'Workflow', fields: [ADDRESS] }],
    buttons: null,
  },
  discord: {
    name: 'Discord',
    icon: MessageCircle,
    how: 'A webhook from the settings of a channel, or a bot with the channel’s id.',
    docs: 'https://support.discord.com/hc/en-us/articles/228383668-Intro-to-Webhooks',
    ways: [
      {
        id: 'webhook',
        label: 'Webhook',
        fields: [
          { ...ADDRESS, placeholder: 'https://discord.com/api/webhooks/…' },
          { name: 'username', label: 'Shown as', optional: true, placeholder: 'AgentFlow' },
        ],
      },
      {
        id: 'bot',
        label: 'Bot',
        fields: [
          BOT_TOKEN,
          {
            name: 'channel_id',
            label: 'Channel id',
            placeholder: '1122334455667788',
            help: 'Digits: “Copy Channel ID” in Discord.',
          },
        ],
      },
    ],
    buttons: {
      needs: {
        name: 'public_key',
        label: 'Public key',
        help: 'On the page “General Information” of the Discord application: 64 hexadecimal digits.',
      },
      how: 'Put this address into “Interactions Endpoint URL” of the Discord application:',
    },
  },
  telegram: {
    name: 'Telegram',
    icon: Send,
    how: 'A bot from @BotFather, and the chat that it writes to.',
    docs: 'https://core.telegram.org/bots/tutorial',
    ways: [
      {
        id: 'bot',
        label: 'Bot',
        fields: [
          { ...BOT_TOKEN, placeholder: '123456:ABC-DEF…' },
          { name: 'chat_id', label: 'Chat', placeholder: '-1001234567890', help: 'Its number, or @channelname.' },
        ],
      },
    ],
    buttons: { needs: null, how: 'Telegram is told this address by itself:' },
  },
  email: {
    name: 'E-mail',
    icon: Mail,
    how: 'To members of the organization.',
    docs: null,
    ways: [{ id: 'webhook', label: 'E-mail', fields: [] }],
    buttons: null,
  },
  generic: {
    name: 'Any address',
    icon: Globe,
    how: 'The message as JSON, for a bridge of your own.',
    docs: 'https://www.standardwebhooks.com',
    ways: [
      {
        id: 'webhook',
        label: 'Address',
        fields: [
          { ...ADDRESS, placeholder: 'https://example.com/hooks/agentflow' },
          {
            name: 'secret',
            label: 'Secret',
            optional: true,
            secret: true,
            help: 'Signs what is sent, as Standard Webhooks has it.',
          },
        ],
      },
    ],
    buttons: null,
  },
};

/** In the order in which people look for them. */
export const PLATFORM_ORDER: readonly ChatPlatform[] = ['slack', 'teams', 'discord', 'telegram', 'email', 'generic'];

export function isChatPlatform(name: string | undefined): name is ChatPlatform {
  return name !== undefined && name in CHAT_PLATFORM_LOOKS;
}

/** Every field that a platform has, each once. */
export function fieldsOfPlatform(platform: ChatPlatform): readonly FieldLook[] {
  const { ways, buttons } = CHAT_PLATFORM_LOOKS[platform];
  const fields = new Map(ways.flatMap((way) => way.fields).map((field) => [field.name, field]));
  if (buttons?.needs) fields.set(buttons.needs.name, buttons.needs);
  return [...fields.values()];
}

export const KIND_WORDS: Record<
  MessageKind,
  { readonly label: string; readonly help: string; readonly event: string }
> = {
  result: { label: 'Result', help: 'What ended well.', event: 'external_agent.invoked' },
  failure: { label: 'Failure', help: 'What ended with an error.', event: 'execution.failed' },
  approval: { label: 'Approval', help: 'Questions to people, and their answers.', event: 'approval.requested' },
  budget: { label: 'Budget', help: 'Budgets that run out.', event: 'budget.threshold_reached' },
  notice: { label: 'Notice', help: 'Everything else.', event: 'agent.published' },
};
