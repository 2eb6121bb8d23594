import type { Me, Session } from '@agentflow/contracts';
import { type APIRequestContext, type Browser, type BrowserContext, expect, type Page, test } from '@playwright/test';
import { type Account, createAccount, logIn, newEmail, PASSWORD } from './support.ts';

const CSRF = { 'X-AgentFlow-CSRF': '1' };

const switcher = (page: Page) => page.getByRole('navigation', { name: 'Breadcrumbs' });

/** Another person's browser: its own cookies and storage. */
async function newBrowser(browser: Browser): Promise<Page> {
  return (await browser.newContext()).newPage();
}

/** Invites through the API. Gives the path that the link leads to. */
async function invite(request: APIRequestContext, owner: Account, email: string, role: string): Promise<string> {
  const answer = await request.post('/api/v1/org/members/invite', {
    headers: { Authorization: `Bearer ${owner.token}` },
    data: { email, role },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  const { link } = (await answer.json()) as { link: string };
  return new URL(link).pathname;
}

/** Moves the browser's session to the account's organization, without its pages knowing. */
async function moveSession(context: BrowserContext, to: Account): Promise<void> {
  const me = await context.request.get('/api/v1/auth/me', { headers: { Authorization: `Bearer ${to.token}` } });
  const target = ((await me.json()) as Me).organization.id;
  const refreshed = await context.request.post('/api/v1/auth/refresh', { headers: CSRF });
  const { access_token } = (await refreshed.json()) as Session;
  const switched = await context.request.post('/api/v1/auth/switch', {
    headers: { Authorization: `Bearer ${access_token}`, ...CSRF },
    data: { organization_id: target },
  });
  expect(switched.status(), await switched.text()).toBe(200);
}

/** A person in two organizations, `First` of their own and `Second` by invitation; `page` is theirs, and in `First`. */
async function personOfTwo(page: Page, request: APIRequestContext): Promise<{ owner: Account }> {
  const account = await createAccount(request, 'First');
  const owner = await createAccount(request, 'Second');
  const path = await invite(request, owner, account.email, 'developer');
  const accepted = await request.post(`/api/v1/org${path}/accept`, { data: { password: PASSWORD } });
  expect(accepted.status(), await accepted.text()).toBe(200);
  await logIn(page, account);
  await moveSession(page.context(), account);
  await page.reload();
  await expect(switcher(page)).toContainText('First');
  return { owner };
}

async function switchTo(page: Page, from: string, to: RegExp): Promise<void> {
  await page.getByRole('button', { name: `Organization ${from}: switch` }).click();
  await page.getByRole('option', { name: to }).click();
}

test('an invited person joins, is given another role and a team, and is out once removed', async ({
  page,
  browser,
  request,
}) => {
  const owner = await createAccount(request, 'Lighthouse');
  await logIn(page, owner, '/dashboard/settings/members');
  await expect(page.getByText('Nobody is waiting to join')).toBeVisible();
  await page.getByRole('button', { name: 'Invite member' }).first().click();
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  await expect(dialog.getByText('Enter an e-mail address like name@example.com')).toBeVisible();
  await expect(dialog.getByLabel('E-mail')).toBeFocused();
  const email = newEmail();
  await dialog.getByLabel('E-mail').fill(email);
  await dialog.getByLabel('Role').click();
  await page.getByRole('option', { name: 'Editor' }).click();
  await expect(dialog.getByText('Builds and publishes agents, and decides approvals.')).toBeVisible();
  await dialog.getByRole('button', { name: 'Send invitation' }).click();
  const link = (await page.getByTestId('invitation-link').textContent()) ?? '';
  expect(link).toContain('/invitations/');
  await page.getByRole('button', { name: 'Done' }).click();
  const open = page.getByRole('table', { name: 'Open invitations' });
  await expect(open.getByRole('row', { name: new RegExp(email) })).toContainText('Invited by Test owner');

  const guest = await newBrowser(browser);
  await guest.goto(new URL(link).pathname);
  await expect(guest.getByRole('heading', { name: 'Join Lighthouse' })).toBeVisible();
  await expect(guest.getByText('Builds and publishes agents, and decides approvals.')).toBeVisible();
  await guest.getByLabel('Your name').fill('New person');
  await guest.getByLabel('Password', { exact: true }).fill('too short');
  await guest.getByRole('button', { name: 'Create account and join' }).click();
  await expect(guest.getByText('The password must have at least 10 characters')).toBeVisible();
  await guest.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await guest.getByRole('button', { name: 'Create account and join' }).click();
  await expect(guest).toHaveURL(/\/dashboard$/);
  await expect(switcher(guest)).toContainText('Lighthouse');
  // In one organization there is nothing to switch.
  await expect(guest.getByRole('button', { name: /: switch$/ })).toHaveCount(0);

  await page.reload();
  const members = page.getByRole('table', { name: 'Members' });
  const row = members.getByRole('row', { name: new RegExp(email) });
  await expect(row).toContainText('New person');
  await expect(page.getByText('Nobody is waiting to join')).toBeVisible();

  // An editor may create agents; a viewer is refused at once, in the page that was open all the time.
  await guest.goto('/dashboard/agents?create=new');
  await guest.getByRole('dialog').getByLabel('Name').fill('Not for viewers');
  await row.getByRole('combobox').click();
  await page.getByRole('option', { name: 'Viewer' }).click();
  await expect(page.getByText('New person is Viewer now')).toBeVisible();
  await guest.getByRole('dialog').getByRole('button', { name: 'Create agent' }).click();
  await expect(guest.getByRole('alert')).toContainText('The permission for this is missing');

  await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Teams' }).click();
  await expect(page.getByText('No teams yet')).toBeVisible();
  await page.getByRole('button', { name: 'Create team' }).click();
  await page.getByLabel('Name').fill('Night watch');
  await page.getByRole('dialog').getByRole('button', { name: 'Create team' }).click();
  await expect(page).toHaveURL(/\/teams\/tem_/);
  await page.getByRole('button', { name: 'Add members' }).first().click();
  const picker = page.getByRole('dialog');
  await picker.getByRole('option', { name: /Test owner/ }).click();
  await expect(picker.getByRole('option', { name: /Test owner.*In the team/ })).toBeVisible();
  await picker.getByPlaceholder('Find by name or e-mail').fill('new pers');
  await expect(picker.getByRole('option')).toHaveCount(1);
  await page.keyboard.press('Enter');
  await expect(picker.getByRole('option', { name: /New person.*In the team/ })).toBeVisible();
  await picker.getByRole('button', { name: 'Done' }).click();
  const team = page.getByRole('table', { name: 'Members of Night watch' });
  await expect(team.getByRole('row')).toHaveCount(3);

  await page.goto('/dashboard/settings/members');
  await row.getByRole('button', { name: 'Remove New person' }).click();
  await page.getByRole('button', { name: 'Remove member' }).click();
  await expect(page.getByText('New person is no longer a member')).toBeVisible();
  await guest.keyboard.press('Escape');
  // The page finds out by itself when its feed ends, or with the next thing that it asks for.
  await expect(async () => {
    if (!/\/login/.test(guest.url())) await guest.getByRole('link', { name: 'Executions' }).click({ timeout: 1_000 });
    await expect(guest).toHaveURL(/\/login/, { timeout: 2_000 });
  }).toPass();
  await guest.getByLabel('E-mail').fill(email);
  await guest.getByLabel('Password', { exact: true }).fill(PASSWORD);
  await guest.getByRole('button', { name: 'Log in' }).click();
  await expect(guest.getByRole('alert')).toContainText('You belong to no organization');

  await page.getByRole('navigation', { name: 'Settings' }).getByRole('link', { name: 'Teams' }).click();
  await expect(page.getByRole('row', { name: /Night watch/ })).toContainText('1 person');
  await page.getByRole('button', { name: 'Delete Night watch' }).click();
  await expect(page.getByRole('dialog')).toContainText('the list of who is in it (1 person)');
  await page.getByRole('button', { name: 'Delete team' }).click();
  await expect(page.getByText('No teams yet')).toBeVisible();
});

test('an open invitation gets a new link, which ends the former one, and is over once revoked', async ({
  page,
  browser,
  request,
}) => {
  const owner = await createAccount(request);
  const email = newEmail();
  const first = await invite(request, owner, email, 'viewer');
  await logIn(page, owner, '/dashboard/settings/members');
  await page.getByRole('button', { name: `New link for ${email}` }).click();
  const second = new URL((await page.getByTestId('invitation-link').textContent()) ?? '').pathname;
  expect(second).not.toBe(first);
  await page.getByRole('button', { name: 'Done' }).click();

  const guest = await newBrowser(browser);
  await guest.goto(first);
  await expect(guest.getByRole('heading', { name: 'There is no such invitation' })).toBeVisible();
  await guest.goto(second);
  await expect(guest.getByRole('button', { name: 'Create account and join' })).toBeVisible();
  await guest.getByLabel('Password', { exact: true }).fill(PASSWORD);

  await page.getByRole('button', { name: `Revoke the invitation of ${email}` }).click();
  await page.getByRole('button', { name: 'Revoke invitation' }).click();
  await expect(page.getByText('Nobody is waiting to join')).toBeVisible();
  // The form was open while it happened.
  await guest.getByRole('button', { name: 'Create account and join' }).click();
  await expect(guest.getByRole('heading', { name: 'This invitation is over' })).toBeVisible();
  await guest.goto('/invitations/nothing-that-was-ever-made');
  await expect(guest.getByRole('heading', { name: 'There is no such invitation' })).toBeVisible();
});

test('who is signed in joins with one button, and another person is asked to sign out first', async ({
  page,
  request,
}) => {
  const invited = await createAccount(request, 'Own');
  const other = await createAccount(request, 'Elsewhere');
  const owner = await createAccount(request, 'Harbour');
  const path = await invite(request, owner, invited.email, 'manager');

  await logIn(page, other, path);
  await expect(page.getByText(other.email)).toBeVisible();
  await page.getByRole('button', { name: 'Sign out and go on' }).click();
  // The address has an account: its password is asked for, and no name.
  await expect(page.getByLabel('Your name')).toHaveCount(0);
  await page.getByLabel('Password', { exact: true }).fill('not the pass phrase');
  await page.getByRole('button', { name: 'Join Harbour' }).click();
  await expect(page.getByText('This is not the password of your account')).toBeVisible();

  await logIn(page, invited, path);
  await page.getByRole('button', { name: 'Join Harbour' }).click();
  await expect(page).toHaveURL(/\/dashboard$/);
  await expect(page.getByText('You are now a member of Harbour')).toBeVisible();
  await expect(switcher(page)).toContainText('Harbour');
  await page.getByRole('button', { name: 'Organization Harbour: switch' }).click();
  await expect(page.getByRole('option')).toHaveCount(2);
  await expect(page.getByRole('option', { name: /Harbour.*current/ })).toContainText('manager');
  await expect(page.getByRole('option', { name: /Own/ })).toContainText('owner');
});

test('the switcher moves this tab and the other one, and shows nothing of the organization that was left', async ({
  page,
  context,
  request,
}) => {
  await personOfTwo(page, request);
  const other = await context.newPage();
  await other.goto('/dashboard/settings/general');
  await expect(other.getByLabel('Name')).toHaveValue('First');

  await page.getByRole('button', { name: 'Organization First: switch' }).press('Enter');
  await expect(page.getByRole('option', { name: /Second/ })).toBeVisible();
  await page.keyboard.type('sec');
  await page.keyboard.press('Enter');
  await expect(page.getByText('You are now in Second')).toBeVisible();
  await expect(page).toHaveURL(/\/dashboard$/);
  await expect(switcher(page)).toContainText('Second');

  await expect(other.getByText('You are now in Second')).toBeVisible();
  await expect(other).toHaveURL(/\/dashboard$/);
  await expect(switcher(other)).toContainText('Second');
  await other.getByRole('link', { name: 'Settings' }).click();
  // A developer does not rename the organization.
  await expect(other.getByText('Your role is developer.')).toBeVisible();
  await expect(other.getByRole('main')).not.toContainText('First');

  await other.reload();
  await expect(switcher(other)).toContainText('Second');
  await switchTo(other, 'Second', /First/);
  await expect(other.getByText('You are now in First')).toBeVisible();
  await expect(switcher(page)).toContainText('First');
});

test('what a page was about to do in one organization is not done in another', async ({ page, context, request }) => {
  const { owner } = await personOfTwo(page, request);
  await page.goto('/dashboard/agents?create=new');
  await page.getByRole('dialog').getByLabel('Name').fill('Meant for the first');

  await moveSession(context, owner);
  await page.getByRole('dialog').getByRole('button', { name: 'Create agent' }).click();
  await expect(page.getByText('You are now in Second')).toBeVisible();
  await expect(page).toHaveURL(/\/dashboard$/);
  const agents = await request.get('/api/v1/agents', { headers: { Authorization: `Bearer ${owner.token}` } });
  expect(((await agents.json()) as { data: unknown[] }).data).toEqual([]);
});

test('leaving for another organization asks first about what is not saved', async ({ page, request }) => {
  await personOfTwo(page, request);
  await page.goto('/dashboard/settings/general');
  await page.getByLabel('Name').fill('Half typed');
  await switchTo(page, 'First', /Second/);
  await page.getByRole('dialog').getByRole('button', { name: 'Keep it' }).click();
  await expect(page.getByLabel('Name')).toHaveValue('Half typed');
  await expect(switcher(page)).toContainText('First');
  await switchTo(page, 'First', /Second/);
  await page.getByRole('dialog').getByRole('button', { name: 'Leave' }).click();
  await expect(page.getByText('You are now in Second')).toBeVisible();
});
