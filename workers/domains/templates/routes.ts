import { agent, installTemplateRequest, template, templateDetail, templateId } from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../platform/auth.ts';
import { etagHeader, etagOf } from '../../platform/etags.ts';
import { createRouter, json, operation } from '../../platform/router.ts';
import { presentAgent } from '../agents/index.ts';
import { getTemplate, installTemplate, listTemplates } from './templates.ts';

const tags = ['Templates'];
const templateParams = z.object({ id: templateId });

const list = operation({
  method: 'get',
  path: '/templates',
  operationId: 'listTemplates',
  access: 'agents:read',
  tags,
  summary: 'List templates',
  description: 'Agents to begin with: all of them, in the order in which they are shown.',
  responses: {
    200: { description: 'Every template', content: json(z.object({ data: z.array(template) })) },
  },
});

const get = operation({
  method: 'get',
  path: '/templates/{id}',
  operationId: 'getTemplate',
  access: 'agents:read',
  tags,
  summary: 'Get a template with its definition',
  request: { params: templateParams },
  responses: { 200: { description: 'The template', content: json(templateDetail) } },
});

const install = operation({
  method: 'post',
  path: '/templates/{id}/install',
  operationId: 'installTemplate',
  access: 'agents:write',
  idempotent: true,
  tags,
  summary: 'Create an agent from a template',
  description: 'Its draft is the definition of the template. Nothing runs before it is published.',
  request: { params: templateParams, body: { content: json(installTemplateRequest), required: true } },
  responses: { 201: { description: 'The new agent', headers: etagHeader, content: json(agent) } },
});

export const templateRoutes = createRouter()
  .openapi(list, (c) => c.json({ data: listTemplates() }, 200))
  .openapi(get, (c) => c.json(getTemplate(c.req.valid('param').id), 200))
  .openapi(install, async (c) => {
    const row = await installTemplate(requestContext(c), c.req.valid('param').id, c.req.valid('json'));
    const Location = c.req.path.replace(/\/templates\/.*$/, `/agents/${row.id}`);
    return c.json(presentAgent(row), 201, { ETag: etagOf(row.revision), Location });
  });
