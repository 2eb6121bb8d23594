import {
  createEnvVarRequest,
  envVar,
  envVarName,
  keyedProvider,
  page,
  providerKey,
  setProviderKeyRequest,
  updateEnvVarRequest,
} from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../platform/auth.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { changeEnvVar, createEnvVar, listEnvVars, removeEnvVar } from './env-vars.ts';
import { listProviderKeys, removeProviderKey, setProviderKey } from './provider-keys.ts';

const getEnvVars = operation({
  method: 'get',
  path: '/org/env-vars',
  operationId: 'listEnvVars',
  access: 'secrets:read',
  tags: ['Secrets'],
  summary: 'List secrets',
  description: 'All of them by name, at most 200. Their values are never shown.',
  responses: { 200: { description: 'Every secret', content: json(page(envVar)) } },
});

const postEnvVar = operation({
  method: 'post',
  path: '/org/env-vars',
  operationId: 'createEnvVar',
  access: 'secrets:manage',
  idempotent: true,
  tags: ['Secrets'],
  summary: 'Create a secret',
  description:
    'Agents send it as `{{env.NAME}}` in HTTP requests; it is put in where a request leaves and shown nowhere. With `allowed_hosts` it leaves for these hosts only.',
  request: { body: { content: json(createEnvVarRequest) } },
  responses: {
    201: { description: 'The new secret, without its value', content: json(envVar) },
    409: refusal(
      'There is a secret of this name (`name_taken`), or there are 200 already (`limit_reached`)',
      'name_taken',
      'limit_reached',
    ),
  },
});

const byName = z.object({ name: envVarName });

const putEnvVar = operation({
  method: 'put',
  path: '/org/env-vars/{name}',
  operationId: 'updateEnvVar',
  access: 'secrets:manage',
  tags: ['Secrets'],
  summary: 'Change a secret',
  description: 'What is left out stays as it is. A new value holds for the next request of every run.',
  request: { params: byName, body: { content: json(updateEnvVarRequest) } },
  responses: { 200: { description: 'The secret, without its value', content: json(envVar) } },
});

const deleteEnvVar = operation({
  method: 'delete',
  path: '/org/env-vars/{name}',
  operationId: 'deleteEnvVar',
  access: 'secrets:manage',
  tags: ['Secrets'],
  summary: 'Delete a secret',
  description: 'Steps that name it fail with `secret_missing` from now on.',
  request: { params: byName },
  responses: { 204: { description: 'The secret is gone' } },
});

const getProviderKeys = operation({
  method: 'get',
  path: '/org/provider-keys',
  operationId: 'listProviderKeys',
  access: 'secrets:read',
  tags: ['Secrets'],
  summary: 'List model providers that the organization has its own access to',
  description: 'The keys themselves are never shown again.',
  responses: { 200: { description: 'Every provider with a setting', content: json(page(providerKey)) } },
});

const byProvider = z.object({ provider: keyedProvider });

const putProviderKey = operation({
  method: 'put',
  path: '/org/provider-keys/{provider}',
  operationId: 'setProviderKey',
  access: 'secrets:manage',
  tags: ['Secrets'],
  summary: 'Use an own key or address for a model provider',
  description:
    'Replaces the whole setting: what is left out is gone, the key too. It stands for all that the installation has for this provider, so that without `base_url` the vendor’s own address is called. `openai`, `anthropic` and `google` need a key, `ollama` and `custom` a `base_url`.',
  request: { params: byProvider, body: { content: json(setProviderKeyRequest) } },
  responses: { 200: { description: 'The setting, without the key', content: json(providerKey) } },
});

const deleteProviderKey = operation({
  method: 'delete',
  path: '/org/provider-keys/{provider}',
  operationId: 'removeProviderKey',
  access: 'secrets:manage',
  tags: ['Secrets'],
  summary: 'Go back to what the installation has for a model provider',
  request: { params: byProvider },
  responses: { 204: { description: 'The setting is gone' } },
});

export const secretRoutes = createRouter()
  .openapi(getEnvVars, async (c) => c.json({ data: await listEnvVars(requestContext(c)), next_cursor: null }, 200))
  .openapi(postEnvVar, async (c) => c.json(await createEnvVar(requestContext(c), c.req.valid('json')), 201))
  .openapi(putEnvVar, async (c) =>
    c.json(await changeEnvVar(requestContext(c), c.req.valid('param').name, c.req.valid('json')), 200),
  )
  .openapi(deleteEnvVar, async (c) => {
    await removeEnvVar(requestContext(c), c.req.valid('param').name);
    return c.body(null, 204);
  })
  .openapi(getProviderKeys, async (c) =>
    c.json({ data: await listProviderKeys(requestContext(c)), next_cursor: null }, 200),
  )
  .openapi(putProviderKey, async (c) =>
    c.json(await setProviderKey(requestContext(c), c.req.valid('param').provider, c.req.valid('json')), 200),
  )
  .openapi(deleteProviderKey, async (c) => {
    await removeProviderKey(requestContext(c), c.req.valid('param').provider);
    return c.body(null, 204);
  });
