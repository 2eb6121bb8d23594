import { expect, test } from '@playwright/test';
import { createAccount, logIn } from './support.ts';

test('an owner chooses when the payloads of calls move to the archive', async ({ page, request }) => {
  const account = await createAccount(request, 'Keeps little');
  await logIn(page, account, '/dashboard/settings/general');
  const choice = page.getByRole('combobox', { name: 'Calls of external agents are archived' });
  await expect(choice).toHaveText('After 90 days');
  await choice.click();
  await page.getByRole('option', { name: 'After 30 days' }).click();
  await expect(page.getByText('Calls of external agents are archived after 30 days')).toBeVisible();
  await page.reload();
  await expect(choice).toHaveText('After 30 days');
  const stored = await request.get('/api/v1/org/retention', { headers: { Authorization: `Bearer ${account.token}` } });
  expect(await stored.json()).toMatchObject({ days: null, invocation_archive_days: 30 });
});
