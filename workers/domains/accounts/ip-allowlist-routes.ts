import { ipAllowlist, setIpAllowlistRequest } from '@agentflow/contracts';
import { requestContext } from '../../platform/auth.ts';
import { etagHeader, etagOf, ifMatch, STALE } from '../../platform/etags.ts';
import { createRouter, json, operation } from '../../platform/router.ts';
import { getIpAllowlist, presentIpAllowlist, setIpAllowlist } from './ip-allowlist.ts';

const getOperation = operation({
  method: 'get',
  path: '/org/ip-allowlist',
  operationId: 'getIpAllowlist',
  access: 'org:manage',
  tags: ['Organization'],
  summary: 'From which addresses the organization is used',
  responses: { 200: { description: 'The allowlist', headers: etagHeader, content: json(ipAllowlist) } },
});

const putOperation = operation({
  method: 'put',
  path: '/org/ip-allowlist',
  operationId: 'setIpAllowlist',
  access: 'org:manage',
  tags: ['Organization'],
  summary: 'Choose from which addresses the organization is used',
  description:
    "Holds for API keys and starts from the answer on, for people everywhere after five seconds. Requests from elsewhere get 403 `ip_not_allowed`; a person can still see and leave what is theirs (`GET /auth/me`, sessions, password). A list without the caller's own address is refused, an empty one allows every address. Send the ETag in `If-Match`.",
  request: { headers: ifMatch, body: { content: json(setIpAllowlistRequest) } },
  responses: {
    200: { description: 'The allowlist as it holds now', headers: etagHeader, content: json(ipAllowlist) },
    412: STALE,
  },
});

export const ipAllowlistRoutes = createRouter()
  .openapi(getOperation, async (c) => {
    const ctx = requestContext(c);
    const list = await getIpAllowlist(ctx);
    return c.json(presentIpAllowlist(list, ctx.ip), 200, { ETag: etagOf(list.revision) });
  })
  .openapi(putOperation, async (c) => {
    const ctx = requestContext(c);
    const list = await setIpAllowlist(ctx, c.req.valid('json'), c.req.valid('header')['if-match']);
    return c.json(presentIpAllowlist(list, ctx.ip), 200, { ETag: etagOf(list.revision) });
  });
