import {
  apiKey,
  apiKeyId,
  createApiKeyRequest,
  createdApiKey,
  organization,
  page,
  pageQuery,
  rotateApiKeyRequest,
  updateOrganizationRequest,
} from '@agentflow/contracts';
import { z } from 'zod';
import { db } from '../../db/client.ts';
import { requestContext } from '../../platform/auth.ts';
import { etagHeader, etagOf, ifMatch, STALE } from '../../platform/etags.ts';
import { decodeCursor, pageOf } from '../../platform/pagination.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { createApiKey, revokeApiKey, rotateApiKey } from './api-keys.ts';
import { changeOrganization, getOrganization } from './change-organization.ts';
import { presentApiKey, presentOrganization } from './present.ts';
import { listApiKeys } from './queries.ts';

const getOperation = operation({
  method: 'get',
  path: '/org',
  operationId: 'getOrganization',
  access: 'org:read',
  tags: ['Organization'],
  summary: "The caller's organization",
  responses: { 200: { description: 'The organization', headers: etagHeader, content: json(organization) } },
});

const putOperation = operation({
  method: 'put',
  path: '/org',
  operationId: 'updateOrganization',
  access: 'org:manage',
  tags: ['Organization'],
  summary: 'Change the organization',
  description: 'The slug stays as it is. Send the ETag in `If-Match`, so that two editors do not overwrite each other.',
  request: { headers: ifMatch, body: { content: json(updateOrganizationRequest) } },
  responses: {
    200: { description: 'The changed organization', headers: etagHeader, content: json(organization) },
    412: STALE,
  },
});

const getApiKeys = operation({
  method: 'get',
  path: '/org/api-keys',
  operationId: 'listApiKeys',
  access: 'api_keys:read',
  tags: ['API keys'],
  summary: 'List API keys',
  description: 'Newest first, revoked ones included. The keys themselves are never shown again.',
  request: { query: pageQuery },
  responses: { 200: { description: 'A page of API keys', content: json(page(apiKey)) } },
});

const postApiKey = operation({
  method: 'post',
  path: '/org/api-keys',
  operationId: 'createApiKey',
  access: 'api_keys:manage',
  idempotent: true,
  tags: ['API keys'],
  summary: 'Create an API key',
  description: 'The answer holds the key, this once. Scopes that the caller does not have are refused with 403.',
  request: { body: { content: json(createApiKeyRequest) } },
  responses: { 201: { description: 'The new key', content: json(createdApiKey) } },
});

const postRotation = operation({
  method: 'post',
  path: '/org/api-keys/{id}/rotate',
  operationId: 'rotateApiKey',
  access: 'api_keys:manage',
  idempotent: true,
  tags: ['API keys'],
  summary: 'Replace an API key',
  description:
    'Makes a key with the same name, scopes and length of life; the answer holds it, this once. The old one still works for `overlap_seconds`, and with 0 no longer at all. A key with scopes that the caller does not have is refused with 403.',
  request: { params: z.object({ id: apiKeyId }), body: { content: json(rotateApiKeyRequest) } },
  responses: {
    201: { description: 'The new key', content: json(createdApiKey) },
    409: refusal('The key was rotated before', 'conflict'),
  },
});

const deleteApiKey = operation({
  method: 'delete',
  path: '/org/api-keys/{id}',
  operationId: 'revokeApiKey',
  access: 'api_keys:manage',
  tags: ['API keys'],
  summary: 'Revoke an API key',
  description: 'The key is refused everywhere from the moment of the answer.',
  request: { params: z.object({ id: apiKeyId }) },
  responses: { 204: { description: 'The key is revoked' } },
});

export const organizationRoutes = createRouter()
  .openapi(getOperation, async (c) => {
    const row = await getOrganization(requestContext(c));
    return c.json(presentOrganization(row), 200, { ETag: etagOf(row.updated_at) });
  })
  .openapi(putOperation, async (c) => {
    const row = await changeOrganization(requestContext(c), c.req.valid('json'), c.req.valid('header')['if-match']);
    return c.json(presentOrganization(row), 200, { ETag: etagOf(row.updated_at) });
  })
  .openapi(getApiKeys, async (c) => {
    const { env, organizationId } = requestContext(c);
    const { limit, cursor } = c.req.valid('query');
    const rows = await listApiKeys(db(env, organizationId), organizationId, { limit, before: decodeCursor(cursor) });
    const { data, next_cursor } = pageOf(rows, limit);
    return c.json({ data: data.map(presentApiKey), next_cursor }, 200);
  })
  .openapi(postApiKey, async (c) => c.json(await createApiKey(requestContext(c), c.req.valid('json')), 201))
  .openapi(postRotation, async (c) =>
    c.json(await rotateApiKey(requestContext(c), c.req.valid('param').id, c.req.valid('json')), 201),
  )
  .openapi(deleteApiKey, async (c) => {
    await revokeApiKey(requestContext(c), c.req.valid('param').id);
    return c.body(null, 204);
  });
