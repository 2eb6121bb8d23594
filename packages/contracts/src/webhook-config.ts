import { z } from 'zod';

const url = z
  .url({ protocol: /^https?$/ })
  .max(2000)
  .refine((text) => !/^[a-z]+:\/\/[^/?#]*@/i.test(text), 'must have no user name or password');
const secret = z.string().min(6).max(400).regex(/^\S+$/, 'must have no spaces');
const name = z.string().trim().min(1).max(80);

/**
 * Where the results of an external agent's calls are sent, in the form of each platform. Addresses and tokens open the
 * platform to whoever has them: they are stored sealed and shown masked.
 */
export const webhookConfig = z.discriminatedUnion('platform', [
  z.strictObject({ platform: z.literal('teams'), webhook_url: url }),
  z.strictObject({ platform: z.literal('discord'), webhook_url: url, username: name.optional() }),
  z
    .strictObject({
      platform: z.literal('slack'),
      webhook_url: url.optional(),
      bot_token: secret.optional(),
      channel: name.optional(),
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
  z.strictObject({ platform: z.literal('generic'), webhook_url: url }),
]);
export type WebhookConfig = z.infer<typeof webhookConfig>;

/** The same with what is secret masked. */
export const maskedWebhookConfig = z.object({
  platform: z.enum(['teams', 'discord', 'slack', 'telegram', 'generic']),
  webhook_url: z.string().optional(),
  username: z.string().optional(),
  channel: z.string().optional(),
  bot_token: z.string().optional(),
  chat_id: z.string().optional(),
});
export type MaskedWebhookConfig = z.infer<typeof maskedWebhookConfig>;

/** Fields of a webhook config that nobody is shown. */
export const WEBHOOK_SECRETS = ['webhook_url', 'bot_token'] as const;
