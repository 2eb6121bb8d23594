import { expect } from 'vitest';
import { api } from './api.ts';

/** Where a client's browser is sent back to in tests. */
export const CALLBACK = 'http://127.0.0.1:8765/callback';

/** The query with which a client that has just registered sends a browser to the consent page. */
export async function authorizationQuery(): Promise<string> {
  const registration = { client_name: 'Test host', redirect_uris: [CALLBACK], token_endpoint_auth_method: 'none' };
  const { status, body } = await api<{ client_id: string }>('//oauth/register', { body: registration });
  expect(status, JSON.stringify(body)).toBe(201);
  return new URLSearchParams({
    response_type: 'code',
    client_id: body.client_id,
    redirect_uri: CALLBACK,
    state: 'a state',
    // Of the example in RFC 7636, appendix B.
    code_challenge: 'E9Melhoa2OwvFrEMTJguCHaoeK1t8URWbuGJSstw-cM',
    code_challenge_method: 'S256',
  }).toString();
}
