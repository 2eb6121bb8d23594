import { expect, type Page, test } from '@playwright/test';
import { createAccount, ECHO, logIn, publishAgent } from './support.ts';

const card = (page: Page, name: string) =>
  page.getByRole('list', { name: 'Agents' }).getByRole('listitem').filter({ hasText: name });

async function chooseInMenu(page: Page, agent: string, action: string): Promise<void> {
  await page.getByRole('button', { name: `Actions for ${agent}`, exact: true }).click();
  await page.getByRole('menuitem', { name: action }).click();
}

test('agents begin with a template, are found, copied, paused and archived', async ({ page, request }) => {
  const account = await createAccount(request);
  await logIn(page, account, '/dashboard/agents');
  await page.getByRole('button', { name: 'Choose a template' }).click();
  const dialog = page.getByRole('dialog', { name: 'New agent' });
  await dialog.getByRole('button', { name: /^Approval before a refund/ }).click();
  await expect(dialog.getByText('PAYMENTS_API_TOKEN')).toBeVisible();
  await dialog.getByLabel('Name of your agent').fill('Refunds');
  await dialog.getByRole('button', { name: 'Use this template' }).click();
  await expect(page).toHaveURL(/\/dashboard\/agents\/agt_.*tab=builder/);
  await expect(page.getByRole('heading', { name: 'Refunds' })).toBeVisible();

  const echo = await publishAgent(request, account, { name: 'Echo', description: 'Answers.', definition: ECHO });
  const headers = { Authorization: `Bearer ${account.token}`, Prefer: 'wait=20' };
  const run = await request.post(`/api/v1/agents/${echo}/execute`, { data: { input: {} }, headers });
  expect(run.status()).toBe(200);
  await page.getByRole('link', { name: 'Agents', exact: true }).first().click();
  await expect(card(page, 'Echo')).toContainText('Active');
  await expect(card(page, 'Echo').getByRole('img', { name: '1 run in 14 days: 1 completed' })).toBeVisible({
    timeout: 20_000,
  });
  await expect(card(page, 'Echo')).toContainText('100%');
  await expect(card(page, 'Refunds')).toContainText('Not run yet');

  await page.getByRole('combobox', { name: 'Status' }).click();
  await page.getByRole('option', { name: 'Draft' }).click();
  await expect(page).toHaveURL(/status=draft/);
  await expect(card(page, 'Echo')).toHaveCount(0);
  await page.getByRole('button', { name: 'Clear' }).click();
  await page.keyboard.press('/');
  await page.keyboard.type('ECHO');
  await expect(page).toHaveURL(/search=ECHO/);
  await expect(card(page, 'Refunds')).toHaveCount(0);
  await page.getByRole('button', { name: 'Clear' }).click();

  await chooseInMenu(page, 'Echo', 'Duplicate');
  await expect(card(page, 'Echo copy')).toContainText('Draft');
  await chooseInMenu(page, 'Echo', 'Pause');
  await expect(card(page, 'Echo').filter({ hasText: 'Paused' })).toHaveCount(1);
  await chooseInMenu(page, 'Refunds', 'Archive…');
  await page.getByRole('dialog').getByRole('button', { name: 'Archive' }).click();
  await expect(card(page, 'Refunds')).toHaveCount(0);

  await page.getByRole('button', { name: 'Table' }).click();
  await page.reload();
  await expect(page.getByRole('table', { name: 'Agents' })).toContainText('Manual start');
  await expect(page.getByRole('link', { name: 'Echo copy', exact: true })).toBeVisible();
  await page.keyboard.press('j');
  await expect(page.getByRole('link', { name: 'Echo copy', exact: true })).toBeFocused();
  await page.keyboard.press('ArrowDown');
  await expect(page.getByRole('link', { name: 'Echo', exact: true })).toBeFocused();
  await page.keyboard.press('n');
  await page.getByRole('tab', { name: 'Import' }).press('Enter');
  await expect(page.getByLabel('Or paste its text')).toBeVisible();
});
