import {
  delivery,
  deliveryDetail,
  deliveryId,
  deliveryQuery,
  page,
  recovered,
  recoverRequest,
  testResult,
  testWebhookRequest,
  webhookId,
} from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { requestContext } from '../../platform/auth.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { getDelivery, listWebhookDeliveries, recoverWebhook, replayDelivery, testWebhook } from './deliveries.ts';

const tags = ['Webhooks'];
const webhookParams = z.object({ id: webhookId });
const params = z.object({ id: deliveryId });

const list = operation({
  method: 'get',
  path: '/webhooks/{id}/deliveries',
  operationId: 'listWebhookDeliveries',
  tags,
  summary: 'List the deliveries of a webhook, newest first',
  description: 'Those of the last 30 days, tests included.',
  access: 'webhooks:read',
  request: { params: webhookParams, query: deliveryQuery },
  responses: { 200: { description: 'A page of deliveries', content: json(page(delivery)) } },
});

const test = operation({
  method: 'post',
  path: '/webhooks/{id}/test',
  operationId: 'testWebhook',
  tags,
  summary: 'Send a test event',
  description:
    'The answer comes when its first attempt has ended. A test is sent to a webhook that is not active, too.',
  access: 'webhooks:manage',
  request: { params: webhookParams, body: { content: json(testWebhookRequest) } },
  responses: { 200: { description: 'What came of it', content: json(testResult) } },
});

const recover = operation({
  method: 'post',
  path: '/webhooks/{id}/recover',
  operationId: 'recoverWebhook',
  tags,
  summary: 'Send again what has failed since a time',
  access: 'webhooks:manage',
  request: { params: webhookParams, body: { content: json(recoverRequest) } },
  responses: {
    200: { description: 'How many are sent again', content: json(recovered) },
    409: refusal('It is not active', 'conflict'),
  },
});

const get = operation({
  method: 'get',
  path: '/deliveries/{id}',
  operationId: 'getDelivery',
  tags,
  summary: 'Get a delivery with its attempts',
  description: "Of a webhook, a notification channel or an external agent's webhook.",
  access: 'webhooks:read',
  request: { params },
  responses: { 200: { description: 'The delivery', content: json(deliveryDetail) } },
});

const replay = operation({
  method: 'post',
  path: '/deliveries/{id}/replay',
  operationId: 'replayDelivery',
  tags,
  summary: 'Send a delivery again',
  description: 'With the same `webhook-id`, whatever came of it before.',
  access: 'webhooks:manage',
  request: { params },
  responses: {
    200: { description: 'The delivery, on its way', content: json(deliveryDetail) },
    409: refusal('The target is not active, or the body is not kept any more', 'conflict'),
  },
});

export const deliveryRoutes = createRouter()
  .openapi(list, async (c) =>
    c.json(await listWebhookDeliveries(requestContext(c), c.req.valid('param').id, c.req.valid('query')), 200),
  )
  .openapi(test, async (c) => {
    const { type } = c.req.valid('json');
    return c.json({ delivery: await testWebhook(requestContext(c), c.req.valid('param').id, type) }, 200);
  })
  .openapi(recover, async (c) => {
    const { since } = c.req.valid('json');
    return c.json({ deliveries: await recoverWebhook(requestContext(c), c.req.valid('param').id, since) }, 200);
  })
  .openapi(get, async (c) => c.json(await getDelivery(requestContext(c), c.req.valid('param').id), 200))
  .openapi(replay, async (c) => c.json(await replayDelivery(requestContext(c), c.req.valid('param').id), 200));
