import type { ConsentDecisionRequest, ConsentDetails } from '@agentflow/contracts';
import { AuthorizationError, type AuthRequest, authorizationErrorRedirect } from '@cloudflare/workers-oauth-provider';
import { grantClientKey } from '../../../domains/external-agents/index.ts';
import type { RequestContext } from '../../../platform/context.ts';
import { ApiError } from '../../../platform/errors.ts';
import {
  authorizationRequest,
  authorizationServer,
  type GrantMetadata,
  type GrantProps,
} from './authorization-server.ts';

/** What a client asks for, before a person decides. Throws `validation_failed` for a request that nobody can grant. */
export async function describeConsent(ctx: RequestContext, issuer: string, query: string): Promise<ConsentDetails> {
  const helpers = authorizationServer(issuer).getOAuthApi(ctx.env);
  const details = await helpers.describeConsent(await parsed(ctx, issuer, query));
  return {
    client_id: details.clientId,
    client_name: details.clientName.slice(0, 200),
    client_uri: details.clientUri?.slice(0, 500) ?? null,
    redirect_host: details.redirectHost,
    redirect_is_local: details.redirectIsLoopback,
  };
}

/** Makes the grant, or does not, and gives back where the browser goes on. */
export async function decideConsent(
  ctx: RequestContext,
  issuer: string,
  { request: query, decision, ...as }: ConsentDecisionRequest,
): Promise<string> {
  const request = await parsed(ctx, issuer, query);
  if (decision === 'deny') return authorizationErrorRedirect(request, 'access_denied');
  const helpers = authorizationServer(issuer).getOAuthApi(ctx.env);
  const { clientId: id, clientName: name } = await helpers.describeConsent(request);
  const { key, key_id, external_agent_id } = await grantClientKey(ctx, { id, name }, as);
  const metadata: GrantMetadata = { organization_id: ctx.organizationId, external_agent_id, key_id };
  const props: GrantProps = { key };
  const completed = await helpers.completeAuthorization({
    request,
    // Grants are found again by whom they let act.
    userId: external_agent_id,
    metadata,
    scope: request.scope,
    props,
  });
  return completed.redirectTo;
}

async function parsed({ env }: RequestContext, issuer: string, query: string): Promise<AuthRequest> {
  try {
    return await authorizationServer(issuer).getOAuthApi(env).parseAuthRequest(authorizationRequest(issuer, query));
  } catch (error) {
    if (!(error instanceof AuthorizationError)) throw error;
    // Never sent back to the client: the person came here by a link that may be anybody's.
    throw new ApiError('validation_failed', 'The client sent you here with a request that is not valid.', {
      errors: [{ path: 'request', message: error.description }],
    });
  }
}
