import { exports } from 'cloudflare:workers';
import type { ConsentDetails, ExternalAgent, ExternalAgentKey } from '@agentflow/contracts';
import {
  Client,
  type OAuthClientInformationMixed,
  type OAuthClientProvider,
  type OAuthTokens,
  StreamableHTTPClientTransport,
  UnauthorizedError,
} from '@modelcontextprotocol/client';
import { beforeAll, describe, expect, it } from 'vitest';
import { agentNode, publishedAgent } from '../../support/agents.ts';
import { api, expectProblem, type Member, ORIGIN, rawApi, signUp, withRole } from '../../support/api.ts';
import { externalAgent } from '../../support/external-agents.ts';
import { CALLBACK } from '../../support/oauth-client.ts';

const start = agentNode('start', 'trigger.manual');
const send = (url: string | URL, init?: RequestInit) => exports.default.fetch(new Request(url, init));

let owner: Member;
beforeAll(async () => {
  owner = await signUp();
  await publishedAgent(owner, { nodes: [start], edges: [] }, 'Answers');
});

/** What a host of MCP keeps of one server. */
class Host implements OAuthClientProvider {
  readonly redirectUrl = CALLBACK;
  readonly clientMetadata = {
    client_name: 'Test host',
    redirect_uris: [CALLBACK],
    grant_types: ['authorization_code', 'refresh_token'],
    response_types: ['code'],
    token_endpoint_auth_method: 'none',
  };
  information: OAuthClientInformationMixed | undefined;
  held: OAuthTokens | undefined;
  verifier = '';
  /** Where the browser was sent to. */
  sentTo: URL | undefined;

  clientInformation = () => this.information;
  saveClientInformation = (information: OAuthClientInformationMixed) => {
    this.information = information;
  };
  tokens = () => this.held;
  saveTokens = (tokens: OAuthTokens) => {
    this.held = tokens;
  };
  redirectToAuthorization = (url: URL) => {
    this.sentTo = url;
  };
  saveCodeVerifier = (verifier: string) => {
    this.verifier = verifier;
  };
  codeVerifier = () => this.verifier;
  invalidateCredentials = () => {
    this.held = undefined;
  };

  transport() {
    return new StreamableHTTPClientTransport(new URL(`${ORIGIN}/mcp`), { fetch: send, authProvider: this });
  }
}

const newClient = () => new Client({ name: 'test', version: '1' }, { versionNegotiation: { mode: 'auto' } });

/** Connects without a token: registers, and is sent to the consent page. Gives back the query there. */
async function sentToConsent(host: Host): Promise<{ query: string; finish: (back: URL) => Promise<void> }> {
  const transport = host.transport();
  await expect(newClient().connect(transport)).rejects.toThrow(UnauthorizedError);
  const url = host.sentTo;
  expect(url?.origin + (url?.pathname ?? '')).toBe(`${ORIGIN}/oauth/authorize`);
  return { query: url?.search.slice(1) ?? '', finish: (back) => transport.finishAuth(back.searchParams) };
}

async function consent(query: string, body: object, token = owner.token): Promise<URL> {
  const answer = await api<{ redirect_to: string }>('/oauth/consent', { token, body: { request: query, ...body } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(200);
  return new URL(answer.body.redirect_to);
}

/** The whole way, to a host that holds tokens. */
async function authorized(as: object): Promise<Host> {
  const host = new Host();
  const { query, finish } = await sentToConsent(host);
  const back = await consent(query, { decision: 'approve', ...as });
  await finish(back);
  return host;
}

async function toolNames(host: Host): Promise<string[]> {
  const client = newClient();
  await client.connect(host.transport());
  return (await client.listTools()).tools.map(({ name }) => name);
}

async function keysOf(id: string): Promise<ExternalAgentKey[]> {
  return (await api<{ data: ExternalAgentKey[] }>(`/external-agents/${id}/keys`, { token: owner.token })).body.data;
}

const form = (path: string, fields: Record<string, string>) =>
  rawApi(`//${path}`, {
    method: 'POST',
    body: new URLSearchParams(fields).toString(),
    headers: { 'content-type': 'application/x-www-form-urlencoded' },
  });

describe('a client without a key', () => {
  it('registers, asks a person, and acts as the external agent that they chose', async () => {
    const agent = await externalAgent(owner);
    const host = new Host();
    const { query, finish } = await sentToConsent(host);
    expect(query).toContain('code_challenge_method=S256');
    const shown = await api<ConsentDetails>(`/oauth/consent?request=${encodeURIComponent(query)}`, {
      token: owner.token,
    });
    expect(shown.body).toMatchObject({
      client_name: 'Test host',
      redirect_host: '127.0.0.1',
      redirect_is_local: true,
    });
    const back = await consent(query, { decision: 'approve', external_agent_id: agent.id });
    expect(back.origin + back.pathname).toBe(CALLBACK);
    await finish(back);

    expect(await toolNames(host)).toEqual(['answers']);
    const keys = await keysOf(agent.id);
    expect(keys.map(({ source }) => source).sort()).toEqual(['key', 'oauth']);
    const client = newClient();
    await client.connect(host.transport());
    const result = await client.callTool({ name: 'answers', arguments: {} });
    const { body } = await api<{ triggered_by: unknown }>(
      `/executions/${String(result._meta?.['agentflow/execution_id'])}`,
      { token: owner.token },
    );
    expect(body.triggered_by).toMatchObject({ type: 'external_agent', id: agent.id });
  });

  it('can be given an external agent of its own', async () => {
    const host = await authorized({ new_external_agent: { name: 'From consent', operations: ['invoke'] } });
    expect(await toolNames(host)).toEqual(['answers']);
    const { data } = (await api<{ data: ExternalAgent[] }>('/external-agents?search=From', { token: owner.token }))
      .body;
    expect(data).toMatchObject([{ name: 'From consent', operations: ['invoke'] }]);
    expect((await keysOf(data[0]?.id ?? '')).map(({ source }) => source)).toEqual(['oauth']);
  });

  it('is told when the person refuses', async () => {
    const { query } = await sentToConsent(new Host());
    const back = await consent(query, { decision: 'deny' });
    expect(back.origin + back.pathname).toBe(CALLBACK);
    expect(back.searchParams.get('error')).toBe('access_denied');
  });

  it('is refused at once when its key is revoked, and has to ask again', async () => {
    const agent = await externalAgent(owner);
    const host = await authorized({ external_agent_id: agent.id });
    const key = (await keysOf(agent.id)).find(({ source }) => source === 'oauth');
    const path = `/external-agents/${agent.id}/keys/${key?.id}`;
    expect((await api(path, { method: 'DELETE', token: owner.token })).status).toBeLessThan(300);
    const refused = await rawApi('//mcp', { key: host.held?.access_token ?? '', body: {} });
    expect(refused.status).toBe(401);
    const answer = await form('oauth/token', {
      grant_type: 'refresh_token',
      refresh_token: host.held?.refresh_token ?? '',
      client_id: host.information?.client_id ?? '',
    });
    expect(answer.status).toBe(400);
    expect(await answer.json()).toMatchObject({ error: 'invalid_grant' });
    await expect(toolNames(host)).rejects.toThrow(UnauthorizedError);
  });

  it('has one key at an external agent, however often it asks', async () => {
    const agent = await externalAgent(owner);
    const host = await authorized({ external_agent_id: agent.id });
    host.held = undefined;
    const { query, finish } = await sentToConsent(host);
    await finish(await consent(query, { decision: 'approve', external_agent_id: agent.id }));
    expect(await toolNames(host)).toEqual(['answers']);
    const keys = (await keysOf(agent.id)).filter(({ source }) => source === 'oauth');
    expect(keys.map(({ revoked_at }) => revoked_at === null).sort()).toEqual([false, true]);
  });

  it('gets new tokens for as long as it is allowed to, and ends its access by giving them back', async () => {
    const agent = await externalAgent(owner);
    const host = await authorized({ external_agent_id: agent.id });
    const client_id = host.information?.client_id ?? '';
    const fresh = await form('oauth/token', {
      grant_type: 'refresh_token',
      refresh_token: host.held?.refresh_token ?? '',
      client_id,
    });
    expect(fresh.status).toBe(200);
    host.held = (await fresh.json()) as OAuthTokens;
    expect(await toolNames(host)).toEqual(['answers']);
    expect((await form('oauth/revoke', { token: host.held.refresh_token ?? '', client_id })).status).toBe(200);
    const key = (await keysOf(agent.id)).find(({ source }) => source === 'oauth');
    expect(key?.revoked_at).not.toBeNull();
    expect((await rawApi('//mcp', { key: host.held.access_token, body: {} })).status).toBe(401);
  });
});

describe('what opens nothing', () => {
  it('is a code without its verifier, a code that was used, a token of another place', async () => {
    const agent = await externalAgent(owner);
    const host = new Host();
    const { query } = await sentToConsent(host);
    const back = await consent(query, { decision: 'approve', external_agent_id: agent.id });
    const fields = {
      grant_type: 'authorization_code',
      code: back.searchParams.get('code') ?? '',
      redirect_uri: CALLBACK,
      client_id: host.information?.client_id ?? '',
    };
    expect((await form('oauth/token', { ...fields, code_verifier: 'x'.repeat(43) })).status).toBe(400);
    const other = await authorized({ external_agent_id: agent.id });
    const token = other.held?.access_token ?? '';
    expect((await rawApi('//v1/models', { key: token })).status).toBe(401);
    expectProblem(await api('/executions', { key: token }), 401, 'unauthenticated');
    expect((await rawApi('//mcp', { key: `${token}x`, body: {} })).status).toBe(401);
  });

  it('is a request that the client may not make', async () => {
    const host = new Host();
    const { query } = await sentToConsent(host);
    const elsewhere = query.replace(encodeURIComponent(CALLBACK), encodeURIComponent('https://evil.example/'));
    for (const request of [elsewhere, 'client_id=nobody', 'x']) {
      const shown = await api(`/oauth/consent?request=${encodeURIComponent(request)}`, { token: owner.token });
      expectProblem(shown, 422, 'validation_failed');
      const body = { request, decision: 'deny' };
      expectProblem(await api('/oauth/consent', { token: owner.token, body }), 422, 'validation_failed');
    }
  });

  it('is the consent of somebody who may not give it', async () => {
    const agent = await externalAgent(owner);
    const { query } = await sentToConsent(new Host());
    const body = { request: query, decision: 'approve', external_agent_id: agent.id };
    const viewer = await withRole(owner, 'viewer');
    expectProblem(await api('/oauth/consent', { token: viewer.token, body }), 403, 'forbidden');
    const stranger = await signUp();
    expectProblem(await api('/oauth/consent', { token: stranger.token, body }), 404, 'not_found');
    expect((await keysOf(agent.id)).map(({ source }) => source)).toEqual(['key']);
  });
});

describe('what clients read first', () => {
  it('names the authorization server, its endpoints and PKCE', async () => {
    for (const path of ['', '/mcp']) {
      const { body } = await api(`//.well-known/oauth-protected-resource${path}`);
      expect(body).toMatchObject({ resource: `${ORIGIN}/mcp`, authorization_servers: [ORIGIN] });
    }
    const { body } = await api('//.well-known/oauth-authorization-server');
    expect(body).toMatchObject({
      issuer: ORIGIN,
      authorization_endpoint: `${ORIGIN}/oauth/authorize`,
      token_endpoint: `${ORIGIN}/oauth/token`,
      registration_endpoint: `${ORIGIN}/oauth/register`,
      code_challenge_methods_supported: ['S256'],
    });
  });
});
