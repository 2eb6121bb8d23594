import { z } from 'zod';
import { approvalStatus } from './approvals.ts';
import { displayName, jsonValue, timestamp } from './common.ts';
import { eventPatterns, eventScope, eventType } from './events.ts';
import { notificationChannelId } from './ids.ts';
import { chatConfig, chatPlatform, maskedChatConfig } from './webhook-config.ts';
import { deliveryDetail, disabled, targetHealth } from './webhooks.ts';

/** What a message is about, as templates and previews name it. */
export const MESSAGE_KINDS = ['result', 'failure', 'approval', 'budget', 'notice'] as const;
export const messageKind = z.enum(MESSAGE_KINDS);
export type MessageKind = z.infer<typeof messageKind>;

const template = z.string().max(4000).describe('Text with expressions as in `{{event.data.agent_name}}`');
/** What takes the place of a message's text, by what it is about. */
export const messageTemplates = z.strictObject({
  result: template.optional(),
  failure: template.optional(),
  approval: template.optional(),
  budget: template.optional(),
  notice: template.optional(),
});
export type MessageTemplates = z.infer<typeof messageTemplates>;

const fields = {
  name: displayName,
  config: chatConfig,
  events: eventPatterns,
  filter: eventScope,
  templates: messageTemplates,
  buttons: z
    .boolean()
    .describe(
      'Approvals can be decided from the message: Slack, Discord and Telegram, with what the platform needs for it',
    ),
  is_active: z.boolean(),
};

export const createChannelRequest = z.strictObject({
  ...fields,
  filter: fields.filter.default({ agent_ids: null, project_ids: null }),
  templates: fields.templates.default({}),
  buttons: fields.buttons.default(false),
  is_active: fields.is_active.default(true),
});
export type CreateChannelRequest = z.infer<typeof createChannelRequest>;

/** What is left out stays as it is. Masked secrets that come back unchanged stay as they are, too. */
export const updateChannelRequest = z.strictObject(fields).partial();
export type UpdateChannelRequest = z.infer<typeof updateChannelRequest>;

export const notificationChannel = z.object({
  id: notificationChannelId,
  name: z.string(),
  platform: chatPlatform,
  config: maskedChatConfig,
  events: z.array(z.string()),
  filter: eventScope,
  templates: messageTemplates,
  buttons: z.boolean(),
  callback_url: z
    .string()
    .nullable()
    .describe('What the platform calls when a button is pressed; null without buttons'),
  is_active: z.boolean(),
  disabled: disabled.nullable(),
  created_at: timestamp,
  created_by: z.string(),
  updated_at: timestamp,
});
export type NotificationChannel = z.infer<typeof notificationChannel>;

export const channelDetail = notificationChannel.extend({ health: targetHealth });
export type ChannelDetail = z.infer<typeof channelDetail>;

/** A message as its platform gets it, and as text. */
export const messagePreview = z.object({
  platform: chatPlatform,
  adapter_version: z.number().int(),
  kind: messageKind,
  payload: jsonValue.describe("The body of the platform's API call, secrets left out"),
  text: z.string().describe('What is sent where the platform refuses the rich form'),
  problems: z.array(z.object({ path: z.string(), message: z.string() })).describe('Of the template'),
});
export type MessagePreview = z.infer<typeof messagePreview>;

export const previewRequest = z.strictObject({
  platform: chatPlatform,
  kind: messageKind.default('result'),
  templates: messageTemplates.default({}),
  buttons: z.boolean().default(false),
});
export type PreviewRequest = z.infer<typeof previewRequest>;

export const testChannelRequest = z.strictObject({ kind: messageKind.default('result') });
export const channelTestResult = z.object({ delivery: deliveryDetail, preview: messagePreview });
export type ChannelTestResult = z.infer<typeof channelTestResult>;

export const platformHealth = z.object({
  platform: chatPlatform,
  state: z.enum(['healthy', 'unhealthy', 'unknown']),
  attempts: z.number().int().describe('Of the last hour'),
  failed: z.number().int(),
  last_error: z.string().nullable(),
  unhealthy_since: timestamp.nullable(),
});
export type PlatformHealth = z.infer<typeof platformHealth>;

/** A member's account on a chat platform: what it presses counts as theirs. */
export const chatAccount = z.object({
  id: z.string(),
  platform: chatPlatform,
  workspace: z.string().describe('Team that the account belongs to; empty where there is none'),
  account_id: z.string(),
  account_name: z.string(),
  linked_at: timestamp,
});
export type ChatAccount = z.infer<typeof chatAccount>;

/** `<platform>:<where it is known>:<its id there>` */
export const chatAccountId = z
  .string()
  .regex(/^[a-z]{3,20}:[A-Za-z0-9.-]{0,80}:[A-Za-z0-9_-]{1,60}$/, 'must be the id of a chat account');

const linkToken = z.string().min(1).max(4000);
export const linkChatAccountRequest = z.strictObject({ token: linkToken });
export const chatAccountLinkQuery = z.object({ token: linkToken });

/** Whose account a link would give to the member who opens it. */
export const chatAccountLink = chatAccount.omit({ id: true, linked_at: true }).extend({
  state: z.enum(['new', 'linked', 'taken']).describe('`linked`: is the caller’s already; `taken`: is another member’s'),
  expires_at: timestamp,
});
export type ChatAccountLink = z.infer<typeof chatAccountLink>;

/** What the bell shows: an event that asks for attention. */
export const notification = z.object({
  id: z.string().describe("The event's id"),
  type: eventType,
  timestamp,
  title: z.string(),
  detail: z.string(),
  path: z.string().nullable().describe('Where in the UI it is dealt with'),
  status: approvalStatus.nullable().describe('Of an approval: how it stands now'),
  read: z.boolean().describe('Or dealt with: an approval that somebody has decided'),
});
export type Notification = z.infer<typeof notification>;

export const notificationPage = z.object({
  data: z.array(notification),
  next_cursor: z.string().nullable(),
  unread: z.number().int().describe('At most 100 are counted'),
});
export type NotificationPage = z.infer<typeof notificationPage>;

export const notificationSettings = z.strictObject({
  muted: z.array(eventType).max(60).describe('Types that the bell leaves out'),
  added: z
    .array(eventType)
    .max(60)
    .describe(
      'Types that it tells besides those that ask for attention; `approval.requested`: also what others have to decide',
    ),
});
export type NotificationSettings = z.infer<typeof notificationSettings>;
