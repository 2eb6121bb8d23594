import { expect, type Page, test } from '@playwright/test';
import { createAccount, ECHO, logIn, newEmail, PASSWORD, publishAgent } from './support.ts';

const MARKUP = '<img src=x onerror="globalThis.owned=1"><script>globalThis.owned=1</script>';

test('markup in names, inputs and results is shown as text', async ({ page, request }) => {
  const account = await createAccount(request, `Acme ${MARKUP}`.slice(0, 120));
  const agentId = await publishAgent(request, account, { name: MARKUP, description: MARKUP, definition: ECHO });
  const dialogs: string[] = [];
  page.on('dialog', (dialog) => {
    dialogs.push(dialog.message());
    void dialog.dismiss();
  });
  await logIn(page, account, '/dashboard/agents');
  await expect(page.getByRole('link', { name: MARKUP, exact: true })).toBeVisible();
  await page.goto(`/dashboard/agents/${agentId}`);
  await expect(page.getByRole('heading', { name: MARKUP })).toBeVisible();
  await page.getByLabel('Input as JSON').fill(JSON.stringify({ [MARKUP]: MARKUP }));
  await page.getByRole('button', { name: 'Run version 1' }).click();
  await expect(page.locator('header').getByText('Completed', { exact: true })).toBeVisible();
  await expect(page.getByLabel('input', { exact: true })).toContainText(MARKUP);
  expect(await page.locator('img[src="x"]').count()).toBe(0);
  expect(await page.evaluate(() => 'owned' in globalThis)).toBe(false);
  expect(dialogs).toEqual([]);
});

test('pages come with a policy that allows no foreign and no inline scripts, and break no rule of it', async ({
  page,
}) => {
  const violations: string[] = [];
  page.on('console', (message) => {
    if (/Content Security Policy/i.test(message.text())) violations.push(message.text());
  });
  const answer = await page.goto('/signup');
  const policy = answer?.headers()['content-security-policy'] ?? '';
  expect(policy).toContain("script-src 'self'");
  expect(policy).toContain("frame-ancestors 'none'");
  expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('alert').first()).toBeVisible();
  expect(violations).toEqual([]);
});

test('whoever is not signed in is asked to log in and then brought back', async ({ page, request }) => {
  const account = await createAccount(request);
  await page.goto('/dashboard/executions?status=failed');
  await expect(page).toHaveURL(/\/login\?redirect=/);
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill('not the password');
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page.getByRole('alert')).toContainText('E-mail or password is wrong');
  await expect(page.getByRole('alert')).toContainText('req_');
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page).toHaveURL(/\/dashboard\/executions\?status=failed$/);
  await page.reload();
  await expect(page.getByRole('heading', { name: 'Executions' })).toBeVisible();
  await page.getByRole('button', { name: 'your account' }).click();
  await page.getByRole('menuitem', { name: 'Sign out' }).click();
  await expect(page).toHaveURL(/\/login/);
  await page.goto('/dashboard');
  await expect(page).toHaveURL(/\/login/);
});

test('a login link cannot lead to another place than this application', async ({ page, request }) => {
  const account = await createAccount(request);
  await page.goto('/login?redirect=https%3A%2F%2Fevil.example%2Fdashboard');
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Log in' }).click();
  await expect(page).toHaveURL(/^http:\/\/(localhost|127\.0\.0\.1):\d+\/dashboard$/);
});

test('an address that is taken is told at its field, and what was typed stays', async ({ page, request }) => {
  const account = await createAccount(request);
  await page.goto('/signup');
  await page.getByLabel('Organization').fill('Second');
  await page.getByLabel('E-mail').fill(account.email);
  await page.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByText('This address has an account already')).toBeVisible();
  await expect(page.getByLabel('Organization')).toHaveValue('Second');
  await page.getByLabel('E-mail').fill(newEmail());
  await page.getByRole('button', { name: 'Create account' }).click();
  await expect(page.getByRole('heading', { name: /^Welcome(, .*)?$/ })).toBeVisible();
});

test('two browsers that edit one draft do not overwrite each other unasked', async ({ page, request, browser }) => {
  const account = await createAccount(request);
  const agentId = await publishAgent(request, account, { name: 'Shared', definition: ECHO });
  const other = await browser.newPage();
  const openCode = async (who: Page) => {
    await logIn(who, account, `/dashboard/agents/${agentId}?tab=builder`);
    await who.getByRole('button', { name: 'Code' }).click();
    await who.getByRole('button', { name: 'JSON' }).click();
    await expect(codeOf(who)).toHaveValue(/received/);
  };
  const codeOf = (who: Page) => who.getByLabel('Draft definition as JSON');
  const changed = (word: string) => JSON.stringify(ECHO, null, 2).replace('received', word);
  await openCode(page);
  await openCode(other);

  await codeOf(other).fill(changed('theirs'));
  const bar = other.getByRole('toolbar', { name: 'Builder' });
  await expect(bar.getByText('Saved', { exact: true })).toBeHidden();
  await expect(bar.getByText('Saved', { exact: true })).toBeVisible();
  await codeOf(page).fill(changed('mine'));
  const dialog = page.getByRole('dialog', { name: 'The draft has changed since you opened it' });
  await expect(dialog).toContainText('theirs');
  await dialog.getByRole('button', { name: 'Save mine over theirs' }).click();
  await expect(page.getByText('Draft saved')).toBeVisible();

  // The other one finds that out before it can write over it in turn.
  await codeOf(other).fill(changed('again'));
  await expect(other.getByRole('dialog', { name: 'The draft has changed since you opened it' })).toContainText('mine');
  await other.getByRole('button', { name: 'Take theirs, drop mine' }).click();
  await expect(codeOf(other)).toHaveValue(/mine/);
  await other.close();
});

test('a new name for an agent does not overwrite what somebody else called it, unasked', async ({ page, request }) => {
  const account = await createAccount(request);
  const agentId = await publishAgent(request, account, { name: 'Shared', definition: ECHO });
  await logIn(page, account, `/dashboard/agents/${agentId}?tab=settings`);
  const name = page.getByLabel('Name', { exact: true });
  await expect(name).toHaveValue('Shared');
  await name.fill('Mine');

  const headers = { Authorization: `Bearer ${account.token}` };
  const theirs = await request.put(`/api/v1/agents/${agentId}`, { headers, data: { name: 'Theirs' } });
  expect(theirs.status()).toBe(200);
  await page.getByRole('button', { name: 'Save', exact: true }).click();
  const over = page.getByRole('button', { name: 'Save mine over it' });
  await expect(over).toBeVisible();
  await expect(name).toHaveValue('Mine');
  expect((await (await request.get(`/api/v1/agents/${agentId}`, { headers })).json()).name).toBe('Theirs');
  await over.click();
  await expect
    .poll(async () => (await (await request.get(`/api/v1/agents/${agentId}`, { headers })).json()).name)
    .toBe('Mine');
});
