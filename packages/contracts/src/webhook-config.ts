import { z } from 'zod';

const url = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .refine((text) => !/^[a-z]+:\/\/[^/?#]*@/i.test(text), 'must have no user name or password');
const secret = z.string().min(6).max(400).regex(/^\S+$/, 'must have no spaces');
const name = z.string().trim().min(1).max(80);

export const CHAT_PLATFORMS = ['teams', 'discord', 'slack', 'telegram', 'generic', 'email'] as const;
export const chatPlatform = z.enum(CHAT_PLATFORMS);
export type ChatPlatform = z.infer<typeof chatPlatform>;

/**
 * Where the results of an external agent's calls are sent, in the form of each platform. Addresses and tokens open the
 * platform to whoever has them: they are stored sealed and shown masked.
 */
export const webhookConfig = z.discriminatedUnion('platform', [
  z.strictObject({ platform: z.literal('teams'), webhook_url: url }),
  z
    .strictObject({
      platform: z.literal('discord'),
      webhook_url: url.optional(),
      username: name.optional(),
      bot_token: secret.optional(),
      channel_id: z
        .string()
        .regex(/^\d{5,25}$/, 'must be the id of a channel: digits')
        .optional(),
      public_key: z
        .string()
        .regex(/^[0-9a-f]{64}$/i, 'must be 64 hexadecimal digits')
        .optional()
        .describe("The application's, by which presses of buttons are verified"),
    })
    .refine((config) => (config.webhook_url === undefined) !== (config.bot_token === undefined), {
      path: ['webhook_url'],
      message: 'give either a webhook_url or a bot_token',
    })
    .refine((config) => config.bot_token === undefined || config.channel_id !== undefined, {
      path: ['channel_id'],
      message: 'is required with a bot_token',
    }),
  z
    .strictObject({
      platform: z.literal('slack'),
      webhook_url: url.optional(),
      bot_token: secret.optional(),
      channel: name.optional(),
      signing_secret: secret.optional().describe("The app's, by which presses of buttons are verified"),
    })
    .refine((config) => (config.webhook_url === undefined) !== (config.bot_token === undefined), {
      path: ['webhook_url'],
      message: 'give either a webhook_url or a bot_token',
    })
    .refine((config) => config.bot_token === undefined || config.channel !== undefined, {
      path: ['channel'],
      message: 'is required with a bot_token',
    }),
  z.strictObject({
    platform: z.literal('telegram'),
    bot_token: secret,
    chat_id: z
      .string()
      .trim()
      .min(1)
      .max(80)
      .regex(/^(-?\d+|@\w+)$/, 'must be a number or @channelname'),
  }),
  z.strictObject({
    platform: z.literal('generic'),
    webhook_url: url,
    secret: secret.optional().describe('Signs what is sent, as Standard Webhooks has it'),
  }),
]);
export type WebhookConfig = z.infer<typeof webhookConfig>;

/** Where a notification channel sends to: the same, and e-mail to members. */
export const chatConfig = z.discriminatedUnion('platform', [
  ...webhookConfig.options,
  z.strictObject({
    platform: z.literal('email'),
    to: z.array(z.email().max(254)).min(1).max(20).describe('Addresses of members of the organization'),
  }),
]);
export type ChatConfig = z.infer<typeof chatConfig>;

/** The same with what is secret masked. */
export const maskedWebhookConfig = z.object({
  platform: z.enum(['teams', 'discord', 'slack', 'telegram', 'generic']),
  webhook_url: z.string().optional(),
  username: z.string().optional(),
  channel: z.string().optional(),
  channel_id: z.string().optional(),
  public_key: z.string().optional(),
  bot_token: z.string().optional(),
  signing_secret: z.string().optional(),
  secret: z.string().optional(),
  chat_id: z.string().optional(),
});
export type MaskedWebhookConfig = z.infer<typeof maskedWebhookConfig>;
export const maskedChatConfig = maskedWebhookConfig.extend({
  platform: chatPlatform,
  to: z.array(z.string()).optional(),
});
export type MaskedChatConfig = z.infer<typeof maskedChatConfig>;

/** Fields of a chat's config that nobody is shown. */
export const WEBHOOK_SECRETS = ['webhook_url', 'bot_token', 'signing_secret', 'secret'] as const;
