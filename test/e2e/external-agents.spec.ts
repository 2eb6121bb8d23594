import { readFileSync } from 'node:fs';
import type { CreatedExternalAgent, Invoked, LineageGraph } from '@agentflow/contracts';
import { type APIRequestContext, expect, type Page, test } from '@playwright/test';
import { expectAccessible, expectFitsPhone } from './page-checks.ts';
import {
  type Account,
  createAccount,
  ECHO,
  joinAsViewer,
  logIn,
  mockUrl,
  publishAgent,
  publishSpender,
  release,
} from './support.ts';

/** What is shown of the key, this once. */
async function shownKey(page: Page): Promise<string> {
  return (await page.getByTestId('api-key').textContent()) ?? '';
}

/** Registers one by the form and gives its key and id; the page of it is open then. */
async function register(page: Page, name: string, platform: RegExp): Promise<{ key: string; id: string }> {
  await page.goto('/dashboard/external-agents?create=new');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
  await dialog.getByText(platform).first().click();
  await dialog.getByRole('button', { name: 'Register and show its key' }).click();
  const key = await shownKey(page);
  await page.getByRole('checkbox', { name: 'I have stored it' }).check();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
  return { key, id: new URL(page.url()).pathname.split('/').at(-1) ?? '' };
}

function call(request: APIRequestContext, { key, id }: { key: string; id: string }, body: unknown) {
  return request.post(`/api/v1/external-agents/${id}/invoke`, {
    headers: { Authorization: `Bearer ${key}`, Prefer: 'wait=30' },
    data: body,
  });
}

test('one of each platform is registered, with the key shown once in what connects it', async ({ page, request }) => {
  const owner = await createAccount(request);
  await publishAgent(request, owner, { name: 'Echo', definition: ECHO });
  await logIn(page, owner, '/dashboard/external-agents');
  await expect(page.getByText('Let something outside call your agents')).toBeVisible();
  await page.getByRole('button', { name: 'Register an external agent' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Register and show its key' }).click();
  await expect(dialog.getByRole('alert')).toContainText('Give it a name');
  await page.keyboard.press('Escape');

  for (const [name, platform, text] of [
    ['Editor', 'Claude Code', 'claude mcp add --transport http -s local agentflow'],
    ['GPT', 'ChatGPT', '"openapi": "3.1.0"'],
    ['Terminal', 'Gemini', '"mcpServers"'],
    ['Script', 'OpenAI client', 'client.chat.completions.create'],
    ['Robot', 'Custom', '/invoke'],
  ] as const) {
    await page.goto('/dashboard/external-agents?create=new');
    await dialog.getByRole('textbox', { name: 'Name' }).fill(name);
    await dialog.getByText(platform, { exact: true }).click();
    await dialog.getByRole('button', { name: 'Register and show its key' }).click();
    const key = await shownKey(page);
    expect(key).toMatch(/^ea_/);
    const connect = dialog.getByRole('region', { name: 'Connect it' });
    await expect(connect).toContainText(text);
    await expect(connect).toContainText(key);
    // Nothing closes it before the key is stored.
    await page.keyboard.press('Escape');
    await expect(dialog.getByRole('button', { name: 'Done' })).toBeDisabled();
    await dialog.getByRole('checkbox', { name: 'I have stored it' }).check();
    await dialog.getByRole('button', { name: 'Done' }).click();
    await expect(page.getByRole('heading', { level: 1, name })).toBeVisible();
    await expect(page.getByText(key)).toBeHidden();
    await expect(page.getByRole('list', { name: 'Keys' })).toContainText(`ea_***${key.slice(-3)}`);
  }

  await page.goto('/dashboard/external-agents');
  const table = page.getByRole('table', { name: 'External agents' });
  await expect(table.getByRole('row')).toHaveCount(6);
  await page.getByLabel('Platform').click();
  await page.getByRole('option', { name: 'Gemini' }).click();
  await expect(table.getByRole('row')).toHaveCount(2);
  await expect(page).toHaveURL(/platform=gemini/);
  await page.getByLabel('Search external agents by name').fill('nothing like it');
  await expect(page.getByText('No external agent fits')).toBeVisible();
});

test('a key calls within its scope, is rotated with an overlap and revoked; a viewer sees none of it', async ({
  page,
  request,
}) => {
  const owner = await createAccount(request);
  await publishAgent(request, owner, { name: 'Echo', definition: ECHO });
  await publishAgent(request, owner, { name: 'Secret', definition: ECHO });
  await logIn(page, owner);
  await page.goto('/dashboard/external-agents?create=new');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('textbox', { name: 'Name' }).fill('Robot');
  await dialog.getByText('Custom', { exact: true }).click();
  await dialog.getByRole('radio', { name: 'Only these' }).check();
  await dialog.getByRole('button', { name: 'Limits' }).click();
  await dialog.getByLabel('A minute').fill('100');
  await dialog.getByLabel('An hour').fill('50');
  await dialog.getByLabel('Budget in US dollars').fill('-1');
  await dialog.getByRole('button', { name: 'Webhook' }).click();
  await dialog.getByLabel('Send results to').click();
  await page.getByRole('option', { name: 'Telegram' }).click();
  await dialog.getByRole('button', { name: 'Register and show its key' }).click();
  await expect(dialog.getByText('Choose at least one agent')).toBeVisible();
  await expect(dialog.getByText('A minute allows more than the whole hour (50)')).toBeVisible();
  await expect(dialog.getByText('A number, or @channelname')).toBeVisible();
  await expect(dialog.getByText('An amount above $0')).toBeVisible();
  await dialog.getByLabel('Budget in US dollars').fill('50');
  await dialog.getByRole('checkbox', { name: 'Echo' }).check();
  await dialog.getByLabel('An hour').fill('500');
  await dialog.getByLabel('Bot token').fill('1234:secret-token');
  await dialog.getByLabel('Chat', { exact: true }).fill('@agents');
  await dialog.getByRole('button', { name: 'Register and show its key' }).click();
  await expect(dialog.getByText('Bot token must be the token that BotFather gave')).toBeVisible();
  await dialog.getByLabel('Bot token').fill(`123456:${'secret-token'.repeat(3)}`);
  await dialog.getByRole('button', { name: 'Register and show its key' }).click();
  const first = await shownKey(page);
  await page.getByRole('checkbox', { name: 'I have stored it' }).check();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('100 a minute · 500 an hour')).toBeVisible();
  await expect(page.getByText('$0 of $50.00 spent')).toBeVisible();
  const id = new URL(page.url()).pathname.split('/').at(-1) ?? '';

  const answer = await call(request, { key: first, id }, { agent: 'Echo', input: { n: 1 } });
  expect(answer.status(), await answer.text()).toBe(200);
  expect(((await answer.json()) as Invoked).output).toEqual({ received: { n: 1 } });
  expect((await call(request, { key: first, id }, { agent: 'Secret', input: {} })).status()).toBe(404);

  await page.getByRole('button', { name: /^Rotate/ }).click();
  await page.getByLabel('The old key goes on working for').click();
  await page.getByRole('option', { name: '1 hour' }).click();
  await page.getByRole('button', { name: 'Rotate key' }).click();
  await expect(page.getByTestId('api-key')).not.toHaveText(first);
  const second = await shownKey(page);
  await page.getByRole('checkbox', { name: 'I have stored it' }).check();
  await page.getByRole('button', { name: 'Done' }).click();
  const keys = page.getByRole('list', { name: 'Keys' });
  await expect(keys.getByRole('listitem')).toHaveCount(2);
  for (const key of [first, second]) expect((await call(request, { key, id }, { agent: 'Echo' })).status()).toBe(200);

  await page.getByRole('button', { name: `Revoke ea_***${first.slice(-3)}` }).click();
  await page.getByRole('button', { name: 'Revoke key' }).click();
  await expect(keys.getByRole('listitem')).toHaveCount(1);
  expect((await call(request, { key: first, id }, { agent: 'Echo' })).status()).toBe(401);
  await page.getByRole('button', { name: 'Show 1 that no longer works' }).click();
  await expect(keys.getByText('revoked', { exact: true })).toBeVisible();

  await page.getByRole('button', { name: 'Deactivate…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Deactivate' }).click();
  await expect(page.getByText('Robot is deactivated')).toBeVisible();
  expect((await call(request, { key: second, id }, { agent: 'Echo' })).status()).toBe(403);
  await page.getByRole('button', { name: 'Activate' }).click();
  await expect(page.getByText('Robot is active')).toBeVisible();
  expect((await call(request, { key: second, id }, { agent: 'Echo' })).status()).toBe(200);

  const viewer = await joinAsViewer(request, owner);
  const own = await page.context().browser()?.newContext();
  const theirs = await own?.newPage();
  if (theirs === undefined) throw new Error('the browser gives no page');
  await logIn(theirs, viewer, `/dashboard/external-agents/${id}`);
  await expect(theirs.getByText('The permission for this is missing')).toBeVisible();
  const sections = theirs.getByRole('navigation', { name: 'Sections' });
  await expect(sections.getByRole('link', { name: 'Agents', exact: true })).toBeVisible();
  await expect(sections.getByRole('link', { name: 'External agents' })).toBeHidden();
});

test('its settings are changed and guarded, its webhook is masked, and it is deleted by name', async ({
  page,
  request,
}) => {
  const owner = await createAccount(request);
  await publishAgent(request, owner, { name: 'Echo', definition: ECHO });
  await logIn(page, owner);
  const { id, key } = await register(page, 'Robot', /^Custom$/);
  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByRole('textbox', { name: 'Name' }).fill('Warehouse robot');
  await page.getByLabel('Executions at once').fill('0');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('alert')).toContainText('A whole number from 1 to 10,000');
  await page.getByLabel('Executions at once').fill('3');
  await page.getByLabel('Fields that are not kept').fill('customer.email\npassword');
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  await expect(page.getByText('What you changed of the external agent is not saved.')).toBeVisible();
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Warehouse robot' })).toBeVisible();

  // Somebody else was faster: nothing of theirs is overwritten unasked.
  await page.getByRole('textbox', { name: 'Name' }).fill('Mine');
  const theirs = await request.put(`/api/v1/external-agents/${id}`, {
    headers: { Authorization: `Bearer ${owner.token}` },
    data: { name: 'Theirs' },
  });
  expect(theirs.status(), await theirs.text()).toBe(200);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await page.getByRole('button', { name: 'Save mine over it' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Mine' })).toBeVisible();

  await page.getByRole('button', { name: 'Set a webhook' }).click();
  await page.getByLabel('Send results to').click();
  await page.getByRole('option', { name: 'Discord' }).click();
  await page.getByRole('button', { name: 'Save webhook' }).click();
  await expect(page.getByRole('alert')).toContainText('An address that begins with https://');
  await page.getByLabel('Webhook address').fill('https://discord.com/api/webhooks/1234/very-secret-part');
  await page.getByRole('button', { name: 'Save webhook' }).click();
  await expect(page.getByText('The webhook is saved')).toBeVisible();
  await expect(page.getByText('https://discord.com/***')).toBeVisible();
  await expect(page.getByText('very-secret')).toBeHidden();
  await page.getByRole('button', { name: 'Change', exact: true }).click();
  await page.getByLabel('Shown as').fill('Robot');
  await page.getByRole('button', { name: 'Save webhook' }).click();
  await expect(page.getByText('https://discord.com/***')).toBeVisible();

  await page.getByRole('button', { name: 'Delete external agent…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('button', { name: 'Delete external agent' })).toBeDisabled();
  await dialog.getByRole('textbox').fill('Mine');
  await dialog.getByRole('button', { name: 'Delete external agent' }).click();
  await expect(page.getByText('Mine is deleted')).toBeVisible();
  await expect(page.getByText('Let something outside call your agents')).toBeVisible();
  expect((await call(request, { key, id }, { agent: 'Echo' })).status()).toBe(401);
});

/** One that is registered through the API, for tests that are about what it does. */
async function registered(
  request: APIRequestContext,
  owner: Account,
  settings: object = {},
): Promise<{ key: string; id: string }> {
  const made = await request.post('/api/v1/external-agents', {
    headers: { Authorization: `Bearer ${owner.token}` },
    data: { name: 'Robot', platform: 'custom', ...settings },
  });
  expect(made.status(), await made.text()).toBe(201);
  const { api_key, id } = (await made.json()) as CreatedExternalAgent;
  return { key: api_key, id };
}

/** An agent that calls another one, which asks a server. Gives the id of the outer one. */
async function publishFamily(request: APIRequestContext, owner: Account, query = ''): Promise<string> {
  const inner = await publishAgent(request, owner, {
    name: 'Inner',
    definition: {
      nodes: [
        { id: 'start', type: 'trigger.manual', config: {} },
        { id: 'ask', type: 'action.http', name: 'Ask', config: { method: 'GET', url: mockUrl(query) } },
      ],
      edges: [{ id: 'e', source: 'start', target: 'ask' }],
    },
  });
  return publishAgent(request, owner, {
    name: 'Outer',
    definition: {
      nodes: [
        { id: 'start', type: 'trigger.manual', config: {} },
        { id: 'sub', type: 'agent.call', name: 'Sub', config: { agent_id: inner, input: {} } },
      ],
      edges: [{ id: 'e', source: 'start', target: 'sub' }],
    },
  });
}

test('a call opens its lineage, walked by keys, told as a list, exported; its execution has the same', async ({
  page,
  request,
}) => {
  const owner = await createAccount(request);
  await publishFamily(request, owner);
  const robot = await registered(request, owner);
  const answer = await call(request, robot, { agent: 'Outer', input: { ticket: 'T-1' } });
  expect(answer.status(), await answer.text()).toBe(200);
  const { invocation_id, execution } = (await answer.json()) as Invoked;

  await logIn(page, owner, `/dashboard/external-agents/${robot.id}?tab=invocations`);
  const row = page.getByRole('table', { name: 'Invocations' }).getByRole('row', { name: /Outer/ });
  await expect(row).toContainText('Success');
  await expect(row).toContainText('REST');
  await row.getByRole('link', { name: 'Outer' }).click();
  await expect(page).toHaveURL(new RegExp(`invocation=${invocation_id}`));
  const dialog = page.getByRole('dialog', { name: 'Robot called Outer' });
  const details = dialog.getByRole('region', { name: 'Details' });
  await expect(details.getByRole('region', { name: 'request' })).toContainText('T-1');
  await expect(dialog.locator('.react-flow__node')).toHaveCount(4);

  const node = (name: RegExp) => dialog.getByRole('button', { name });
  await node(/^Robot.*External agent/).focus();
  for (const [key, name] of [
    ['ArrowRight', /^Outer.*Completed.*Agent/],
    ['ArrowRight', /^Inner.*Completed.*Sub-agent/],
    ['ArrowRight', /Tool/],
    ['ArrowLeft', /^Inner.*Sub-agent/],
  ] as const) {
    await page.keyboard.press(key);
    await expect(node(name)).toBeFocused();
  }
  await page.keyboard.press('Enter');
  await expect(details).toBeFocused();
  await expect(details.getByRole('heading', { name: 'Inner' })).toBeVisible();
  await expect(details.getByRole('link', { name: 'Open the execution' })).toBeVisible();
  await expectAccessible(page, 'a lineage');

  await dialog.getByRole('button', { name: 'List', exact: true }).click();
  const list = dialog.getByRole('list', { name: 'Lineage as a list' });
  await expect(list.getByRole('listitem')).toHaveCount(4);
  await list.getByRole('button', { name: /Outer/ }).click();
  await expect(details.getByRole('heading', { name: 'Outer' })).toBeVisible();
  await expectAccessible(page, 'a lineage as a list');
  await expectFitsPhone(page);

  const exported = async (name: string) => {
    const [file] = await Promise.all([page.waitForEvent('download'), dialog.getByRole('button', { name }).click()]);
    return readFileSync(await file.path());
  };
  const json = JSON.parse((await exported('Export as JSON')).toString()) as LineageGraph;
  expect(json.nodes.map(({ type }) => type)).toEqual(['external', 'agent', 'sub_agent', 'tool']);
  expect((await exported('Export as PNG')).subarray(1, 4).toString()).toBe('PNG');
  await page.keyboard.press('Escape');
  await expect(dialog).toBeHidden();
  await expect(page).not.toHaveURL(/invocation=/);

  await page.goto(`/dashboard/executions/${execution.id}`);
  await page.getByRole('link', { name: 'Lineage' }).click();
  await expect(page.getByRole('dialog', { name: 'Lineage of Outer' }).locator('.react-flow__node')).toHaveCount(4);

  await page.goto('/dashboard/external-agents');
  await page.getByRole('link', { name: 'All calls' }).click();
  await expect(page.getByRole('row', { name: /Robot.*Outer/ })).toBeVisible();
  await page.goto('/dashboard/external-agents/calls?invocation=inv_00000000000000000000000000');
  await expect(page.getByText('There is no such call')).toBeVisible();
});

test('a rate limit bites: the refused calls are counted, and the usage tells why and what to do', async ({
  page,
  request,
}) => {
  const owner = await createAccount(request);
  await publishAgent(request, owner, { name: 'Echo', definition: ECHO });
  const robot = await registered(request, owner);
  await logIn(page, owner, `/dashboard/external-agents/${robot.id}?tab=usage`);
  await expect(page.getByText('No calls in this time')).toBeVisible();
  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByLabel('A day').fill('1');
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  await expect(page.getByText('Saved')).toBeVisible();

  expect((await call(request, robot, { agent: 'Echo' })).status()).toBe(200);
  for (let again = 0; again < 3; again++) {
    const refused = await call(request, robot, { agent: 'Echo' });
    expect(refused.status()).toBe(429);
    expect(Number(refused.headers()['retry-after'])).toBeGreaterThan(0);
  }
  await page.getByRole('tab', { name: 'Invocations' }).click();
  const row = page.getByRole('table', { name: 'Invocations' }).getByRole('row', { name: /Throttled/ });
  await expect(row).toContainText('rate_limited', { timeout: 90_000 });
  await row.getByRole('link').click();
  await expect(page.getByRole('dialog')).toContainText('It called more often than its rate limits allow');
  await expectAccessible(page, 'refused calls');
  await page.keyboard.press('Escape');

  await page.getByRole('tab', { name: 'Usage' }).click();
  await page.getByRole('button', { name: 'Limit hits as a table' }).click();
  await expect(page.getByRole('table', { name: 'Limit hits' })).toContainText('rate_limited');
  await page.getByRole('button', { name: 'Limit hits as a table' }).click();
  await expectAccessible(page, 'usage');
  await expectFitsPhone(page);
  await page.getByRole('button', { name: 'Show these calls' }).click();
  await expect(page).toHaveURL(/error_code=rate_limited/);
  await expect(page.getByRole('table', { name: 'Invocations' }).getByRole('row')).toHaveCount(2);
  await page.getByRole('button', { name: 'No longer only rate_limited' }).click();
  await expect(page.getByRole('table', { name: 'Invocations' }).getByRole('row')).toHaveCount(3);
});

test('a budget is lowered, hit and topped up: then the next call passes', async ({ page, request }) => {
  const owner = await createAccount(request);
  await publishSpender(request, owner);
  const robot = await registered(request, owner);
  await logIn(page, owner, `/dashboard/external-agents/${robot.id}?tab=settings`);
  await page.getByRole('button', { name: 'Set a budget…' }).click();
  await page.getByLabel('Limit in US dollars').fill('5');
  await page.getByRole('button', { name: 'Set budget' }).click();
  await expect(page.getByText('$0 of $5.00 spent')).toBeVisible();
  expect((await call(request, robot, { agent: 'Spender' })).status()).toBe(200);
  await expect(page.getByText('$0.005 of $5.00 spent')).toBeVisible();

  const budgets = page.getByRole('region', { name: 'Budgets' });
  await budgets.getByRole('button', { name: 'Change', exact: true }).click();
  await page.getByLabel('Limit in US dollars').fill('0.005');
  await page.getByRole('button', { name: 'Save budget' }).click();
  await expect(page.getByText('$0.005 of $0.005 spent')).toBeVisible();
  const refused = await call(request, robot, { agent: 'Spender' });
  expect(refused.status()).toBe(429);
  expect(((await refused.json()) as { code: string }).code).toBe('budget_exceeded');
  expect(Number(refused.headers()['x-budget-remaining-usd'])).toBe(0);

  await budgets.getByRole('button', { name: 'Top up…' }).click();
  await page.getByLabel('Amount in US dollars').fill('0.02');
  await page.getByRole('dialog').getByRole('button', { name: 'Top up' }).click();
  await expect(page.getByText('$0.005 of $0.025 spent')).toBeVisible();
  expect((await call(request, robot, { agent: 'Spender' })).status()).toBe(200);

  await page.getByRole('tab', { name: 'Usage' }).click();
  await expect(page.getByRole('list', { name: 'Budgets' })).toContainText('$0.01 of $0.025 spent');
  await expect(page.getByRole('list', { name: 'What to do' })).toContainText('budget_exceeded', { timeout: 90_000 });
});

test('revoking a key stops what it started, with its sub-agents, before the eyes', async ({ page, request }) => {
  const owner = await createAccount(request);
  const hold = `kill-${Date.now()}`;
  await publishFamily(request, owner, `?hold=${hold}`);
  const robot = await registered(request, owner);
  const started = await request.post(`/api/v1/external-agents/${robot.id}/invoke`, {
    headers: { Authorization: `Bearer ${robot.key}` },
    data: { agent: 'Outer' },
  });
  expect(started.status(), await started.text()).toBe(202);
  const { invocation_id } = (await started.json()) as Invoked;
  await logIn(page, owner, `/dashboard/external-agents/${robot.id}?tab=invocations`);
  await expect(page.getByRole('row', { name: /Outer/ })).toContainText('Running');
  await page.getByRole('tab', { name: 'Overview' }).click();
  await page.getByRole('button', { name: /^Revoke/ }).click();
  await expect(page.getByRole('checkbox', { name: /Stop what runs, too/ })).toBeChecked();
  await expectAccessible(page, 'revoking a key');
  await page.getByRole('button', { name: 'Revoke key' }).click();
  const stopping = page.getByRole('dialog', { name: 'Stopping what runs' });
  await expect(stopping).toContainText(/(\d+) of \1 executions? ha(s|ve) ended/);
  await stopping.getByRole('button', { name: 'Close' }).last().click();
  await release(hold);
  expect((await call(request, robot, { agent: 'Outer' })).status()).toBe(401);
  await page.goto(`/dashboard/external-agents/${robot.id}?tab=invocations&invocation=${invocation_id}`);
  await expect(page.getByRole('dialog')).toContainText('Cancelled');
});
