import { eventId, notificationPage, notificationSettings, pageQuery } from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { requestContext } from '../../platform/auth.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import { createRouter, json, operation } from '../../platform/router.ts';
import {
  listNotifications,
  markAllRead,
  markRead,
  readNotificationSettings,
  writeNotificationSettings,
} from './bell.ts';

const tags = ['Notifications'];

const list = operation({
  method: 'get',
  path: '/notifications',
  operationId: 'listNotifications',
  access: 'signed_in',
  tags,
  summary: 'List what asks for your attention, newest first',
  description:
    'For people: API keys get 403. Events of the types that `GET /event-types` marks with `notifies`, as your settings and permissions have it; questions to people where you may decide them.',
  request: { query: pageQuery },
  responses: { 200: { description: 'A page of notifications', content: json(notificationPage) } },
});

const read = operation({
  method: 'post',
  path: '/notifications/{id}/read',
  operationId: 'readNotification',
  access: 'signed_in',
  tags,
  summary: 'Mark a notification as read',
  description: 'For people: API keys get 404.',
  request: { params: z.object({ id: eventId }) },
  responses: { 204: { description: 'It is read' } },
});

const readAll = operation({
  method: 'post',
  path: '/notifications/read-all',
  operationId: 'readAllNotifications',
  access: 'signed_in',
  tags,
  summary: 'Mark all notifications as read',
  description: 'For people: API keys get 403.',
  responses: { 204: { description: 'All are read' } },
});

const getSettings = operation({
  method: 'get',
  path: '/notifications/settings',
  operationId: 'getNotificationSettings',
  access: 'signed_in',
  tags,
  summary: 'Read which types your bell leaves out and tells besides',
  description: 'For people: API keys get 403.',
  responses: { 200: { description: 'Your settings here', content: json(notificationSettings) } },
});

const putSettings = operation({
  method: 'put',
  path: '/notifications/settings',
  operationId: 'setNotificationSettings',
  access: 'signed_in',
  tags,
  summary: 'Choose which types your bell leaves out and tells besides',
  description: 'For people: API keys get 403. What is muted is not told, added or not.',
  request: { body: { content: json(notificationSettings) } },
  responses: { 200: { description: 'Your settings here', content: json(notificationSettings) } },
});

export const bellRoutes = createRouter()
  .openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    return c.json(await listNotifications(requestContext(c), { before: decodeCursor(cursor), limit }), 200);
  })
  .openapi(readAll, async (c) => {
    await markAllRead(requestContext(c));
    return c.body(null, 204);
  })
  .openapi(getSettings, async (c) => c.json(await readNotificationSettings(requestContext(c)), 200))
  .openapi(putSettings, async (c) =>
    c.json(await writeNotificationSettings(requestContext(c), c.req.valid('json')), 200),
  )
  .openapi(read, async (c) => {
    await markRead(requestContext(c), c.req.valid('param').id);
    return c.body(null, 204);
  });
