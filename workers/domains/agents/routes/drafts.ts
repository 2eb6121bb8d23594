import { agentDefinition, agentVersion, publishRequest, validateRequest, validation } from '@agentflow/contracts';
import { requestContext } from '../../../platform/auth.ts';
import { etagHeader, etagOf, ifMatch, STALE } from '../../../platform/etags.ts';
import { createRouter, json, operation, refusal } from '../../../platform/router.ts';
import { getDraft, saveDraft, validateDraft } from '../drafts.ts';
import { publishAgent } from '../publish-agent.ts';
import { ARCHIVED, agentParams } from './shared.ts';

const tags = ['Agents'];

const getOperation = operation({
  method: 'get',
  path: '/agents/{id}/draft',
  operationId: 'getDraft',
  access: 'agents:read',
  tags,
  summary: "Get an agent's draft",
  request: { params: agentParams },
  responses: { 200: { description: 'The editable definition', headers: etagHeader, content: json(agentDefinition) } },
});

const saveOperation = operation({
  method: 'put',
  path: '/agents/{id}/draft',
  operationId: 'saveDraft',
  access: 'agents:write',
  tags,
  summary: "Save an agent's draft",
  description: 'The structure is checked here; mistakes in the graph are kept and told by validation.',
  request: { params: agentParams, headers: ifMatch, body: { content: json(agentDefinition), required: true } },
  responses: {
    200: { description: 'The saved definition', headers: etagHeader, content: json(agentDefinition) },
    409: ARCHIVED,
    412: STALE,
  },
});

const validateOperation = operation({
  method: 'post',
  path: '/agents/{id}/validate',
  operationId: 'validateAgent',
  access: 'agents:read',
  tags,
  summary: 'Validate a definition',
  description: 'Tells every problem of the definition in the body, or of the stored draft where the body has none.',
  request: { params: agentParams, body: { content: json(validateRequest) } },
  responses: { 200: { description: 'What is wrong, if anything', content: json(validation) } },
});

const publishOperation = operation({
  method: 'post',
  path: '/agents/{id}/publish',
  operationId: 'publishAgent',
  access: 'agents:publish',
  idempotent: true,
  tags,
  summary: 'Publish the draft as the next version',
  description:
    'The version becomes the live one. `If-Match` takes the ETag of the draft, so that what was reviewed is what is published.',
  request: { params: agentParams, headers: ifMatch, body: { content: json(publishRequest) } },
  responses: {
    200: { description: 'The new version', content: json(agentVersion) },
    409: ARCHIVED,
    412: STALE,
    422: refusal('The draft has problems (`definition_invalid`), or the request is not valid', 'definition_invalid'),
  },
});

export const draftRoutes = createRouter()
  .openapi(getOperation, async (c) => {
    const { definition, revision } = await getDraft(requestContext(c), c.req.valid('param').id);
    return c.json(definition, 200, { ETag: etagOf(revision) });
  })
  .openapi(saveOperation, async (c) => {
    const { id } = c.req.valid('param');
    const saved = await saveDraft(requestContext(c), id, c.req.valid('json'), c.req.valid('header')['if-match']);
    return c.json(saved.definition, 200, { ETag: etagOf(saved.revision) });
  })
  .openapi(validateOperation, async (c) => {
    const { definition } = c.req.valid('json');
    return c.json(await validateDraft(requestContext(c), c.req.valid('param').id, definition), 200);
  })
  .openapi(publishOperation, async (c) => {
    const { id } = c.req.valid('param');
    const version = await publishAgent(requestContext(c), id, c.req.valid('json'), c.req.valid('header')['if-match']);
    return c.json(version, 200);
  });
