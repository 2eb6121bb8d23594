import {
  approvalStatus,
  EVENT_CATALOGUE,
  EVENT_TYPES,
  type EventType,
  eventType,
  type JsonValue,
  type Notification,
  type NotificationPage,
  type NotificationSettings,
  notificationSettings,
  permissionOf,
} from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import { isAllowed } from '../../platform/auth.ts';
import type { RequestContext } from '../../platform/context.ts';
import { notFound } from '../../platform/errors.ts';
import { firstIdAt } from '../../platform/ids.ts';
import { pageOf } from '../../platform/pagination.ts';
import { requireUser } from '../accounts/index.ts';
import { mayDecideWhere } from '../approvals/index.ts';
import { EVENT_DAYS } from '../events/index.ts';
import {
  type Bell,
  type BellRow,
  countUnread,
  insertRead,
  moveMark,
  selectMark,
  selectNotification,
  selectNotifications,
  upsertSettings,
} from './bell-queries.ts';
import { bellWords } from './bell-words.ts';

const MOST_COUNTED = 100;
const DAY_MS = 86_400_000;
const NO_SETTINGS: NotificationSettings = { muted: [], added: [] };

/**
 * What a person is told: events of the types that ask for attention, or that they added, and not of those they muted, as far
 * as their permissions reach. Approvals are told to those who may decide them. Throws `forbidden` for a key.
 */
async function bellOf(ctx: RequestContext): Promise<Bell & { readonly settings: NotificationSettings }> {
  const { organizationId } = ctx;
  const { user_id } = requireUser(ctx);
  const database = db(ctx.env, organizationId);
  const mark = await selectMark(database, organizationId, user_id);
  const settings = mark.settings === null ? NO_SETTINGS : readSettings(mark.settings);
  const { muted, added } = settings;
  const types = EVENT_TYPES.filter(
    (type) =>
      (EVENT_CATALOGUE[type].notifies || added.includes(type)) &&
      !muted.includes(type) &&
      isAllowed(ctx.principal, permissionOf(type)),
  );
  const decides = added.includes('approval.requested') ? undefined : await mayDecideWhere(ctx);
  return { user_id, types, decides, read_to: mark.read_to, settings };
}

/** Types that a later release has added and this one does not know are left out. */
function readSettings(text: string): NotificationSettings {
  const known = (value: unknown) =>
    (Array.isArray(value) ? value : []).filter((type): type is EventType => eventType.safeParse(type).success);
  const { muted, added } = JSON.parse(text) as Partial<Record<keyof NotificationSettings, unknown>>;
  return notificationSettings.parse({ muted: known(muted), added: known(added) });
}

export async function listNotifications(
  ctx: RequestContext,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<NotificationPage> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const bell = await bellOf(ctx);
  const [rows, unread] = await Promise.all([
    selectNotifications(database, organizationId, bell, page),
    countUnread(database, organizationId, bell, MOST_COUNTED),
  ]);
  const { data, next_cursor } = pageOf(rows, page.limit);
  return { data: data.map(present), next_cursor, unread };
}

/** Throws `not_found` for what the person's bell does not tell. */
export async function markRead(ctx: RequestContext, id: string): Promise<void> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  // A key has no bell, so there is nothing of this id for it.
  if (ctx.principal.kind !== 'user') throw notFound('notification', id);
  const bell = await bellOf(ctx);
  const row = await selectNotification(database, organizationId, bell, id);
  if (row === undefined) throw notFound('notification', id);
  if (id <= bell.read_to) return;
  await insertRead(database, organizationId, bell.user_id, id, firstIdAt('event', ctx.now() - EVENT_DAYS * DAY_MS));
}

/** Up to the newest that the bell tells now: what comes later is new. */
export async function markAllRead(ctx: RequestContext): Promise<void> {
  const { organizationId } = ctx;
  const database = db(ctx.env, organizationId);
  const bell = await bellOf(ctx);
  const [newest] = await selectNotifications(database, organizationId, bell, { before: undefined, limit: 1 });
  if (newest === undefined || newest.id <= bell.read_to) return;
  await moveMark(database, organizationId, bell.user_id, newest.id, JSON.stringify(bell.settings));
}

export async function readNotificationSettings(ctx: RequestContext): Promise<NotificationSettings> {
  return (await bellOf(ctx)).settings;
}

export async function writeNotificationSettings(
  ctx: RequestContext,
  request: NotificationSettings,
): Promise<NotificationSettings> {
  const { organizationId } = ctx;
  const bell = await bellOf(ctx);
  const settings = { muted: [...new Set(request.muted)], added: [...new Set(request.added)] };
  const database = db(ctx.env, organizationId);
  await upsertSettings(database, organizationId, bell.user_id, JSON.stringify(settings), bell.read_to);
  return settings;
}

function present({ id, type: told, at, data, status, is_read }: BellRow): Notification {
  const type = eventType.parse(told);
  const words = bellWords({ type, data: JSON.parse(data) as Record<string, JsonValue> });
  return {
    id,
    type,
    timestamp: new Date(at).toISOString(),
    ...words,
    status: approvalStatus.nullable().parse(status),
    read: is_read,
  };
}
