import { organizationRateLimits, setOrganizationRateLimitsRequest } from '@agentflow/contracts';
import { requestContext } from '../../platform/auth.ts';
import { etagHeader, etagOf, ifMatch, STALE } from '../../platform/etags.ts';
import { createRouter, json, operation } from '../../platform/router.ts';
import { getRateLimits, presentRateLimits, setRateLimits } from './rate-limits.ts';

const getOperation = operation({
  method: 'get',
  path: '/org/rate-limits',
  operationId: 'getRateLimits',
  access: 'governance:read',
  tags: ['Governance'],
  summary: 'How often executions may be started, and by whom',
  responses: { 200: { description: 'The limits', headers: etagHeader, content: json(organizationRateLimits) } },
});

const putOperation = operation({
  method: 'put',
  path: '/org/rate-limits',
  operationId: 'setRateLimits',
  access: 'governance:write',
  tags: ['Governance'],
  summary: 'Choose how often executions may be started',
  description:
    'Replaces all limits; one that is left out is lifted. They hold from the answer on, besides those of the plan, for starts by callers: an execution that another one starts is not counted. A start is counted on every limit or, where one refuses it with 429 `rate_limited`, on none. Every answer to a start tells the state of its limits in `RateLimit` and `RateLimit-Policy`, the tightest first. Send the ETag in `If-Match`.',
  request: { headers: ifMatch, body: { content: json(setOrganizationRateLimitsRequest) } },
  responses: {
    200: { description: 'The limits as they hold now', headers: etagHeader, content: json(organizationRateLimits) },
    412: STALE,
  },
});

export const rateLimitRoutes = createRouter()
  .openapi(getOperation, async (c) => {
    const ctx = requestContext(c);
    const limits = await getRateLimits(ctx);
    return c.json(await presentRateLimits(ctx, limits), 200, { ETag: etagOf(limits.revision) });
  })
  .openapi(putOperation, async (c) => {
    const ctx = requestContext(c);
    const limits = await setRateLimits(ctx, c.req.valid('json'), c.req.valid('header')['if-match']);
    return c.json(await presentRateLimits(ctx, limits), 200, { ETag: etagOf(limits.revision) });
  });
