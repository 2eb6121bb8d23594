import { expect, test } from '@playwright/test';
import { expectNoSidewaysScroll } from './page-checks.ts';
import { createAccount, ECHO, logIn, publishAgent } from './support.ts';

test.use({ viewport: { width: 360, height: 740 } });

test('everything can be reached and run on a phone', async ({ page, request }) => {
  const account = await createAccount(request);
  const name = 'An agent with quite a long name, as people give them';
  await publishAgent(request, account, { name, description: 'Says what it was told. '.repeat(8), definition: ECHO });
  await logIn(page, account);
  await expectNoSidewaysScroll(page);
  await page.getByRole('button', { name: 'Open navigation' }).click();
  await page.getByRole('dialog').getByRole('link', { name: 'Agents', exact: true }).click();
  await expect(page.getByRole('heading', { name: 'Agents' })).toBeVisible();
  await expectNoSidewaysScroll(page);
  await page.getByRole('link', { name, exact: true }).click();
  await expectNoSidewaysScroll(page);
  for (const tab of ['Builder', 'Executions', 'Versions', 'Settings', 'Run']) {
    await page.getByRole('tab', { name: tab }).click();
    await expect(page.getByRole('tabpanel', { name: tab })).toBeVisible();
    await expectNoSidewaysScroll(page);
  }
  await page.getByRole('button', { name: 'Run version 1' }).click();
  await expect(page.locator('header').getByText('Completed', { exact: true })).toBeVisible();
  await expectNoSidewaysScroll(page);
});
