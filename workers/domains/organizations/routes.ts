import {
  apiKey,
  apiKeyId,
  createApiKeyRequest,
  createdApiKey,
  organization,
  page,
  pageQuery,
} from '@agentflow/contracts';
import { z } from 'zod';
import { db } from '../../db/client.ts';
import { requestContext } from '../../platform/auth.ts';
import { notFound } from '../../platform/errors.ts';
import { decodeCursor, pageOf } from '../../platform/pagination.ts';
import { createRouter, json, operation } from '../../platform/router.ts';
import { createApiKey, revokeApiKey } from './api-keys.ts';
import { presentApiKey, presentOrganization } from './present.ts';
import { findOrganization, listApiKeys } from './queries.ts';

const getOrganization = operation({
  method: 'get',
  path: '/org',
  operationId: 'getOrganization',
  access: 'org:read',
  tags: ['Organization'],
  summary: "The caller's organization",
  responses: { 200: { description: 'The organization', content: json(organization) } },
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
  .openapi(getOrganization, async (c) => {
    const { env, organizationId } = requestContext(c);
    const row = await findOrganization(db(env, organizationId), organizationId);
    if (row === undefined) throw notFound('organization', organizationId);
    return c.json(presentOrganization(row), 200);
  })
  .openapi(getApiKeys, async (c) => {
    const { env, organizationId } = requestContext(c);
    const { limit, cursor } = c.req.valid('query');
    const rows = await listApiKeys(db(env, organizationId), organizationId, { limit, before: decodeCursor(cursor) });
    const { data, next_cursor } = pageOf(rows, limit);
    return c.json({ data: data.map(presentApiKey), next_cursor }, 200);
  })
  .openapi(postApiKey, async (c) => c.json(await createApiKey(requestContext(c), c.req.valid('json')), 201))
  .openapi(deleteApiKey, async (c) => {
    await revokeApiKey(requestContext(c), c.req.valid('param').id);
    return c.body(null, 204);
  });
