import { OAuthAuthorizationServer, OAuthError } from '@cloudflare/workers-oauth-provider';
import { clientKeyLives } from '../../../domains/external-agents/index.ts';
import type { Env } from '../../../platform/env.ts';
import { publicOrigin } from '../../../platform/public-url.ts';

const AUTHORIZE_PATH = '/oauth/authorize';
const TOKEN_PATH = '/oauth/token';
const REGISTER_PATH = '/oauth/register';
const RESOURCE_PATH = '/mcp';

/** What a grant lets its client do: act with a key of an external agent. Encrypted; only the client's tokens open it. */
export interface GrantProps {
  readonly key: string;
}

/** What is known of a grant without its tokens. */
export interface GrantMetadata {
  readonly organization_id: string;
  readonly external_agent_id: string;
  readonly key_id: string;
}

const servers = new Map<string, OAuthAuthorizationServer<Env>>();

/** The authorization server of this installation, whose issuer is where people reach it. */
export function authorizationServer(issuer: string): OAuthAuthorizationServer<Env> {
  let server = servers.get(issuer);
  if (server === undefined) {
    server = new OAuthAuthorizationServer<Env>({
      issuer,
      resources: [resourceOf(issuer)],
      authorizeEndpoint: AUTHORIZE_PATH,
      tokenEndpoint: TOKEN_PATH,
      clientRegistrationEndpoint: REGISTER_PATH,
      tokenExchangeCallback: async ({ grantType, props, env }) => {
        // A token of a dead key would be refused at once: the client learns that it has to ask again.
        if (grantType !== 'refresh_token' || (await clientKeyLives(env, (props as GrantProps).key))) return;
        throw new OAuthError('invalid_grant', { description: 'The access was revoked.' });
      },
      // Clients are told; the access log has the status.
      onError: () => undefined,
    });
    servers.set(issuer, server);
  }
  return server;
}

export function issuerOf(env: Env, requestUrl: string): string {
  return publicOrigin(env, requestUrl);
}

export function resourceOf(issuer: string): string {
  return issuer + RESOURCE_PATH;
}

/** The authorization request that a client has sent a browser with. */
export function authorizationRequest(issuer: string, query: string): Request {
  return new Request(`${issuer}${AUTHORIZE_PATH}?${query}`);
}

/** RFC 9728: where a client of the MCP door gets its tokens. */
export function resourceMetadata(issuer: string) {
  return {
    resource: resourceOf(issuer),
    authorization_servers: [issuer],
    bearer_methods_supported: ['header'],
    resource_name: 'AgentFlow',
  };
}

/** Of a 401 at the MCP door. */
export function challenge(issuer: string): string {
  return `Bearer resource_metadata="${issuer}/.well-known/oauth-protected-resource${RESOURCE_PATH}"`;
}

/** The key behind an access token of this installation; null for every other one. */
export async function keyOfToken(env: Env, requestUrl: string, token: string): Promise<string | null> {
  const issuer = issuerOf(env, requestUrl);
  const valid = await authorizationServer(issuer).validateToken<GrantProps>(resourceOf(issuer), token, env);
  return valid === null ? null : valid.props.key;
}
