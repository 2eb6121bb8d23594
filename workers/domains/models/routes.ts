import { catalogueModel, modelFallback, modelRef, setModelPriceRequest } from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../platform/auth.ts';
import { createRouter, json, operation } from '../../platform/router.ts';
import { getFallback, setFallback } from './fallback.ts';
import { listModels, removeModelPrice, setModelPrice } from './service.ts';

const getModels = operation({
  method: 'get',
  path: '/models',
  operationId: 'listModels',
  access: 'org:read',
  tags: ['Models'],
  summary: 'Language models with their prices',
  description:
    'The catalogue with the prices that hold for the organization, then the models of its own endpoints that it has priced.',
  responses: { 200: { description: 'Every model', content: json(z.object({ data: z.array(catalogueModel) })) } },
});

const putModelPrice = operation({
  method: 'put',
  path: '/models/prices',
  operationId: 'setModelPrice',
  access: 'org:manage',
  tags: ['Models'],
  summary: 'Set a price of your own for a model',
  description: 'For a model of the catalogue, or any Ollama or custom model. Calls made from now on cost this much.',
  request: { body: { content: json(setModelPriceRequest), required: true } },
  responses: { 200: { description: 'The model as the organization now sees it', content: json(catalogueModel) } },
});

const deleteModelPrice = operation({
  method: 'delete',
  path: '/models/prices',
  operationId: 'removeModelPrice',
  access: 'org:manage',
  tags: ['Models'],
  summary: 'Go back to the listed price of a model',
  request: { query: z.object({ model: modelRef }) },
  responses: {
    204: { description: 'The listed price holds again' },
    404: { description: 'The organization has no price of its own for this model' },
  },
});

const getModelFallback = operation({
  method: 'get',
  path: '/models/fallback',
  operationId: 'getModelFallback',
  access: 'org:read',
  tags: ['Models'],
  summary: 'The fallback chain of the organization',
  responses: { 200: { description: 'The chain; empty where none is set', content: json(modelFallback) } },
});

const putModelFallback = operation({
  method: 'put',
  path: '/models/fallback',
  operationId: 'setModelFallback',
  access: 'org:manage',
  tags: ['Models'],
  summary: 'Set the fallback chain of the organization',
  description:
    'Models that are asked in this order where the model of a node cannot answer and the node names no chain of its own.',
  request: { body: { content: json(modelFallback), required: true } },
  responses: { 200: { description: 'The chain as it now holds', content: json(modelFallback) } },
});

export const modelRoutes = createRouter()
  .openapi(getModels, async (c) => c.json({ data: await listModels(requestContext(c)) }, 200))
  .openapi(putModelPrice, async (c) => c.json(await setModelPrice(requestContext(c), c.req.valid('json')), 200))
  .openapi(deleteModelPrice, async (c) => {
    await removeModelPrice(requestContext(c), c.req.valid('query').model);
    return c.body(null, 204);
  })
  .openapi(getModelFallback, async (c) => c.json(await getFallback(requestContext(c)), 200))
  .openapi(putModelFallback, async (c) => c.json(await setFallback(requestContext(c), c.req.valid('json')), 200));
