import { agentId, draftFileContent, draftFiles, putDraftFileRequest, savedDraftFile } from '@agentflow/contracts';
import { z } from 'zod';
import { requestContext } from '../../../platform/auth.ts';
import { etagHeader, etagOf, ifMatch, STALE } from '../../../platform/etags.ts';
import { createRouter, json, operation } from '../../../platform/router.ts';
import { deleteDraftFile, draftFile, draftFilesOf, putDraftFile } from '../draft-files.ts';
import { ARCHIVED, agentParams } from './shared.ts';

const tags = ['Agents'];

const fileParams = z.object({
  id: agentId,
  path: z.string().min(1).max(400).meta({ description: 'With its slashes: prompts/triage.prompt.md' }),
});

const listOperation = operation({
  method: 'get',
  path: '/agents/{id}/draft/files',
  operationId: 'listDraftFiles',
  access: 'agents:read',
  tags,
  summary: "List the files of an agent's draft",
  description: 'Files and graph are two views of one draft: whatever is saved as one shows in the other.',
  request: { params: agentParams },
  responses: { 200: { description: 'Paths and sizes', headers: etagHeader, content: json(draftFiles) } },
});

const getOperation = operation({
  method: 'get',
  path: '/agents/{id}/draft/files/:path{.+}',
  operationId: 'getDraftFile',
  access: 'agents:read',
  tags,
  summary: 'Get a file of a draft',
  request: { params: fileParams },
  responses: { 200: { description: 'The file', headers: etagHeader, content: json(draftFileContent) } },
});

const putOperation = operation({
  method: 'put',
  path: '/agents/{id}/draft/files/:path{.+}',
  operationId: 'putDraftFile',
  access: 'agents:write',
  tags,
  summary: 'Write a file of a draft',
  description:
    'Saves the draft that the files make with this one. Mistakes in the graph are kept and told by validation; files that can’t be read as a draft are refused with file, line and reason. A text or tool is added by writing it in agent.yaml, which puts it in a file of its own.',
  request: { params: fileParams, headers: ifMatch, body: { content: json(putDraftFileRequest), required: true } },
  responses: {
    200: {
      description: 'The file as it stands now, in canonical form and under the path that its content gives it',
      headers: etagHeader,
      content: json(savedDraftFile),
    },
    409: ARCHIVED,
    412: STALE,
  },
});

const deleteOperation = operation({
  method: 'delete',
  path: '/agents/{id}/draft/files/:path{.+}',
  operationId: 'deleteDraftFile',
  access: 'agents:write',
  tags,
  summary: 'Delete a file of a draft',
  description: 'A note or a test. A file that agent.yaml refers to goes when the reference does.',
  request: { params: fileParams, headers: ifMatch },
  responses: { 204: { description: 'It is gone', headers: etagHeader }, 409: ARCHIVED, 412: STALE },
});

export const draftFileRoutes = createRouter()
  .openapi(listOperation, async (c) => {
    const { files, draft_version } = await draftFilesOf(requestContext(c), c.req.valid('param').id);
    const data = Object.entries(files).map(([path, content]) => ({ path, size: content.length }));
    return c.json({ draft_version, data }, 200, { ETag: etagOf(draft_version) });
  })
  .openapi(getOperation, async (c) => {
    const { id, path } = c.req.valid('param');
    const file = await draftFile(requestContext(c), id, path);
    return c.json(file, 200, { ETag: etagOf(file.draft_version) });
  })
  .openapi(putOperation, async (c) => {
    const { id, path } = c.req.valid('param');
    const { content } = c.req.valid('json');
    const file = await putDraftFile(requestContext(c), id, path, content, c.req.valid('header')['if-match']);
    return c.json(file, 200, { ETag: etagOf(file.draft_version) });
  })
  .openapi(deleteOperation, async (c) => {
    const { id, path } = c.req.valid('param');
    const { revision } = await deleteDraftFile(requestContext(c), id, path, c.req.valid('header')['if-match']);
    return c.body(null, 204, { ETag: etagOf(revision) });
  });
