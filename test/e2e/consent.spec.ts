import { createHash, randomBytes } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { type APIRequestContext, expect, test } from '@playwright/test';
import { expectAccessible, expectFitsPhone, expectMarkupIsText, MARKUP } from './page-checks.ts';
import { createAccount, ECHO, joinAsViewer, logIn, PASSWORD, publishAgent } from './support.ts';

const base64url = (bytes: Buffer) => bytes.toString('base64url');

/** A program that wants to be connected: listens for the browser to come back. */
async function program(request: APIRequestContext, name: string) {
  const back: URL[] = [];
  const server = createServer((asked, response) => {
    back.push(new URL(asked.url ?? '/', 'http://127.0.0.1'));
    response.end('You can close this window.');
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  const redirect_uri = `http://127.0.0.1:${(server.address() as AddressInfo).port}/callback`;
  const registered = await request.post('/oauth/register', {
    data: { client_name: name, redirect_uris: [redirect_uri], token_endpoint_auth_method: 'none' },
  });
  expect(registered.status(), await registered.text()).toBe(201);
  const { client_id } = (await registered.json()) as { client_id: string };
  const verifier = base64url(randomBytes(32));
  const query = new URLSearchParams({
    response_type: 'code',
    client_id,
    redirect_uri,
    state: 'its state',
    code_challenge: base64url(createHash('sha256').update(verifier).digest()),
    code_challenge_method: 'S256',
  });
  return {
    path: `/oauth/authorize?${query}`,
    back,
    tokens: async (code: string) => {
      const form = { grant_type: 'authorization_code', code, redirect_uri, client_id, code_verifier: verifier };
      const answer = await request.post('/oauth/token', { form });
      expect(answer.status(), await answer.text()).toBe(200);
      return (await answer.json()) as { access_token: string };
    },
    close: () => server.close(),
  };
}

test('a person who is asked by a program logs in, allows it, and the program finds the agents', async ({
  page,
  request,
}) => {
  const account = await createAccount(request, 'Harbour');
  await publishAgent(request, account, { name: 'Echo', definition: ECHO });
  const host = await program(request, 'Claude Code');
  await page.goto(host.path);
  await expect(page.getByRole('heading', { name: 'Log in to connect' })).toBeVisible();
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('heading', { name: 'Connect Claude Code?' })).toBeVisible();
  await expect(page.getByText('It asks to run agents of Harbour.')).toBeVisible();
  await expect(page.getByText('The access goes to a program on your computer.')).toBeVisible();
  await expectAccessible(page, 'the consent page');
  await expectFitsPhone(page);
  await page.getByRole('checkbox', { name: 'cancel what it has run' }).click();
  await page.getByRole('button', { name: 'Allow' }).click();
  await expect(page.getByText('You can close this window.')).toBeVisible();

  const [back] = host.back;
  expect(back?.searchParams.get('state')).toBe('its state');
  const { access_token } = await host.tokens(back?.searchParams.get('code') ?? '');
  const meta = {
    'io.modelcontextprotocol/protocolVersion': '2026-07-28',
    'io.modelcontextprotocol/clientCapabilities': {},
  };
  const listed = await request.post('/mcp', {
    headers: {
      Authorization: `Bearer ${access_token}`,
      Accept: 'application/json, text/event-stream',
      'MCP-Protocol-Version': '2026-07-28',
      'Mcp-Method': 'tools/list',
    },
    data: { jsonrpc: '2.0', id: 1, method: 'tools/list', params: { _meta: meta } },
  });
  expect(listed.status(), await listed.text()).toBe(200);
  expect(await listed.json()).toMatchObject({ result: { tools: [{ name: 'echo' }] } });
  const headers = { Authorization: `Bearer ${account.token}` };
  const agents = (await (await request.get('/api/v1/external-agents', { headers })).json()) as { data: object[] };
  expect(agents.data).toMatchObject([{ name: 'Claude Code', operations: ['invoke', 'read'] }]);
  host.close();
});

test('a refusal goes back to the program, and nothing was made', async ({ page, request }) => {
  const account = await createAccount(request);
  const host = await program(request, MARKUP.slice(0, 100));
  await logIn(page, account, host.path);
  await expect(page.getByRole('button', { name: 'Deny' })).toBeVisible();
  await expectMarkupIsText(page, 'the consent page');
  await page.getByRole('button', { name: 'Deny' }).click();
  await expect(page.getByText('You can close this window.')).toBeVisible();
  expect(host.back[0]?.searchParams.get('error')).toBe('access_denied');
  const headers = { Authorization: `Bearer ${account.token}` };
  const agents = (await (await request.get('/api/v1/external-agents', { headers })).json()) as { data: object[] };
  expect(agents.data).toEqual([]);
  host.close();
});

test('whoever may not connect programs, and whoever comes by a broken link, is told so', async ({ page, request }) => {
  const owner = await createAccount(request);
  const host = await program(request, 'Somebody');
  await logIn(page, owner, '/oauth/authorize?client_id=nobody');
  await expect(page.getByRole('heading', { name: 'This cannot be connected' })).toBeVisible();
  await expectAccessible(page, 'a broken link');
  await page.context().clearCookies();
  const viewer = await joinAsViewer(request, owner);
  await logIn(page, viewer, host.path);
  await expect(page.getByRole('heading', { name: 'Ask a manager' })).toBeVisible();
  await expectAccessible(page, 'no permission');
  host.close();
});
