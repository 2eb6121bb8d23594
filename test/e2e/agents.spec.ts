import { agentSettings } from '@agentflow/contracts';
import { expect, type Page, test } from '@playwright/test';
import { expectAccessible, expectFitsPhone } from './page-checks.ts';
import { createAccount, ECHO, logIn, publishAgent, scriptModel } from './support.ts';

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

test('how an agent runs is set in its draft, beside others who change it', async ({ page, request }) => {
  const account = await createAccount(request);
  const id = await publishAgent(request, account, { name: 'Echo', definition: ECHO });
  const headers = { Authorization: `Bearer ${account.token}` };
  const draft = async () => (await request.get(`/api/v1/agents/${id}/draft`, { headers })).json();
  await logIn(page, account, `/dashboard/agents/${id}?tab=settings`);

  await page.getByLabel('Executions side by side').fill('3');
  await page.getByRole('combobox', { name: 'A start beyond that' }).click();
  await page.getByRole('option', { name: 'Queue it until there is room' }).click();
  await page.getByRole('textbox', { name: 'Time limit of an execution' }).fill('90');
  await page.getByLabel('Retries of every step').check();
  await page.getByLabel('Attempts in all').fill('5');
  await page.getByRole('button', { name: 'Add field' }).click();
  await page.getByLabel('Name of field 1').fill('subject');
  await page.getByLabel('subject is required').check();
  await page.getByRole('button', { name: /^Agent that is told/ }).click();
  await page.getByRole('option', { name: /Echo/ }).click();
  await expect.poll(draft).toMatchObject({
    input_schema: { type: 'object', required: ['subject'], properties: { subject: { type: 'string' } } },
    settings: {
      timeout_ms: 90_000,
      max_concurrency: 3,
      concurrency_policy: 'queue',
      retry: { max_attempts: 5 },
      on_failure_agent_id: id,
    },
  });

  // A setting that a definition takes and this page lacks shows here.
  expect(Object.keys((await draft()).settings).sort()).toEqual(Object.keys(agentSettings.shape).sort());

  const theirs = { ...(await draft()), settings: { timeout_ms: 5000 } };
  const saved = await request.put(`/api/v1/agents/${id}/draft`, { data: theirs, headers });
  expect(saved.status()).toBe(200);
  await page.getByLabel('Executions side by side').fill('4');
  const conflict = page.getByRole('dialog', { name: 'The draft has changed since you opened it' });
  await conflict.getByRole('button', { name: 'Take theirs, drop mine' }).click();
  await expect(page.getByRole('textbox', { name: 'Time limit of an execution' })).toHaveValue('5');
  await page.getByLabel('Executions side by side').fill('2');
  // Leaving saves what is not saved yet.
  await page.getByRole('tab', { name: 'Executions' }).click();
  await expect(page.getByText('Nothing has run yet')).toBeVisible();
  await expect.poll(draft).toMatchObject({ settings: { timeout_ms: 5000, max_concurrency: 2 } });

  const run = await request.post(`/api/v1/agents/${id}/execute`, {
    data: { input: {} },
    headers: { ...headers, Prefer: 'wait=20' },
  });
  expect(run.status()).toBe(200);
  await page.reload();
  await expect(page.getByRole('table', { name: 'Executions' })).toContainText('Completed');
  await page.getByRole('combobox', { name: 'Status' }).click();
  await page.getByRole('option', { name: 'Failed' }).click();
  await expect(page).toHaveURL(/tab=executions.*status=failed|status=failed.*tab=executions/);
  await expect(page.getByText('No execution fits')).toBeVisible();
});

test('who describes an agent without a model is told what is missing, and offered a template', async ({
  page,
  request,
}) => {
  const account = await createAccount(request);
  await logIn(page, account, '/dashboard/agents');
  await page.getByRole('button', { name: 'Describe it' }).click();
  const dialog = page.getByRole('dialog', { name: 'New agent' });
  await expect(dialog.getByRole('tab').first()).toHaveText('Describe it');
  await expect(dialog.getByRole('status')).toContainText('none has a key here');
  await dialog.getByLabel('What should it do?').fill('Greet whoever writes to us. Politely.');
  await expect(dialog.getByRole('button', { name: 'Propose an agent' })).toBeDisabled();
  await expectAccessible(page, 'describing an agent without a model');
  await expectFitsPhone(page);
  await dialog.getByRole('button', { name: 'Choose a template' }).click();
  await expect(dialog.getByRole('button', { name: /^Approval before a refund/ })).toBeVisible();
});

test('an agent that is described in words comes as a proposal', async ({ page, request }) => {
  const account = await createAccount(request);
  await scriptModel(request, account, [{ text: 'Nothing was changed.' }]);
  await logIn(page, account, '/dashboard/agents');
  await page.getByRole('button', { name: 'Describe it' }).click();
  const dialog = page.getByRole('dialog', { name: 'New agent' });
  await dialog.getByRole('button', { name: /^Check an invoice/ }).click();
  await expect(dialog.getByLabel('What should it do?')).toHaveValue(/^Check an invoice/);
  await dialog.getByLabel('What should it do?').fill('Greet whoever writes to us. Politely.');
  await dialog.getByRole('button', { name: 'Propose an agent' }).click();
  await expect(page).toHaveURL(/\/dashboard\/proposals\//);
  await expect(page.getByText('Greet whoever writes to us').first()).toBeVisible();
});
