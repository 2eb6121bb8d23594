import type { Execution, Problem } from '@agentflow/contracts';
import { expect, type Page, test } from '@playwright/test';
import { createAccount, ECHO, logIn, publishAgent } from './support.ts';

/** Takes the key that the dialog shows this once, and says that it is stored. */
async function storeKey(page: Page): Promise<string> {
  const shown = page.getByTestId('api-key');
  await expect(shown).toHaveText(/^af_live_/);
  const key = (await shown.textContent()) ?? '';
  await page.getByLabel('I have stored it').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(shown).toBeHidden();
  return key;
}

test('a key made in the UI starts a run from a script, is rotated with an overlap, and is refused once it is revoked', async ({
  page,
  request,
  baseURL,
}) => {
  const account = await createAccount(request);
  const agentId = await publishAgent(request, account, { name: 'Echo', definition: ECHO });
  await logIn(page, account, '/dashboard/settings/api-keys');
  await page.getByRole('button', { name: 'Create key' }).click();
  await page.getByLabel('Name', { exact: true }).fill('Nightly import');
  await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click();
  // It must be told that the key is stored before the dialog goes.
  await expect(page.getByTestId('api-key')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('api-key')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Done' })).toBeDisabled();
  const oldKey = await storeKey(page);
  await expect(page.getByRole('table')).not.toContainText(oldKey);

  const start = (key: string) =>
    fetch(`${baseURL}/api/v1/agents/${agentId}/execute`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', Prefer: 'wait=30' },
      body: JSON.stringify({ input: { from: 'a script' } }),
    });
  const answer = await start(oldKey);
  expect(answer.status).toBe(200);
  const execution = (await answer.json()) as Execution;
  expect(execution.status).toBe('completed');
  expect(execution.output).toEqual({ received: { from: 'a script' } });

  await page.goto(`/dashboard/executions/${execution.id}`);
  await expect(page.getByText('by Nightly import (API key)')).toBeVisible();

  await page.goto('/dashboard/settings/api-keys');
  await page.getByRole('button', { name: 'Rotate Nightly import' }).click();
  await page.getByRole('dialog').getByRole('combobox').click();
  await page.getByRole('option', { name: '1 hour' }).click();
  await page.getByRole('button', { name: 'Rotate key' }).click();
  const newKey = await storeKey(page);
  expect(newKey).not.toBe(oldKey);

  // Newest first: the successor stands above the key that it replaces.
  const rows = page.getByRole('row', { name: /Nightly import/ });
  await expect(rows).toHaveCount(2);
  await expect(rows.nth(0)).toContainText('active');
  await expect(rows.nth(1)).toContainText('Replaced, works until');
  await rows.nth(1).getByRole('link', { name: 'its successor' }).click();
  await expect(page).toHaveURL(new RegExp(`#${await rows.nth(0).getAttribute('id')}$`));
  for (const key of [oldKey, newKey]) expect((await start(key)).status).toBe(200);

  await rows.nth(1).getByRole('button', { name: 'Revoke Nightly import' }).click();
  await page.getByRole('button', { name: 'Revoke key' }).click();
  await expect(rows.nth(1)).toContainText('revoked');
  const refused = await start(oldKey);
  expect(refused.status).toBe(401);
  expect(((await refused.json()) as Problem).code).toBe('unauthenticated');
  expect((await start(newKey)).status).toBe(200);
});

test('a rotation without overlap refuses the old key at once', async ({ page, request }) => {
  const account = await createAccount(request);
  const created = await request.post('/api/v1/org/api-keys', {
    headers: { Authorization: `Bearer ${account.token}` },
    data: { name: 'Leaked', scopes: ['agents:read'] },
  });
  const { key: oldKey } = (await created.json()) as { key: string };
  const list = async (key: string) =>
    (await request.get('/api/v1/agents', { headers: { Authorization: `Bearer ${key}` } })).status();
  expect(await list(oldKey)).toBe(200);

  await logIn(page, account, '/dashboard/settings/api-keys');
  await page.getByRole('button', { name: 'Rotate Leaked' }).click();
  await page.getByRole('dialog').getByRole('combobox').click();
  await page.getByRole('option', { name: /^None/ }).click();
  await page.getByRole('button', { name: 'Rotate key' }).click();
  const newKey = await storeKey(page);
  await expect(page.getByRole('row', { name: /Leaked/ }).nth(1)).toContainText('revoked');
  expect(await list(oldKey)).toBe(401);
  expect(await list(newKey)).toBe(200);
});
