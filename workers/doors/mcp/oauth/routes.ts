import { consentDecided, consentDecisionRequest, consentDetails, consentQuery } from '@agentflow/contracts';
import { type Context, Hono } from 'hono';
import { revokeClientKey } from '../../../domains/external-agents/index.ts';
import { requestContext } from '../../../platform/auth.ts';
import { ApiError } from '../../../platform/errors.ts';
import { withRegistrationThrottle } from '../../../platform/registration-throttle.ts';
import type { AppEnv } from '../../../platform/router.ts';
import { createRouter, json, operation } from '../../../platform/router.ts';
import { authorizationServer, type GrantMetadata, issuerOf, resourceMetadata } from './authorization-server.ts';
import { decideConsent, describeConsent } from './consent.ts';

const tags = ['External agents'];

const describe = operation({
  method: 'get',
  path: '/oauth/consent',
  operationId: 'describeConsent',
  tags,
  summary: 'Read what an OAuth client asks for',
  description: 'For the page at /oauth/authorize. The names are what the client says of itself.',
  access: 'external_agents:write',
  request: { query: consentQuery },
  responses: { 200: { description: 'The client and where its access is sent', content: json(consentDetails) } },
});

const decide = operation({
  method: 'post',
  path: '/oauth/consent',
  operationId: 'decideConsent',
  tags,
  summary: 'Let an OAuth client act as an external agent, or refuse',
  description:
    'An approval gives the client a key of its own, which is listed with the other keys of the external agent and revoked like them.',
  access: 'external_agents:write',
  request: { body: { content: json(consentDecisionRequest) } },
  responses: { 200: { description: 'Where the browser goes on', content: json(consentDecided) } },
});

/** What the consent page asks, below /api/v1. */
export const consentRoutes = createRouter()
  .openapi(describe, async (c) => {
    const { request } = c.req.valid('query');
    return c.json(await describeConsent(requestContext(c), issuerOf(c.env, c.req.url), request), 200);
  })
  .openapi(decide, async (c) => {
    const redirect_to = await decideConsent(requestContext(c), issuerOf(c.env, c.req.url), c.req.valid('json'));
    return c.json({ redirect_to }, 200);
  });

/** OAuth 2.1's own endpoints. Not in the OpenAPI document: their errors and forms are OAuth's. */
export const oauthRoutes = new Hono<AppEnv>();

const MAX_BODY_BYTES = 64 * 1024;

oauthRoutes.use('/oauth/*', async (c, next) => {
  if (Number(c.req.header('content-length') ?? 0) <= MAX_BODY_BYTES) return next();
  throw new ApiError('payload_too_large', `The body is larger than ${MAX_BODY_BYTES} bytes.`);
});

for (const path of ['/.well-known/oauth-protected-resource', '/.well-known/oauth-protected-resource/mcp']) {
  oauthRoutes.get(path, (c) => {
    return c.json(resourceMetadata(issuerOf(c.env, c.req.url)), 200, { 'Access-Control-Allow-Origin': '*' });
  });
}
for (const path of ['/.well-known/oauth-authorization-server', '/oauth/token']) {
  oauthRoutes.all(path, (c) => serve(c, c.req.raw));
}

/** Open to everybody, so that it is counted by network. */
oauthRoutes.all('/oauth/register', (c) => withRegistrationThrottle(c.env, c.var.ip, () => serve(c, c.req.raw)));

/** RFC 7009. Giving a refresh token back ends the grant, and the key with it. */
oauthRoutes.post('/oauth/revoke', async (c) => {
  const form = await c.req.raw
    .clone()
    .formData()
    .catch(() => new FormData());
  const [userId = '', grantId = ''] = String(form.get('token') ?? '').split(':');
  const helpers = authorizationServer(issuerOf(c.env, c.req.url)).getOAuthApi(c.env);
  const find = async () => (await helpers.listUserGrants(userId)).items.find(({ id }) => id === grantId);
  const before = userId === '' ? undefined : await find();
  const answer = await serve(c, new Request(new URL('/oauth/token', c.req.url), c.req.raw));
  if (before === undefined || (await find()) !== undefined) return answer;
  const { organization_id, external_agent_id, key_id } = before.metadata as GrantMetadata;
  await revokeClientKey(
    c.env,
    organization_id,
    { external_agent_id, key_id },
    {
      actor_type: 'external_agent',
      actor_id: external_agent_id,
      ip: c.var.ip,
      user_agent: (c.req.header('user-agent') ?? '').slice(0, 400),
      request_id: c.var.requestId,
    },
  );
  return answer;
});

async function serve(c: Context<AppEnv>, request: Request): Promise<Response> {
  const issuer = issuerOf(c.env, request.url);
  // Behind a proxy the request names another host than the issuer, which is what it is compared with.
  const { pathname, search } = new URL(request.url);
  const asked = new Request(issuer + pathname + search, request);
  return authorizationServer(issuer).fetch(asked, c.env, c.executionCtx as ExecutionContext);
}
