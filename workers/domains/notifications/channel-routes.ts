import {
  channelDetail,
  channelTestResult,
  createChannelRequest,
  delivery,
  deliveryQuery,
  messagePreview,
  notificationChannel,
  notificationChannelId,
  page,
  pageQuery,
  platformHealth,
  previewRequest,
  testChannelRequest,
  updateChannelRequest,
} from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { requestContext } from '../../platform/auth.ts';
import { etagHeader, ifMatch, STALE } from '../../platform/etags.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import { publicOrigin } from '../../platform/public-url.ts';
import { type AppEnv, createRouter, json, operation, refusal } from '../../platform/router.ts';
import { listDeliveries } from '../webhooks/index.ts';
import {
  type ChannelContext,
  createChannel,
  deleteChannel,
  getChannel,
  healthOfPlatforms,
  listChannels,
  previewChannel,
  requireChannel,
  testChannel,
  updateChannel,
} from './channels.ts';

const tags = ['Notification channels'];
const params = z.object({ id: notificationChannelId });

const list = operation({
  method: 'get',
  path: '/notification-channels',
  operationId: 'listNotificationChannels',
  tags,
  summary: 'List notification channels, newest first',
  access: 'webhooks:read',
  request: { query: pageQuery },
  responses: { 200: { description: 'A page of channels', content: json(page(notificationChannel)) } },
});

const create = operation({
  method: 'post',
  path: '/notification-channels',
  operationId: 'createNotificationChannel',
  tags,
  summary: 'Have events told to a chat or by e-mail',
  description:
    'What happens from now on. With `buttons`, approvals can be decided from the message: enter `callback_url` at Slack or Discord; a Telegram bot is told it by this call.',
  access: 'webhooks:manage',
  idempotent: true,
  request: { body: { content: json(createChannelRequest) } },
  responses: {
    201: { description: 'The channel', content: json(notificationChannel) },
    409: refusal('There are as many targets as there may be', 'limit_reached'),
  },
});

const preview = operation({
  method: 'post',
  path: '/notification-channels/preview',
  operationId: 'previewNotification',
  tags,
  summary: 'See a message as its platform would get it',
  description: 'Nothing is sent. A template that has no value is left out, and `problems` says why.',
  access: 'webhooks:read',
  request: { body: { content: json(previewRequest) } },
  responses: { 200: { description: 'The message', content: json(messagePreview) } },
});

const health = operation({
  method: 'get',
  path: '/notification-channels/health',
  operationId: 'getPlatformHealth',
  tags,
  summary: 'See how sending to each platform goes',
  access: 'webhooks:read',
  responses: {
    200: { description: 'The platforms that were sent to', content: json(z.object({ data: z.array(platformHealth) })) },
  },
});

const get = operation({
  method: 'get',
  path: '/notification-channels/{id}',
  operationId: 'getNotificationChannel',
  tags,
  summary: 'Get a notification channel and how its deliveries go',
  access: 'webhooks:read',
  request: { params },
  responses: { 200: { description: 'The channel', headers: etagHeader, content: json(channelDetail) } },
});

const update = operation({
  method: 'put',
  path: '/notification-channels/{id}',
  operationId: 'updateNotificationChannel',
  tags,
  summary: 'Change a notification channel',
  description: 'What is left out stays as it is. Secrets of `config` may be sent back as they are shown.',
  access: 'webhooks:manage',
  request: { params, headers: ifMatch, body: { content: json(updateChannelRequest) } },
  responses: {
    200: { description: 'The changed channel', headers: etagHeader, content: json(channelDetail) },
    409: refusal('It is being changed by somebody else', 'conflict'),
    412: STALE,
  },
});

const remove = operation({
  method: 'delete',
  path: '/notification-channels/{id}',
  operationId: 'deleteNotificationChannel',
  tags,
  summary: 'Delete a notification channel with its deliveries',
  access: 'webhooks:manage',
  request: { params },
  responses: { 204: { description: 'Gone; nothing is sent any more' } },
});

const test = operation({
  method: 'post',
  path: '/notification-channels/{id}/test',
  operationId: 'testNotificationChannel',
  tags,
  summary: 'Send an example',
  description: 'Waits for what comes of the first attempt. Buttons of an example decide nothing.',
  access: 'webhooks:manage',
  request: { params, body: { content: json(testChannelRequest) } },
  responses: { 200: { description: 'The delivery, and the message', content: json(channelTestResult) } },
});

const deliveries = operation({
  method: 'get',
  path: '/notification-channels/{id}/deliveries',
  operationId: 'listChannelDeliveries',
  tags,
  summary: 'List what was sent to a notification channel, newest first',
  access: 'webhooks:read',
  request: { params, query: deliveryQuery },
  responses: { 200: { description: 'A page of deliveries', content: json(page(delivery)) } },
});

function channelContext(c: Context<AppEnv>): ChannelContext {
  return { ...requestContext(c), origin: publicOrigin(c.env, c.req.url) };
}

export const channelRoutes = createRouter()
  .openapi(list, async (c) => {
    const { limit, cursor } = c.req.valid('query');
    return c.json(await listChannels(channelContext(c), decodeCursor(cursor), limit), 200);
  })
  .openapi(create, async (c) => c.json(await createChannel(channelContext(c), c.req.valid('json')), 201))
  .openapi(preview, async (c) => c.json(await previewChannel(requestContext(c), c.req.valid('json')), 200))
  // Before the route of an id, which would take it for one.
  .openapi(health, async (c) => c.json({ data: await healthOfPlatforms(requestContext(c)) }, 200))
  .openapi(get, async (c) => {
    const { channel, etag } = await getChannel(channelContext(c), c.req.valid('param').id);
    return c.json(channel, 200, { ETag: etag });
  })
  .openapi(update, async (c) => {
    const precondition = c.req.valid('header')['if-match'];
    const changed = await updateChannel(channelContext(c), c.req.valid('param').id, c.req.valid('json'), precondition);
    return c.json(changed.channel, 200, { ETag: changed.etag });
  })
  .openapi(remove, async (c) => {
    await deleteChannel(channelContext(c), c.req.valid('param').id);
    return c.body(null, 204);
  })
  .openapi(test, async (c) =>
    c.json(await testChannel(requestContext(c), c.req.valid('param').id, c.req.valid('json').kind), 200),
  )
  .openapi(deliveries, async (c) => {
    const ctx = requestContext(c);
    const { id } = await requireChannel(ctx, c.req.valid('param').id);
    return c.json(await listDeliveries(ctx, id, c.req.valid('query')), 200);
  });
