import { PERMISSIONS, ROLES } from '@agentflow/contracts';
import { type Browser, expect, type Page, test } from '@playwright/test';
import { type Account, createAccount, logIn, logInByForm, newEmail, PASSWORD } from './support.ts';

/** The same person in another browser: its own cookies and storage. */
async function logInElsewhere(browser: Browser, account: Account): Promise<Page> {
  const page = await (await browser.newContext()).newPage();
  await logIn(page, account);
  return page;
}

test('two tabs that rename the organization do not overwrite each other unasked', async ({
  page,
  context,
  request,
}) => {
  const account = await createAccount(request, 'Before');
  await logIn(page, account, '/dashboard/settings/general');
  await expect(page.getByLabel('Name')).toHaveValue('Before');
  const other = await context.newPage();
  await other.goto('/dashboard/settings/general');
  await expect(other.getByLabel('Name')).toHaveValue('Before');
  await other.getByLabel('Name').fill('Mine');

  await page.bringToFront();
  await page.getByLabel('Name').fill('Theirs');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Organization renamed')).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Breadcrumbs' })).toContainText('Theirs');

  // Coming back reads the organization again: that must not arm the waiting save with the newer tag.
  await other.bringToFront();
  await other.getByRole('button', { name: 'Save' }).click();
  const dialog = other.getByRole('dialog', { name: 'Somebody else changed it' });
  await expect(dialog).toContainText('Theirs');
  await expect(dialog).toContainText('Mine');
  await dialog.getByRole('button', { name: 'Reload, drop mine' }).click();
  await expect(dialog).toBeHidden();
  await expect(other.getByLabel('Name')).toHaveValue('Theirs');

  await page.reload();
  await expect(page.getByLabel('Name')).toHaveValue('Theirs');
  await other.getByLabel('Name').fill('Mine after all');
  await page.getByLabel('Name').fill('Theirs again');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Organization renamed')).toBeVisible();
  await other.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toContainText('Theirs again');
  await dialog.getByRole('button', { name: 'Keep mine' }).click();
  await expect(dialog).toBeHidden();
  await page.reload();
  await expect(page.getByLabel('Name')).toHaveValue('Mine after all');
});

test('the one member is the owner, who can neither be changed nor removed by themselves', async ({ page, request }) => {
  const account = await createAccount(request);
  await logIn(page, account);
  await expect(page.getByRole('heading', { name: /^Welcome(, .*)?$/ })).toBeVisible();
  await page.keyboard.press('Control+k');
  await page.getByRole('option', { name: 'Members' }).click();
  await expect(page).toHaveURL(/\/settings\/members$/);
  const row = page.getByRole('row', { name: new RegExp(account.email) });
  await expect(row).toContainText('Owner');
  await expect(row).toContainText('You');
  await expect(row.getByRole('button')).toHaveCount(0);
  await expect(row.getByRole('combobox')).toHaveCount(0);
});

test('the matrix tells for every role and permission whether it is allowed', async ({ page, request }) => {
  await logIn(page, await createAccount(request), '/dashboard/settings/roles');
  const table = page.getByRole('table', { name: 'Roles and permissions' });
  await expect(table.getByRole('columnheader')).toHaveCount(1 + ROLES.length);
  await expect(table.getByRole('rowheader')).toHaveCount(Object.keys(PERMISSIONS).length);
  const cellsOf = (permission: string) =>
    table
      .getByRole('row', { name: new RegExp(permission) })
      .getByRole('cell')
      .allTextContents();
  expect(await cellsOf('agents:publish')).toEqual([
    'Allowed',
    'Allowed',
    'Allowed',
    'Allowed',
    'Not allowed',
    'Not allowed',
  ]);
  await expect(table.getByRole('columnheader', { name: /Owner/ })).toContainText('your role');
});

test('a changed password replaces the old one', async ({ page, browser, request }) => {
  const account = await createAccount(request);
  await logIn(page, account, '/dashboard/settings/security');
  const newPassword = 'quite another pass phrase';
  await page.getByLabel('Current password', { exact: true }).fill('not my password');
  await page.getByLabel('New password', { exact: true }).fill(newPassword);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('This is not your current password')).toBeVisible();
  await expect(page.getByLabel('Current password', { exact: true })).toBeFocused();
  await expect(page.getByLabel('New password', { exact: true })).toHaveValue(newPassword);
  await page.getByLabel('Current password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Change password' }).click();
  await expect(page.getByText('Password changed')).toBeVisible();
  // The browser that changed it stays signed in.
  await page.reload();
  await expect(page.getByText('This session')).toBeVisible();

  const elsewhere = await (await browser.newContext()).newPage();
  await elsewhere.goto('/login');
  await elsewhere.getByLabel('E-mail').fill(account.email);
  await elsewhere.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await elsewhere.getByRole('button', { name: 'Log in' }).click();
  await expect(elsewhere.getByRole('alert')).toContainText('E-mail or password is wrong');
  await elsewhere.getByLabel('Password', { exact: true }).fill(newPassword);
  await elsewhere.getByRole('button', { name: 'Log in' }).click();
  await expect(elsewhere).toHaveURL(/\/dashboard$/);
});

test('signing out everywhere else makes the other browser log in again, and leaves this one', async ({
  page,
  browser,
}) => {
  const email = newEmail();
  await page.goto('/signup');
  await page.getByLabel('Organization').fill('Sessions');
  await page.getByLabel('E-mail').fill(email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: /^Welcome(, .*)?$/ })).toBeVisible();
  const elsewhere = await logInElsewhere(browser, { email, token: '' });

  await page.goto('/dashboard/settings/security');
  const table = page.getByRole('table', { name: 'Active sessions' });
  await expect(table.getByRole('row', { name: /Chrome on/ })).toHaveCount(2);
  await expect(table.getByText('This session')).toHaveCount(1);
  await page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await expect(page.getByText('One other session is signed out')).toBeVisible();
  await expect(table.getByRole('row', { name: /Chrome on/ })).toHaveCount(1);
  await expect(page.getByRole('button', { name: 'Sign out everywhere else' })).toBeHidden();

  // In the page that is open, and not only after loading it anew: with the next request to the server.
  await elsewhere.getByRole('link', { name: 'Settings' }).click();
  await expect(elsewhere).toHaveURL(/\/login/);

  await logInByForm(elsewhere, { email });
  await page.reload();
  await table.getByRole('button', { name: /^Sign out Chrome/ }).click();
  await expect(page.getByText(/Chrome on .* is signed out/)).toBeVisible();
  await elsewhere.reload();
  await expect(elsewhere).toHaveURL(/\/login/);
  await page.reload();
  await expect(table).toBeVisible();
});
