import { expect, type Page, test } from '@playwright/test';
import { createAccount, ECHO, logIn, PASSWORD, publishAgent, stepRow } from './support.ts';

/** Presses Tab until the focus is on something with this accessible name. */
async function tabTo(page: Page, name: string | RegExp, role: Parameters<Page['getByRole']>[0]): Promise<void> {
  const target = page.getByRole(role, { name });
  await expect(target.first()).toBeVisible();
  for (let presses = 0; presses < 60; presses++) {
    if (await target.first().evaluate((element) => element === document.activeElement)) return;
    await page.keyboard.press('Tab');
  }
  throw new Error(`Tab never reached ${role} ${name}`);
}

test('logging in and running an agent needs no mouse', async ({ page, request }) => {
  const account = await createAccount(request);
  await publishAgent(request, account, { name: 'Echo', definition: ECHO });

  await page.goto('/login');
  await tabTo(page, 'E-mail', 'textbox');
  await page.keyboard.type(account.email);
  await page.keyboard.press('Tab');
  await page.keyboard.type(PASSWORD);
  await page.keyboard.press('Enter');
  await expect(page).toHaveURL(/\/dashboard$/);

  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.keyboard.press('Tab');
  await expect(page.getByRole('link', { name: 'Skip to content' })).toBeFocused();

  await page.keyboard.press('Control+k');
  await expect(page.getByPlaceholder('Where to, or what to do?')).toBeFocused();
  await page.keyboard.type('run echo');
  await expect(page.getByRole('option', { name: 'Run Echo' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');

  await expect(page.getByRole('tab', { name: 'Run' })).toHaveAttribute('aria-selected', 'true');
  await tabTo(page, 'Input as JSON', 'textbox');
  await page.keyboard.press('Control+a');
  await page.keyboard.type('{"hello": "keyboard"}');
  // Tab indents in the editor; after Escape it leaves it.
  await page.keyboard.press('Escape');
  await tabTo(page, 'Run version 1', 'button');
  await page.keyboard.press('Enter');

  await expect(page.locator('header').getByText('Completed', { exact: true })).toBeVisible();
  await stepRow(page, 'result').focus();
  await page.keyboard.press('Home');
  await expect(stepRow(page, 'start')).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('ArrowDown');
  await expect(stepRow(page, 'result')).toBeFocused();
  await expect(page.getByLabel('step output', { exact: true })).toContainText('keyboard');
});

test('the theme is kept, the tour is skipped once and for all, and keys are listed', async ({ page, request }) => {
  const account = await createAccount(request);
  await logIn(page, account);
  await page.getByRole('button', { name: /^Theme/ }).click();
  await page.getByRole('menuitemradio', { name: 'Dark' }).click();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');

  const tour = page.getByRole('region', { name: 'Tour' });
  await expect(tour).toContainText('Begin with an agent');
  await tour.getByRole('button', { name: 'Next' }).press('Enter');
  await expect(tour).toContainText('Step 2 of 4');
  await page.keyboard.press('Escape');
  await expect(tour).toHaveCount(0);
  await page.reload();
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await expect(tour).toHaveCount(0);
  await page.getByRole('button', { name: /your account$/ }).click();
  await page.getByRole('menuitem', { name: 'Take the tour' }).press('Enter');
  await expect(tour.getByRole('button', { name: 'Next' })).toBeFocused();
  for (const step of [2, 3, 4]) {
    await page.keyboard.press('Enter');
    await expect(tour).toContainText(`Step ${step} of 4`);
  }
  await page.keyboard.press('Enter');
  await expect(tour).toHaveCount(0);
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Shortcuts' })).toContainText('Go anywhere, do anything');

  // Before the application's own code has run the theme is there already: nothing flashes.
  await page.route('**/assets/*.js', (route) => route.abort());
  await page.reload();
  await expect(page.locator('html')).toHaveAttribute('data-theme', 'dark');
});
