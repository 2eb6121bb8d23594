import {
  type ChannelDetail,
  type ChannelTestResult,
  type ChatConfig,
  type CreateChannelRequest,
  MAX_TARGETS,
  type MessageKind,
  type MessagePreview,
  type NotificationChannel,
  type PlatformHealth,
  type PreviewRequest,
  type UpdateChannelRequest,
} from '@agentflow/contracts';
import {
  type ChannelSettings,
  organizationDesk,
  type SubscriptionFields,
  subscriptionPlace,
} from '../../../durable-objects/organization/client.ts';
import { webhookTarget } from '../../../durable-objects/webhook-target/client.ts';
import { exampleEvent, messageOf, previewMessage, previewOf } from '../../chat/index.ts';
import { db } from '../../db/client.ts';
import { openChat, sealChat } from '../../platform/chat-secrets.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, notFound } from '../../platform/errors.ts';
import { etagOf, isUnconditional, requireMatch } from '../../platform/etags.ts';
import { given } from '../../platform/given.ts';
import { newId } from '../../platform/ids.ts';
import { pageOf } from '../../platform/pagination.ts';
import { configuredOrigin } from '../../platform/public-url.ts';
import { auditOrigin, auditRow } from '../audit/index.ts';
import { requireScope, selectSubscriptions, sendTest } from '../webhooks/index.ts';
import { requireWorkable } from './channel-checks.ts';
import { type ChannelRecord, isChannel, presentChannel, presentDetail, presentRow } from './channel-present.ts';
import { connectButtons, disconnectButtons } from './telegram-buttons.ts';

/** What a request for a channel brings besides its caller: where the callbacks of platforms arrive. */
export interface ChannelContext extends RequestContext {
  readonly origin: string;
}

interface WithEtag<T> {
  readonly channel: T;
  readonly etag: string;
}

const deskOf = (ctx: RequestContext) => organizationDesk(ctx.env.ORGANIZATION, ctx.organizationId);

/** Through the desk, which is the authority on it. Throws `validation_failed` and `limit_reached`. */
export async function createChannel(ctx: ChannelContext, request: CreateChannelRequest): Promise<NotificationChannel> {
  const { organizationId } = ctx;
  const { name, config: given, events, filter, templates, buttons, is_active } = request;
  const now = ctx.now();
  const id = newId('notificationChannel', now);
  const { config, sealed, masked } = await sealOf(ctx, id, given, null);
  await Promise.all([
    requireWorkable(ctx, { config, templates, buttons: buttons ? config : null }),
    requireScope(ctx, filter),
  ]);
  await connectButtons(ctx, id, { config, buttons });
  const record: ChannelRecord = {
    id,
    name,
    events,
    filter,
    settings: { kind: 'channel', config: masked, templates, buttons },
    sealed,
    is_active,
    disabled: null,
    created_at: now,
    created_by: ctx.actor.id,
    updated_at: now,
    deleted_at: null,
    revision: 1,
  };
  const change = await deskOf(ctx).createSubscription(organizationId, record, auditOrigin(ctx));
  if (change.outcome === 'too_many') {
    disconnectButtons(ctx, id, { config, buttons });
    throw new ApiError(
      'limit_reached',
      `There are ${MAX_TARGETS} webhooks and notification channels, and there can be no more.`,
    );
  }
  return presentChannel(record, ctx);
}

/** From D1. */
export async function listChannels(
  ctx: ChannelContext,
  before: string | undefined,
  limit: number,
): Promise<{ data: NotificationChannel[]; next_cursor: string | null }> {
  const { env, organizationId } = ctx;
  const database = db(env, organizationId);
  const rows = await selectSubscriptions(database, organizationId, 'channel', {}, { before, limit: limit + 1 });
  const { data, next_cursor } = pageOf(rows, limit);
  return { data: data.map((row) => presentRow(row, ctx)), next_cursor };
}

/** From the desk, so that what was changed is there at once. */
export async function getChannel(ctx: ChannelContext, id: string): Promise<WithEtag<ChannelDetail>> {
  return detailed(ctx, await requireChannel(ctx, id));
}

/** Throws `validation_failed` and `precondition_failed`. */
export async function updateChannel(
  ctx: ChannelContext,
  id: string,
  request: UpdateChannelRequest,
  ifMatch: string | undefined,
): Promise<WithEtag<ChannelDetail>> {
  const before = await requireChannel(ctx, id);
  requireMatch(ifMatch, before.revision, 'The notification channel');
  const was = { config: await openConfig(ctx, before), buttons: before.settings.buttons };
  const made = request.config === undefined ? null : await sealOf(ctx, id, request.config, was.config);
  const { templates = before.settings.templates, buttons = was.buttons } = request;
  const will = { config: made?.config ?? was.config, buttons };
  await requireChange(ctx, request, will);
  const isReconnected = request.config !== undefined || request.buttons !== undefined;
  if (isReconnected) await connectButtons(ctx, id, will);

  // Sealed anew, the same would look changed.
  const isSame = made === null || JSON.stringify(will.config) === JSON.stringify(was.config);
  const shown = isSame ? before.settings.config : made.masked;
  const settings: ChannelSettings = { kind: 'channel', config: shown, templates, buttons };
  const { name, events, filter, is_active } = request;
  const fields = given({ name, events, filter, settings, sealed: isSame ? undefined : made.sealed, is_active });
  const after = await change(ctx, before, fields, isUnconditional(ifMatch));
  const isSameBot = buttons && tokenOf(will.config) === tokenOf(was.config);
  if (!isSameBot) disconnectButtons(ctx, id, was);
  return detailed(ctx, after);
}

/** What is left as it is may have become wrong since: that keeps nobody from changing the rest. */
async function requireChange(
  ctx: ChannelContext,
  request: UpdateChannelRequest,
  will: { readonly config: ChatConfig; readonly buttons: boolean },
): Promise<void> {
  const hasConfig = request.config !== undefined;
  await requireWorkable(ctx, {
    config: hasConfig ? will.config : null,
    templates: request.templates ?? {},
    buttons: will.buttons && (hasConfig || request.buttons !== undefined) ? will.config : null,
  });
  if (request.filter !== undefined) await requireScope(ctx, request.filter);
}

/** Nothing is sent, and no press is heard, from the moment that this returns. */
export async function deleteChannel(ctx: ChannelContext, id: string): Promise<void> {
  const before = await requireChannel(ctx, id);
  const was = { config: await openConfig(ctx, before), buttons: before.settings.buttons };
  if (!(await deskOf(ctx).deleteSubscription(id, auditOrigin(ctx)))) throw notFound('notification channel', id);
  disconnectButtons(ctx, id, was);
}

/** A message as its platform would get it. Nothing is sent. */
export function previewChannel(
  { env, organizationId }: RequestContext,
  { platform, kind, ...message }: PreviewRequest,
): Promise<MessagePreview> {
  return previewOf(platform, kind, { ...message, organizationId, publicUrl: configuredOrigin(env) });
}

/** Sends the example of a kind, and waits for what comes of it. */
export async function testChannel(ctx: RequestContext, id: string, kind: MessageKind): Promise<ChannelTestResult> {
  const { env, organizationId } = ctx;
  const record = await requireChannel(ctx, id);
  const now = ctx.now();
  const event = { ...exampleEvent(kind), id: newId('event', now), at: now };
  const delivery = await sendTest(ctx, id, event);
  if (delivery === null) throw notFound('notification channel', id);
  const database = db(env, organizationId);
  const entry = {
    action: 'notification_channel.tested',
    resource_type: 'notification_channel',
    resource_id: id,
    details: { kind },
  };
  await auditRow(database, organizationId, auditOrigin(ctx), entry, now);
  const { templates, buttons, config: shown } = record.settings;
  const options = { organizationId, templates, buttons, publicUrl: configuredOrigin(env) };
  const { message, problems } = await messageOf(event, options);
  const config = await openConfig(ctx, record);
  return { delivery, preview: previewMessage(shown.platform, message, problems, config) };
}

export function healthOfPlatforms(ctx: RequestContext): Promise<PlatformHealth[]> {
  return deskOf(ctx).adapterHealth();
}

/** Throws `not_found` for what is no channel of the organization. */
export async function requireChannel(ctx: RequestContext, id: string): Promise<ChannelRecord> {
  const record = await deskOf(ctx).subscription(id);
  if (!isChannel(record)) throw notFound('notification channel', id);
  return record;
}

function sealOf(ctx: RequestContext, id: string, config: ChatConfig, before: ChatConfig | null) {
  const { env, organizationId } = ctx;
  const at = { organizationId, place: subscriptionPlace(organizationId, id), field: 'config' };
  return sealChat(env, at, config, before);
}

function openConfig({ env, organizationId }: RequestContext, { id, sealed }: ChannelRecord): Promise<ChatConfig> {
  return openChat(env, organizationId, subscriptionPlace(organizationId, id), sealed);
}

function tokenOf(config: ChatConfig): string | null {
  return config.platform === 'telegram' ? config.bot_token : null;
}

/** What was written is made of what was read: it must still be there, unless it stands for itself. */
async function change(
  ctx: RequestContext,
  before: ChannelRecord,
  fields: SubscriptionFields,
  isUnconditional: boolean,
): Promise<ChannelRecord> {
  const made = await deskOf(ctx).changeSubscription(before.id, fields, before.revision, auditOrigin(ctx));
  if (made.outcome === 'stale' && !isUnconditional) {
    requireMatch(etagOf(before.revision), made.subscription.revision, 'The notification channel');
  }
  if (made.outcome === 'stale') throw new ApiError('conflict', 'The channel is being changed. Try again.');
  if (made.outcome !== 'done' || !isChannel(made.subscription)) throw notFound('notification channel', before.id);
  return made.subscription;
}

async function detailed(ctx: ChannelContext, record: ChannelRecord): Promise<WithEtag<ChannelDetail>> {
  const health = await webhookTarget(ctx.env.WEBHOOK_TARGET, record.id).health();
  return { channel: presentDetail(record, ctx, health), etag: etagOf(record.revision) };
}
