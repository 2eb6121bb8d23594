import type { Execution, Problem } from '@agentflow/contracts';
import { expect, test } from '@playwright/test';
import { createAccount, ECHO, logIn, publishAgent } from './support.ts';

test('a key made in the UI starts a run from a script, and is refused once it is revoked', async ({
  page,
  request,
  baseURL,
}) => {
  const account = await createAccount(request);
  const agentId = await publishAgent(request, account, { name: 'Echo', definition: ECHO });
  await logIn(page, account);

  await page.goto('/dashboard/settings/api-keys');
  await page.getByRole('button', { name: 'Create key' }).click();
  await page.getByLabel('Name').fill('Nightly import');
  await page.getByRole('dialog').getByRole('button', { name: 'Create key' }).click();
  const key = await page.getByTestId('api-key').textContent();
  expect(key).toMatch(/^af_live_/);
  // It must be told that the key is stored before the dialog goes.
  await page.keyboard.press('Escape');
  await expect(page.getByTestId('api-key')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Done' })).toBeDisabled();
  await page.getByLabel('I have stored it').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByTestId('api-key')).toBeHidden();
  await expect(page.getByRole('table')).not.toContainText(key ?? 'no key');

  const start = () =>
    fetch(`${baseURL}/api/v1/agents/${agentId}/execute`, {
      method: 'POST',
      headers: { Authorization: `Bearer ${key}`, 'Content-Type': 'application/json', Prefer: 'wait=30' },
      body: JSON.stringify({ input: { from: 'a script' } }),
    });
  const answer = await start();
  expect(answer.status).toBe(200);
  const execution = (await answer.json()) as Execution;
  expect(execution.status).toBe('completed');
  expect(execution.output).toEqual({ received: { from: 'a script' } });

  await page.goto(`/dashboard/executions/${execution.id}`);
  await expect(page.getByText('by Nightly import (API key)')).toBeVisible();

  await page.goto('/dashboard/settings/api-keys');
  await page.getByRole('button', { name: 'Revoke Nightly import' }).click();
  await page.getByRole('button', { name: 'Revoke key' }).click();
  await expect(page.getByRole('row', { name: /Nightly import/ })).toContainText('revoked');
  const refused = await start();
  expect(refused.status).toBe(401);
  expect(((await refused.json()) as Problem).code).toBe('unauthenticated');
});
