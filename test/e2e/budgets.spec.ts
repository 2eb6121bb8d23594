import type { Execution } from '@agentflow/contracts';
import { type APIRequestContext, expect, test } from '@playwright/test';
import { expectAccessible, expectFitsPhone } from './page-checks.ts';
import { type Account, createAccount, logIn, publishSpender } from './support.ts';

const asOwner = ({ token }: Account) => ({ headers: { Authorization: `Bearer ${token}` } });

async function run(request: APIRequestContext, owner: Account, agentId: string, body: object = {}): Promise<string> {
  const started = await request.post(`/api/v1/agents/${agentId}/execute`, { ...asOwner(owner), data: body });
  expect(started.status(), await started.text()).toBe(202);
  return ((await started.json()) as Execution).id;
}

test('a budget is set, a run waits for money, and goes on after a top-up on its page', async ({ page, request }) => {
  const owner = await createAccount(request);
  const agentId = await publishSpender(request, owner);
  await logIn(page, owner, '/dashboard/settings/budgets');
  await expect(page.getByText('There is no limit on what the organization may spend.')).toBeVisible();
  await page.getByRole('button', { name: 'Set a budget…' }).click();
  await page.getByLabel('Limit in US dollars').fill('-1');
  await page.getByRole('button', { name: 'Set budget' }).click();
  await expect(page.getByRole('alert')).toContainText('An amount above $0');
  await expectAccessible(page, 'the form of a budget');
  await page.getByLabel('Limit in US dollars').fill('0.004');
  await page.getByRole('button', { name: 'Set budget' }).click();
  await expect(page.getByText('$0 of $0.004 spent')).toBeVisible();
  await expectAccessible(page, 'budgets');
  await expectFitsPhone(page);

  const id = await run(request, owner, agentId);
  await page.goto(`/dashboard/executions/${id}`);
  const notice = page.getByRole('region', { name: 'Waiting for money' });
  await expect(notice).toContainText('which may cost up to $0.01');
  await expect(notice).toContainText('Budget of the organization for the month');
  await expectAccessible(page, 'an execution that waits for money');
  await notice.getByRole('button', { name: 'Top up…' }).click();
  await page.getByLabel('Amount in US dollars').fill('0.01');
  await page.getByRole('dialog').getByRole('button', { name: 'Top up' }).click();
  await expect(notice).toBeHidden();
  await expect(page.getByText('Completed').first()).toBeVisible();

  await page.goto('/dashboard/settings/budgets');
  await expect(page.getByText('$0.005 of $0.014 spent')).toBeVisible();
  await page.getByRole('button', { name: 'Remove' }).click();
  await page.getByRole('button', { name: 'Remove budget' }).click();
  await expect(page.getByText('There is no limit on what the organization may spend.')).toBeVisible();
});

test('a project has a budget and shows what it has cost', async ({ page, request }) => {
  const owner = await createAccount(request);
  const agentId = await publishSpender(request, owner);
  const made = await request.post('/api/v1/projects', { ...asOwner(owner), data: { name: 'Spring' } });
  const projectId = ((await made.json()) as { id: string }).id;
  await logIn(page, owner, `/dashboard/projects/${projectId}?tab=costs`);
  await expect(page.getByText('No model was called in this time')).toBeVisible();
  await page.getByRole('button', { name: 'Set a budget…' }).click();
  await page.getByLabel('Limit in US dollars').fill('2.5');
  await page.getByRole('button', { name: 'Set budget' }).click();
  await expect(page.getByText('$0 of $2.50 spent')).toBeVisible();
  const id = await run(request, owner, agentId, { project_id: projectId });
  await expect(async () => {
    const answer = await request.get(`/api/v1/projects/${projectId}/costs`, asOwner(owner));
    expect(((await answer.json()) as { total: { calls: number } }).total.calls).toBe(1);
  }).toPass();
  expect(id).toMatch(/^exe_/);
  await page.reload();
  await expect(page.getByRole('img', { name: /^Cost by day, 30 days\./ })).toBeVisible();
  await expect(page.getByRole('table', { name: 'By agent' })).toContainText('Spender');
  await expect(page.getByRole('table', { name: 'By model' })).toContainText('custom/dear');
  await expect(page.getByText('$0.005 of $2.50 spent')).toBeVisible();
  await expectAccessible(page, 'costs of a project');
  await expectFitsPhone(page);
});
