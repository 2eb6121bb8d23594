import { expect, test } from '@playwright/test';
import { createAccount, ECHO, logIn, PASSWORD, publishAgent } from './support.ts';

test('an owner erases the organization: counts first, then the name and the password, then it is gone', async ({
  page,
  request,
}) => {
  const account = await createAccount(request, 'Short lived');
  await publishAgent(request, account, { name: 'Echo', definition: ECHO });
  await logIn(page, account, '/dashboard/settings/general');
  await page.getByRole('button', { name: 'Erase organization…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Erase Short lived?' });
  await expect(dialog).toContainText('1 agent with 1 version');
  const erase = dialog.getByRole('button', { name: 'Erase for good' });
  await expect(erase).toBeDisabled();
  const slug = (await dialog.getByText('Type the short name').locator('strong').textContent()) ?? '';
  await dialog.getByLabel('Type the short name').fill(slug);
  await dialog.getByLabel('Your password', { exact: true }).fill('not my password');
  await erase.click();
  await expect(dialog.getByText('This is not your password')).toBeVisible();
  await dialog.getByLabel('Your password', { exact: true }).fill(PASSWORD);
  await erase.click();
  await expect(page.getByRole('heading', { name: 'Short lived is erased' })).toBeVisible();

  await page.goto('/dashboard');
  await expect(page).toHaveURL(/\/login/);
  const agents = await request.get('/api/v1/agents', { headers: { Authorization: `Bearer ${account.token}` } });
  expect(agents.status()).toBe(401);
});

test('a person deletes their account, and the organization that was theirs alone goes with it', async ({
  page,
  request,
}) => {
  const account = await createAccount(request, 'Mine alone');
  await logIn(page, account, '/dashboard/settings/security');
  await page.getByRole('button', { name: 'Delete my account…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Delete your account?' });
  await expect(dialog.getByRole('listitem').filter({ hasText: 'Mine alone' })).toContainText('erased with you');
  await dialog.getByLabel('Type the e-mail address').fill(account.email);
  await dialog.getByLabel('Your password', { exact: true }).fill(PASSWORD);
  await dialog.getByRole('button', { name: 'Delete my account' }).click();
  await expect(page.getByRole('heading', { name: 'Your account is deleted' })).toBeVisible();

  await page.getByRole('link', { name: 'Log in' }).click();
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert')).toContainText('E-mail or password is wrong');
});
