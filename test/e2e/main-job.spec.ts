import { expect, test } from '@playwright/test';
import {
  createAccount,
  logIn,
  newEmail,
  PASSWORD,
  publishAgent,
  release,
  slowDefinition,
  stepRow,
  triageWithHeldDesk,
} from './support.ts';

test('a new person signs up, brings the triage agent, publishes it and watches it run', async ({ page }) => {
  const hold = `desk-${process.pid}-${Date.now()}`;
  await page.goto('/');
  await expect(page).toHaveURL(/\/login/);
  await page.getByRole('link', { name: 'Create an account' }).click();
  await page.getByLabel('Organization').fill('Example organization');
  await page.getByLabel('Your name').fill('Test owner');
  await page.getByLabel('E-mail').fill(newEmail());
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();

  await expect(page.getByRole('heading', { name: 'Welcome, Test' })).toBeVisible();
  await page.getByRole('link', { name: 'Import a file' }).click();
  await page.getByLabel('Or paste its text').fill(triageWithHeldDesk(hold));
  await page.getByRole('button', { name: 'Import', exact: true }).last().click();

  await expect(page.getByRole('heading', { name: 'Support ticket triage' })).toBeVisible();
  await page.getByRole('button', { name: 'Publish…' }).click();
  await page.getByLabel('What changes').fill('For the support desk');
  await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
  await expect(page.getByText('Version 1 is live')).toBeVisible();

  await page.getByRole('tab', { name: 'Run', exact: true }).click();
  await page.getByLabel('Input as JSON').fill(
    JSON.stringify({
      subject: 'Charged twice',
      body: 'My card was charged twice for invoice INV-2041-0388. Please refund the second payment.',
      from: 'marta@example.com',
    }),
  );
  await page.getByRole('button', { name: 'Run version 1' }).click();

  // The steps light up one by one while the slow one is still at it.
  await expect(page).toHaveURL(/\/dashboard\/executions\/exe_/);
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(stepRow(page, 'desk')).toHaveAttribute('data-status', 'running');
  await expect(stepRow(page, 'summary')).toHaveAttribute('data-status', 'completed');
  await expect(stepRow(page, 'category')).toHaveAttribute('data-status', 'completed');

  await page.reload();
  await expect(stepRow(page, 'desk')).toHaveAttribute('data-status', 'running');
  await expect(stepRow(page, 'summary')).toHaveAttribute('data-status', 'completed');
  await expect(page.getByText('Live', { exact: true })).toBeVisible();

  await release(hold);
  await expect(page.locator('header').getByText('Completed', { exact: true })).toBeVisible();
  await expect(stepRow(page, 'desk')).toHaveAttribute('data-status', 'completed');
  await stepRow(page, 'category').click();
  await expect(page.getByLabel('step output', { exact: true })).toContainText('billing');
  await expect(page.getByRole('region', { name: 'Result', exact: true })).toContainText('priority');
  await page.getByRole('tab', { name: 'Input' }).click();
  await expect(page.getByLabel('step input', { exact: true })).toContainText('INV-2041-0388');
});

test('a run can be cancelled while it runs', async ({ page, request }) => {
  const account = await createAccount(request);
  const agentId = await publishAgent(request, account, { name: 'Slow one', definition: slowDefinition(30_000) });
  await logIn(page, account, `/dashboard/agents/${agentId}`);
  await page.getByRole('button', { name: 'Run version 1' }).click();
  await expect(stepRow(page, 'ask')).toHaveAttribute('data-status', 'running');
  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await page.getByRole('button', { name: 'Cancel execution' }).click();
  await expect(page.locator('header').getByText('Cancelled', { exact: true })).toBeVisible();
});
