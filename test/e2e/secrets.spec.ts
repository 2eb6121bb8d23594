import type { AgentDefinition, Execution } from '@agentflow/contracts';
import { expect, test } from '@playwright/test';
import { createAccount, ECHO, logIn, mockUrl, publishAgent } from './support.ts';

const VALUE = 'tok-7c1f-that-nobody-sees-again';

/** Sends the secret in a header to an endpoint that answers with what it got, and tells whether it came. */
const CALLS_WITH_SECRET: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
    {
      id: 'ask',
      type: 'action.http',
      name: 'Ask',
      config: { method: 'GET', url: mockUrl('secret'), headers: { 'X-Token': '{{env.API_TOKEN}}' } },
    },
    {
      id: 'result',
      type: 'logic.transform',
      name: 'Result',
      config: { expression: '{ "status": ask.output.status }' },
    },
  ],
  edges: [
    { id: 'start_ask', source: 'start', target: 'ask' },
    { id: 'ask_result', source: 'ask', target: 'result' },
  ],
};

test('a secret set in the UI is sent by an agent and never shown again; the audit log tells who set it', async ({
  page,
  request,
}) => {
  const account = await createAccount(request);
  await logIn(page, account, '/dashboard/settings/secrets');
  await page.getByRole('button', { name: 'Add secret' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('Name').fill('api-token');
  await dialog.getByLabel('Value').fill(VALUE);
  await dialog.getByLabel('Allowed hosts').fill('https://example.com/path');
  await dialog.getByRole('button', { name: 'Add secret' }).click();
  await expect(dialog.getByText(/like API_TOKEN/)).toBeVisible();
  await expect(dialog.getByText(/^https:\/\/example\.com\/path: must be a host/)).toBeVisible();
  await expect(dialog.getByLabel('Value')).toHaveValue(VALUE);
  await dialog.getByLabel('Name').fill('API_TOKEN');
  await dialog.getByLabel('Allowed hosts').fill(new URL(mockUrl()).host);
  await dialog.getByRole('button', { name: 'Add secret' }).click();
  await expect(dialog).toBeHidden();
  const row = page.getByRole('row', { name: /API_TOKEN/ });
  await expect(row).toContainText('{{env.API_TOKEN}}');
  await expect(row).toContainText('by Test owner');
  expect(await page.content()).not.toContain(VALUE);

  const agentId = await publishAgent(request, account, { name: 'Caller', definition: CALLS_WITH_SECRET });
  const headers = { Authorization: `Bearer ${account.token}` };
  const answer = await request.post(`/api/v1/agents/${agentId}/execute`, {
    headers: { ...headers, Prefer: 'wait=30' },
    data: { input: {} },
  });
  const execution = (await answer.json()) as Execution;
  expect(execution.error).toBeNull();
  expect(execution.output).toEqual({ status: 200 });
  const steps = await (await request.get(`/api/v1/executions/${execution.id}/steps`, { headers })).text();
  // The endpoint answers with the headers that it got: they name the token, and the answer is stored without it.
  expect(steps).toContain('x-token');
  expect(steps).not.toContain(VALUE);

  await row.getByRole('button', { name: 'Actions for API_TOKEN' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await expect(dialog).toContainText('Agents that name it fail at their next step');
  await expect(dialog.getByRole('button', { name: 'Delete secret' })).toBeDisabled();
  await dialog.getByRole('textbox').fill('API_TOKEN');
  await dialog.getByRole('button', { name: 'Delete secret' }).click();
  await expect(page.getByText('No secrets yet')).toBeVisible();

  await page.getByRole('link', { name: 'Audit' }).click();
  const table = page.getByRole('table', { name: 'Audit log' });
  await expect(table.getByText('deleted the secret API_TOKEN')).toBeVisible();
  await page.getByRole('combobox', { name: 'Action' }).click();
  await page.getByRole('option', { name: 'Secrets' }).click();
  await expect(page).toHaveURL(/action=env_var/);
  await expect(table.getByRole('row')).toHaveCount(3);
  await table.getByRole('button', { name: /set the secret API_TOKEN/ }).click();
  const sheet = page.getByRole('dialog', { name: 'Audit entry' });
  await expect(sheet).toContainText('Test owner');
  await expect(sheet.getByRole('button', { name: 'Copy request' })).toBeVisible();
  await expect(sheet).not.toContainText(VALUE);
  await sheet.getByRole('link', { name: 'Only entries with this action' }).click();
  await expect(page).toHaveURL(/action=env_var\.created/);
  await expect(table.getByRole('row')).toHaveCount(2);
});

test('an own provider key replaces what the installation has, and shows four characters', async ({ page, request }) => {
  await logIn(page, await createAccount(request), '/dashboard/settings/secrets');
  const provider = page.getByRole('listitem', { name: 'OpenAI', exact: true });
  await expect(provider).toContainText(/None|Installation/);
  await provider.getByRole('button', { name: 'Set OpenAI' }).click();
  await page.getByLabel('API key', { exact: true }).fill('sk-test-0123456789-wxyz');
  await page.getByRole('dialog').getByRole('button', { name: 'Set' }).click();
  await expect(provider).toContainText('Own key …wxyz');
  await page.reload();
  await expect(provider).toContainText('Own key …wxyz');
  await provider.getByRole('button', { name: 'Remove OpenAI' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Remove' }).click();
  await expect(provider).not.toContainText('Own key');
});

test('an allowlist that shuts its author out is refused, and a list changed meanwhile asks first', async ({
  page,
  context,
  request,
}) => {
  await logIn(page, await createAccount(request), '/dashboard/settings/network');
  await expect(page.getByText('Every address is allowed')).toBeVisible();
  await page.getByRole('button', { name: 'Add network' }).click();
  await page.getByLabel('Network 1', { exact: true }).fill('not an address');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Enter an address or a network')).toBeVisible();
  await page.getByLabel('Network 1', { exact: true }).fill('203.0.113.0/24');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toContainText('your own address');
  await page.getByRole('button', { name: 'Add my address' }).click();

  await page.getByRole('link', { name: 'Members' }).click();
  await page.getByRole('dialog', { name: 'Leave without saving?' }).getByRole('button', { name: 'Keep it' }).click();

  // Somebody else is faster, with the same list in another tab.
  const other = await context.newPage();
  await other.goto('/dashboard/settings/network');
  await other.getByRole('button', { name: 'Add my address' }).click();
  await other.getByRole('button', { name: 'Save' }).click();
  await expect(other.getByText('The allowlist holds')).toBeVisible();

  await page.bringToFront();
  await page.getByRole('button', { name: 'Save' }).click();
  const dialog = page.getByRole('dialog', { name: 'Somebody else changed it' });
  await expect(dialog.getByRole('region', { name: 'Yours' })).toContainText('203.0.113.0/24');
  await dialog.getByRole('button', { name: 'Keep mine' }).click();
  await expect(dialog).toBeHidden();
  await page.reload();
  await expect(page.getByLabel('Network 1', { exact: true })).toHaveValue('203.0.113.0/24');
  await expect(page.getByLabel('Description of network 2')).toHaveValue('My address');
});

test('rate limits are set field by field, hold at once, and ask first when somebody else was faster', async ({
  page,
  context,
  request,
}) => {
  const account = await createAccount(request);
  const agentId = await publishAgent(request, account, { name: 'Limited', definition: ECHO });
  await logIn(page, account, '/dashboard/settings/rate-limits');
  await expect(page.getByText('Not limited')).toHaveCount(3);
  const key = page.getByRole('group', { name: 'Each API key', exact: true });
  await key.getByLabel('a minute').fill('100');
  await key.getByLabel('an hour').fill('50');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(key.getByRole('alert')).toHaveText('The limit a minute allows more than the whole hour (50).');
  await key.getByLabel('an hour').fill('many');
  await expect(key.getByRole('alert')).toContainText('The limit an hour must be a whole number.');
  await key.getByLabel('an hour').fill('500');
  await page.getByRole('group', { name: 'Each person', exact: true }).getByLabel('an hour').fill('1');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('The limits hold from this moment on')).toBeVisible();

  const start = () =>
    request.post(`/api/v1/agents/${agentId}/execute`, {
      headers: { authorization: `Bearer ${account.token}` },
      data: {},
    });
  expect((await start()).status()).toBe(202);
  const refused = await start();
  expect(refused.status()).toBe(429);
  expect((await refused.json()).detail).toBe('The limit is 1 start an hour for one person.');

  const other = await context.newPage();
  await other.goto('/dashboard/settings/rate-limits');
  const theirs = other.getByRole('group', { name: 'Each address' });
  await theirs.getByLabel('a day').fill('7');
  await page.bringToFront();
  await page.getByRole('group', { name: 'Owners together' }).getByLabel('a day').fill('9');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('button', { name: 'Discard' })).toBeHidden();
  await other.bringToFront();
  await other.getByRole('button', { name: 'Save' }).click();
  const dialog = other.getByRole('dialog', { name: 'Somebody else changed it' });
  await expect(dialog.getByRole('region', { name: 'Now' })).toContainText('Owners together: 9 a day');
  await expect(dialog.getByRole('region', { name: 'Yours' })).toContainText('Each address: 7 a day');
  await dialog.getByRole('button', { name: 'Keep mine' }).click();
  await expect(dialog).toBeHidden();
  await page.reload();
  await expect(page.getByRole('group', { name: 'Each address' }).getByLabel('a day')).toHaveValue('7');
  await expect(page.getByRole('group', { name: 'Owners together' }).getByLabel('a day')).toHaveValue('');
  await expect(key.getByLabel('a minute')).toHaveValue('100');
});
