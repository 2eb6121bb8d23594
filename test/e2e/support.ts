import { readFileSync } from 'node:fs';
import type { AgentDefinition, AgentFile, Session } from '@agentflow/contracts';
import { type APIRequestContext, type BrowserContext, expect, type Page } from '@playwright/test';
import type { ScriptedTurn } from '../support/scripted-model.ts';

export const PASSWORD = 'a long enough pass phrase';

/** A server that answers every request with what it got; `?delay_ms=` makes it slow, `?status=` makes it fail. */
export function mockUrl(query = ''): string {
  const url = process.env.E2E_MOCK_URL;
  if (url === undefined)
    throw new Error('E2E_MOCK_URL is missing: run npm test, or keep scripts/serve-for-tests.mjs up.');
  return `${url}/${query}`;
}

/** An address of the mock endpoint that keeps what it gets. */
export function inboxUrl(name: string): string {
  return mockUrl(`inbox/${name}`);
}

let accounts = 0;

export function newEmail(): string {
  accounts += 1;
  return `person-${process.pid}-${Date.now()}-${accounts}@example.com`;
}

export interface Account {
  readonly email: string;
  readonly token: string;
}

type Cookies = Parameters<BrowserContext['addCookies']>[0];

/** Sessions that signing up has begun and no browser has yet: a password takes its time to check. */
const signedUp = new WeakMap<object, Cookies>();

/** An organization with its owner, made through the API: for tests that are about something else than signing up. */
export async function createAccount(
  request: APIRequestContext,
  organization = 'Example organization',
  name = 'Test owner',
): Promise<Account> {
  const email = newEmail();
  const answer = await request.post('/api/v1/auth/signup', {
    data: { organization_name: organization, name, email, password: PASSWORD },
  });
  expect(answer.status()).toBe(201);
  const session = (await answer.json()) as Session;
  const account = { email, token: session.access_token };
  signedUp.set(account, (await request.storageState()).cookies);
  return account;
}

/** Somebody who belongs to the owner's organization as a viewer. */
export async function joinAsViewer(request: APIRequestContext, owner: Account): Promise<Account> {
  const email = newEmail();
  const invited = await request.post('/api/v1/org/members/invite', {
    headers: { Authorization: `Bearer ${owner.token}` },
    data: { email, role: 'viewer' },
  });
  const token = new URL(((await invited.json()) as { link: string }).link).pathname.split('/').at(-1);
  const joined = await request.post(`/api/v1/org/invitations/${token}/accept`, {
    data: { name: 'Viewer', password: PASSWORD },
  });
  expect(joined.status(), await joined.text()).toBe(200);
  return { email, token: ((await joined.json()) as Session).access_token };
}

/** Through the form, as people do. */
export async function logInByForm(page: Page, account: Pick<Account, 'email'>): Promise<void> {
  await page.goto('/login');
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page).toHaveURL(/\/dashboard$/);
  // The address changes before the page does.
  await expect(page.getByRole('button', { name: /your account$/ })).toBeVisible();
}

/** Gives the browser a session and opens a page: for tests that are about something else than logging in. */
export async function logIn(page: Page, account: Pick<Account, 'email'>, path = '/dashboard'): Promise<void> {
  const context = page.context();
  const cookies = signedUp.get(account);
  if (cookies === undefined) {
    const answer = await context.request.post('/api/v1/auth/login', {
      headers: { 'X-AgentFlow-CSRF': '1' },
      data: { email: account.email, password: PASSWORD },
    });
    expect(answer.status(), await answer.text()).toBe(200);
  } else {
    // Once: a session's cookie is replaced whenever it is used.
    signedUp.delete(account);
    await context.addCookies(cookies);
  }
  // The UI asks for the session of a cookie only where somebody has signed in before.
  await context.addInitScript(() => localStorage.setItem('agentflow.signed_in', '1'));
  await page.goto(path);
  if (path.startsWith('/dashboard')) await expect(page.getByRole('button', { name: /your account$/ })).toBeVisible();
}

/** Makes an agent and publishes it as version 1. Gives its id. */
export async function publishAgent(
  request: APIRequestContext,
  account: Account,
  { message, ...agent }: { name: string; description?: string; message?: string; definition: AgentDefinition },
): Promise<string> {
  const headers = { Authorization: `Bearer ${account.token}` };
  const created = await request.post('/api/v1/agents', { data: agent, headers });
  expect(created.status(), await created.text()).toBe(201);
  const { id } = (await created.json()) as { id: string };
  const published = await request.post(`/api/v1/agents/${id}/publish`, {
    data: { change_message: message },
    headers,
  });
  expect(published.status(), await published.text()).toBe(200);
  return id;
}

/** Answers with what it was given. */
export const ECHO: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
    { id: 'result', type: 'logic.transform', name: 'Result', config: { expression: '{ "received": trigger }' } },
  ],
  edges: [{ id: 'start_result', source: 'start', target: 'result' }],
};

/** An agent whose one model call costs half a cent, and may cost a cent. */
export async function publishSpender(request: APIRequestContext, owner: Account): Promise<string> {
  const headers = { Authorization: `Bearer ${owner.token}` };
  const key = await request.put('/api/v1/org/provider-keys/custom', {
    headers,
    data: { base_url: mockUrl('v1'), api_key: 'key' },
  });
  expect(key.status(), await key.text()).toBe(200);
  const price = await request.put('/api/v1/models/prices', {
    headers,
    data: { model: 'custom/dear', input_usd_per_million: 0, output_usd_per_million: 1000 },
  });
  expect(price.status(), await price.text()).toBe(200);
  const config = { model: 'custom/dear', prompt: 'Is it?', labels: ['yes', 'no'], max_tokens: 10 };
  return publishAgent(request, owner, {
    name: 'Spender',
    definition: {
      nodes: [
        { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
        { id: 'think', type: 'ai.classify', name: 'Think', config },
      ],
      edges: [{ id: 'e', source: 'start', target: 'think' }],
    },
  });
}

/** Asks a slow endpoint, so that there is time to look at a run. */
export function slowDefinition(delayMs: number): AgentDefinition {
  return {
    nodes: [
      { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
      { id: 'ask', type: 'action.http', name: 'Ask', config: { method: 'GET', url: mockUrl(`?delay_ms=${delayMs}`) } },
      { id: 'result', type: 'logic.transform', name: 'Result', config: { expression: 'ask.output.status' } },
    ],
    edges: [
      { id: 'start_ask', source: 'start', target: 'ask' },
      { id: 'ask_result', source: 'ask', target: 'result' },
    ],
  };
}

/** Lets the calls go on that the mock endpoint holds under this name. */
export async function release(name: string): Promise<void> {
  await fetch(mockUrl(`release?name=${name}`));
}

/**
 * The triage agent that ships with the product, with one more branch that tells a desk about the ticket, which answers
 * when the test says so: its run can be watched and reloaded in the middle for as long as that takes.
 */
export function triageWithHeldDesk(hold: string): string {
  const file = JSON.parse(readFileSync('examples/triage-agent.json', 'utf8')) as AgentFile;
  const start = file.definition.nodes.find((node) => node.type === 'trigger.manual');
  if (start === undefined) throw new Error('the triage agent starts by hand');
  file.definition.nodes.push({
    id: 'desk',
    type: 'action.http',
    name: 'Tell the desk',
    config: { method: 'POST', url: mockUrl(`desk?hold=${hold}`), body: { subject: '{{trigger.subject}}' } },
  });
  file.definition.edges.push({ id: 'to_desk', source: start.id, target: 'desk' });
  return JSON.stringify(file, null, 2);
}

/** The row of a step in the timeline. */
export function stepRow(page: Page, stepId: string) {
  return page.locator(`[role="treeitem"][data-step="${stepId}"]`);
}

/** Writes what the organization's language model says, turn by turn, and gives the organization its key. */
export async function scriptModel(
  request: APIRequestContext,
  owner: Account,
  turns: readonly ScriptedTurn[],
): Promise<void> {
  accounts += 1;
  const name = `model-${process.pid}-${Date.now()}-${accounts}`;
  await request.post(mockUrl(`scripts/${name}`), { data: turns });
  const key = await request.put('/api/v1/org/provider-keys/anthropic', {
    headers: { Authorization: `Bearer ${owner.token}` },
    data: { base_url: mockUrl(`scripts/${name}/v1`), api_key: 'key' },
  });
  expect(key.status(), await key.text()).toBe(200);
}
