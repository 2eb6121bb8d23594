import { eraseRequest, organizationErasure, personErasure } from '@agentflow/contracts';
import { requestContext } from '../../platform/auth.ts';
import { createRouter, json, operation, refusal } from '../../platform/router.ts';
import { eraseOrganization, previewOrganization } from './erase-organization.ts';
import { erasePerson, previewPerson } from './erase-person.ts';

const WRONG_PASSWORD = refusal(
  'The password is wrong (`invalid_credentials`), or the credential is not valid',
  'invalid_credentials',
);
const THROTTLED = refusal('Too many failed attempts of this account or from this address', 'rate_limited');

const getOrganizationErasure = operation({
  method: 'get',
  path: '/org/erasure',
  operationId: 'previewOrganizationErasure',
  access: 'org:erase',
  tags: ['Organization'],
  summary: 'See what erasing the organization would take away',
  responses: { 200: { description: 'What would go', content: json(organizationErasure) } },
});

const deleteOrganization = operation({
  method: 'delete',
  path: '/org',
  operationId: 'eraseOrganization',
  access: 'org:erase',
  tags: ['Organization'],
  summary: 'Erase the organization',
  description:
    'Cannot be undone. Everybody is signed out, API keys are refused and running executions stop at once; every row and object goes soon after, and then the slug is free. People keep their accounts. Send the slug as `confirm`, and your password.',
  request: { body: { content: json(eraseRequest) } },
  responses: { 204: { description: 'The organization is being erased' }, 401: WRONG_PASSWORD, 429: THROTTLED },
});

const getOwnErasure = operation({
  method: 'get',
  path: '/auth/me/erasure',
  operationId: 'previewOwnErasure',
  access: 'signed_in',
  tags: ['Accounts'],
  summary: 'See what erasing oneself would take away',
  description: 'API keys are nobody: 403.',
  responses: { 200: { description: 'What would go', content: json(personErasure) } },
});

const deleteMe = operation({
  method: 'delete',
  path: '/auth/me',
  operationId: 'eraseMe',
  access: 'signed_in',
  tags: ['Accounts'],
  summary: 'Erase oneself',
  description:
    'Cannot be undone. Organizations without another member are erased too; in others, what the person did stays without the name. Send the e-mail address as `confirm`, and your password.',
  request: { body: { content: json(eraseRequest) } },
  responses: {
    204: { description: 'The account is gone' },
    401: WRONG_PASSWORD,
    403: refusal('The caller is an API key', 'forbidden'),
    409: refusal('An organization with other members would be left without an owner (`last_owner`)', 'last_owner'),
    429: THROTTLED,
  },
});

export const erasureRoutes = createRouter()
  .openapi(getOrganizationErasure, async (c) => c.json(await previewOrganization(requestContext(c)), 200))
  .openapi(deleteOrganization, async (c) => {
    await eraseOrganization(requestContext(c), c.req.valid('json'));
    return c.body(null, 204);
  })
  .openapi(getOwnErasure, async (c) => c.json(await previewPerson(requestContext(c)), 200))
  .openapi(deleteMe, async (c) => {
    await erasePerson(requestContext(c), c.req.valid('json'));
    return c.body(null, 204);
  });
