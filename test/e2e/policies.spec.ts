import type { Policy } from '@agentflow/contracts';
import { expect, type Page, test } from '@playwright/test';
import { createAccount, ECHO, joinAsViewer, logIn, publishAgent } from './support.ts';

async function choose(page: Page, label: string, option: string): Promise<void> {
  await page.getByLabel(label, { exact: true }).click();
  await page.getByRole('option', { name: option, exact: true }).click();
}

test('a policy is written with the dry run beside it, denies a start, is changed, looked back on and deleted', async ({
  page,
  request,
}) => {
  const owner = await createAccount(request);
  const asOwner = { headers: { Authorization: `Bearer ${owner.token}` } };
  const agentId = await publishAgent(request, owner, { name: 'Payer', definition: ECHO });
  const start = (amount: number) =>
    request.post(`/api/v1/agents/${agentId}/execute`, { ...asOwner, data: { input: { amount } } });

  await logIn(page, owner);
  await page.getByRole('link', { name: 'Policies' }).click();
  await expect(page.getByText('No policies yet')).toBeVisible();
  await page.getByRole('link', { name: 'Write a policy' }).click();

  const form = page.getByRole('form', { name: 'Policy' });
  const dryRun = page.getByRole('region', { name: 'Dry run' });
  await expect(dryRun.getByText('It waits until the policy is complete.')).toBeVisible();
  await form.getByLabel('Name').fill('Large payments');
  // About everybody, without conditions: it denies whatever is asked.
  await expect(dryRun.getByRole('status')).toContainText('Denied');
  await expect(dryRun.getByRole('status')).toContainText('"Large payments" denies it without conditions.');

  await choose(page, 'Kind of subject 1', 'People');
  await expect(dryRun.getByRole('status')).toContainText('Allowed');
  await choose(page, 'Caller', 'People');
  await expect(dryRun.getByRole('status')).toContainText('Denied');

  await form.getByRole('button', { name: 'Add condition' }).click();
  await choose(page, 'Attribute of condition 1', 'Input field');
  await choose(page, 'Operator of condition 1', 'is more than');
  await expect(dryRun.getByText('It waits until the policy is complete.')).toBeVisible();
  await form.getByRole('button', { name: 'Create policy' }).click();
  await expect(form.getByText('Must be a path like customer.country')).toBeVisible();
  await form.getByLabel('Input path of condition 1').fill('amount');
  await form.getByLabel('Value of condition 1').fill('1000');
  const first = form.getByRole('group', { name: 'Condition 1' });
  await expect(first.getByText("can't be told")).toBeVisible();
  await dryRun.getByLabel('Input as JSON').fill('{"amount": 999}');
  await expect(dryRun.getByRole('status')).toContainText('Allowed');
  await expect(first.getByText('not met')).toBeVisible();
  await dryRun.getByLabel('Input as JSON').fill('{"amount": 1001}');
  await expect(dryRun.getByRole('status')).toContainText('its conditions are met');

  // A second one, of another kind, in windows that must not overlap.
  await form.getByRole('button', { name: 'Add condition' }).click();
  await choose(page, 'Attribute of condition 2', 'Time');
  await choose(page, 'Operator of condition 2', 'is not within');
  await form.getByRole('button', { name: 'Add window' }).click();
  await form
    .getByRole('group', { name: 'Days of window 2 of condition 2' })
    .getByRole('button', { name: 'Fri' })
    .click();
  await expect(form.getByText('Overlaps window 1')).toBeVisible();
  await form.getByRole('button', { name: 'Remove condition 2' }).click();

  expect((await start(1001)).status()).toBe(202);
  await form.getByRole('button', { name: 'Create policy' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Large payments' })).toBeVisible();
  const refused = await start(1001);
  expect(refused.status()).toBe(403);
  expect(((await refused.json()) as { detail: string }).detail).toContain('Large payments');
  expect((await start(1000)).status()).toBe(202);

  // Somebody else changes it meanwhile.
  const id = page.url().split('/').at(-1) ?? '';
  const stored = (await (await request.get(`/api/v1/policies/${id}`, asOwner)).json()) as Policy;
  const { name, effect, subjects, actions, resources, conditions } = stored;
  const theirs = { name, effect, subjects, actions, resources, conditions, priority: 7 };
  expect((await request.put(`/api/v1/policies/${id}`, { ...asOwner, data: theirs })).status()).toBe(200);
  await form.getByLabel('Value of condition 1').fill('2000');
  await form.getByRole('button', { name: 'Save' }).click();
  const conflict = page.getByRole('dialog', { name: 'Somebody else changed it' });
  await expect(conflict.getByText('Deny, priority 7')).toBeVisible();
  await conflict.getByRole('button', { name: 'Keep mine' }).click();
  await expect(page.getByText('Version 3')).toBeVisible();
  expect((await start(1001)).status()).toBe(202);

  await page.getByRole('tab', { name: 'History' }).click();
  const versions = page.getByRole('list', { name: 'Versions' });
  await expect(versions.getByRole('heading')).toHaveText(['Version 3', 'Version 2', 'Version 1']);
  await expect(versions).toContainText('Input amount is more than 2000');

  await page.getByRole('link', { name: 'Policies' }).first().click();
  const row = page.getByRole('table', { name: 'Policies' }).getByRole('row', { name: /Large payments/ });
  await expect(row).toContainText('Deny');
  await row.getByRole('link').press('Enter');
  await page.getByRole('button', { name: 'Delete…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Delete policy' }).click();
  await expect(page.getByText('No policies yet')).toBeVisible();
  expect((await start(5000)).status()).toBe(202);
});

test('a real request is judged, tags tell agents apart, and the default is asked about', async ({ page, request }) => {
  const owner = await createAccount(request);
  const asOwner = { headers: { Authorization: `Bearer ${owner.token}` } };
  const agentId = await publishAgent(request, owner, { name: 'Payer', definition: ECHO });
  const policy = { name: 'Nothing in production', effect: 'deny', subjects: [{ kind: '*' }], actions: ['*'] };
  const data = { ...policy, resources: { tags: ['prod'] } };
  const { id } = (await (await request.post('/api/v1/policies', { ...asOwner, data })).json()) as Policy;
  const started = await request.post(`/api/v1/agents/${agentId}/execute`, { ...asOwner, data: { input: { n: 1 } } });
  const execution = ((await started.json()) as { id: string }).id;

  await logIn(page, owner, `/dashboard/policies/${id}`);
  const dryRun = page.getByRole('region', { name: 'Dry run' });
  await dryRun.getByRole('button', { name: 'Take a real one' }).click();
  await dryRun.getByLabel('Execution').fill(execution);
  await expect(dryRun.getByRole('status')).toContainText('Allowed');
  await expect(dryRun.getByText('is not about this agent')).toBeVisible();

  await page.goto(`/dashboard/agents/${agentId}?tab=settings`);
  await page.getByLabel('Tags').fill('Prod');
  await page.getByRole('button', { name: 'Save' }).first().click();
  await expect(page.getByText('Lower-case letters, digits')).toBeVisible();
  await page.getByLabel('Tags').fill('prod, finance');
  await page.getByRole('button', { name: 'Save' }).first().click();
  // The draft below says that it is saved too.
  await expect(page.getByRole('region', { name: /^Notifications/ }).getByText('Saved')).toBeVisible();
  const again = await request.post(`/api/v1/agents/${agentId}/execute`, { ...asOwner, data: { input: { n: 1 } } });
  expect(again.status()).toBe(403);

  await page.goto('/dashboard/policies');
  const byDefault = page.getByRole('region', { name: 'Default' });
  await byDefault.getByRole('button', { name: 'Deny' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Deny by default' }).click();
  await expect(byDefault).toContainText('A start is denied unless a policy allows it');
  await byDefault.getByRole('button', { name: 'Allow' }).click();
  await expect(byDefault).toContainText('A start that no policy denies is allowed.');

  const viewer = await joinAsViewer(request, owner);
  await page.context().clearCookies();
  await logIn(page, viewer);
  await expect(page.getByRole('link', { name: 'Projects' })).toBeVisible();
  await expect(page.getByRole('link', { name: 'Policies' })).toBeHidden();
});
