import {
  createdWebhook,
  createWebhookRequest,
  page,
  pageQuery,
  rotateSecretRequest,
  updateWebhookRequest,
  webhook,
  webhookDetail,
  webhookFilter,
  webhookId,
} from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import { requestContext } from '../../platform/auth.ts';
import { etagHeader, ifMatch, STALE } from '../../platform/etags.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { createWebhook, deleteWebhook, getWebhook, listWebhooks, rotateSecret, updateWebhook } from './webhooks.ts';

const tags = ['Webhooks'];
const params = z.object({ id: webhookId });

const list = operation({
  method: 'get',
  path: '/webhooks',
  operationId: 'listWebhooks',
  tags,
  summary: 'List webhooks, newest first',
  access: 'webhooks:read',
  request: { query: pageQuery.extend(webhookFilter.shape) },
  responses: { 200: { description: 'A page of webhooks', content: json(page(webhook)) } },
});

const create = operation({
  method: 'post',
  path: '/webhooks',
  operationId: 'createWebhook',
  tags,
  summary: 'Have events sent to a URL',
  description:
    'What happens from now on. The answer holds the secret, or for `v1a` the public key, this once. See the guide for how to verify signatures.',
  access: 'webhooks:manage',
  idempotent: true,
  request: { body: { content: json(createWebhookRequest) } },
  responses: {
    201: { description: 'The webhook with its secret', content: json(createdWebhook) },
    409: refusal('There are as many targets as there may be', 'limit_reached'),
  },
});

const get = operation({
  method: 'get',
  path: '/webhooks/{id}',
  operationId: 'getWebhook',
  tags,
  summary: 'Get a webhook and how its deliveries go',
  access: 'webhooks:read',
  request: { params },
  responses: { 200: { description: 'The webhook', headers: etagHeader, content: json(webhookDetail) } },
});

const update = operation({
  method: 'put',
  path: '/webhooks/{id}',
  operationId: 'updateWebhook',
  tags,
  summary: 'Change a webhook',
  description:
    'What is left out stays as it is. Values of headers may be sent back as they are shown. What waits for one that is not active is kept, and sent when it is activated again.',
  access: 'webhooks:manage',
  request: { params, headers: ifMatch, body: { content: json(updateWebhookRequest) } },
  responses: {
    200: { description: 'The changed webhook', headers: etagHeader, content: json(webhookDetail) },
    409: refusal('It is being changed by somebody else', 'conflict'),
    412: STALE,
  },
});

const remove = operation({
  method: 'delete',
  path: '/webhooks/{id}',
  operationId: 'deleteWebhook',
  tags,
  summary: 'Delete a webhook with its deliveries',
  access: 'webhooks:manage',
  request: { params },
  responses: { 204: { description: 'Gone; nothing is sent any more' } },
});

const rotate = operation({
  method: 'post',
  path: '/webhooks/{id}/rotate-secret',
  operationId: 'rotateWebhookSecret',
  tags,
  summary: "Replace a webhook's secret",
  description:
    'The answer holds the new one, this once. For `overlap_seconds` both sign each delivery, so that the receiver can change over in its own time; with 0 the old one is gone at once.',
  access: 'webhooks:manage',
  idempotent: true,
  request: { params, body: { content: json(rotateSecretRequest) } },
  responses: {
    200: { description: 'The webhook with its new secret', content: json(createdWebhook) },
    409: refusal('It is being changed by somebody else, or too many secrets sign already', 'conflict'),
  },
});

export const webhookRoutes = createRouter()
  .openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    return c.json(await listWebhooks(requestContext(c), filter, decodeCursor(cursor), limit), 200);
  })
  .openapi(create, async (c) => c.json(await createWebhook(requestContext(c), c.req.valid('json')), 201))
  .openapi(get, async (c) => {
    const found = await getWebhook(requestContext(c), c.req.valid('param').id);
    return c.json(found.webhook, 200, { ETag: found.etag });
  })
  .openapi(update, async (c) => {
    const precondition = c.req.valid('header')['if-match'];
    const changed = await updateWebhook(requestContext(c), c.req.valid('param').id, c.req.valid('json'), precondition);
    return c.json(changed.webhook, 200, { ETag: changed.etag });
  })
  .openapi(remove, async (c) => {
    await deleteWebhook(requestContext(c), c.req.valid('param').id);
    return c.body(null, 204);
  })
  .openapi(rotate, async (c) =>
    c.json(await rotateSecret(requestContext(c), c.req.valid('param').id, c.req.valid('json')), 200),
  );
