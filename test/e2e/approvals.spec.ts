import type { AgentDefinition } from '@agentflow/contracts';
import { type APIRequestContext, expect, type Page, test } from '@playwright/test';
import { expectAccessible } from './page-checks.ts';
import { type Account, createAccount, logIn, publishAgent, stepRow } from './support.ts';

const REFUND: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
    {
      id: 'ask',
      type: 'human.approval',
      name: 'Refund?',
      config: {
        message: 'Refund {{trigger.amount}} to {{trigger.customer}}?',
        payload: { customer: '{{trigger.customer}}', amount: '{{trigger.amount}}' },
        timeout_seconds: 86_400,
      },
    },
    { id: 'paid', type: 'logic.transform', name: 'Pay', config: { expression: '{"paid": ask.output.payload.amount}' } },
    { id: 'kept', type: 'logic.transform', name: 'Keep', config: { expression: '{"why": ask.output.comment}' } },
  ],
  edges: [
    { id: 'a', source: 'start', target: 'ask' },
    { id: 'b', source: 'ask', target: 'paid', source_handle: 'approved' },
    { id: 'c', source: 'ask', target: 'kept', source_handle: 'denied' },
  ],
};

const TRIAGE_FORM: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
    {
      id: 'ask',
      type: 'human.form',
      name: 'How bad is it?',
      config: {
        message: 'The printer on floor {{trigger.floor}} is on fire.',
        schema: {
          type: 'object',
          properties: {
            severity: { type: 'string', enum: ['low', 'high'], title: 'Severity' },
            hours: { type: 'integer', minimum: 1, title: 'Hours it may take', description: 'A guess will do.' },
            tell: { type: 'boolean', title: 'Tell everybody' },
            rooms: { type: 'array', items: { type: 'string' }, title: 'Rooms' },
            note: { type: 'string', maxLength: 2000, title: 'Note' },
            extra: { type: 'object', title: 'Anything else' },
          },
          required: ['severity', 'hours'],
        },
      },
    },
  ],
  edges: [{ id: 'a', source: 'start', target: 'ask' }],
};

async function start(request: APIRequestContext, account: Account, agentId: string, input: object): Promise<string> {
  const answer = await request.post(`/api/v1/agents/${agentId}/execute`, {
    headers: { Authorization: `Bearer ${account.token}` },
    data: { input },
  });
  expect(answer.status(), await answer.text()).toBe(202);
  return ((await answer.json()) as { id: string }).id;
}

const sidebar = (page: Page) => page.getByRole('navigation', { name: 'Sections' });

test('what waits is counted, shown with exactly what will be done, and decided', async ({ page, request }) => {
  const account = await createAccount(request);
  const agent = await publishAgent(request, account, { name: 'Refunds', definition: REFUND });
  const first = await start(request, account, agent, { customer: 'Marta', amount: 40 });
  const second = await start(request, account, agent, { customer: 'Jonas', amount: 9000 });
  await logIn(page, account);

  const waiting = page.getByRole('region', { name: 'Waiting for you' });
  await expect(waiting.getByRole('link', { name: /Refund\?/ })).toHaveCount(2);
  await sidebar(page).getByRole('link', { name: 'Approvals 2 waiting for you' }).click();

  // By keyboard: down to the older one, in, and off again.
  const table = page.getByRole('table', { name: 'Approvals' });
  await expect(table.getByRole('link', { name: /Refund 40 to Marta/ })).toBeVisible();
  await page.getByRole('region', { name: 'Approvals' }).focus();
  await page.keyboard.press('j');
  await page.keyboard.press('Enter');
  const sheet = page.getByRole('dialog', { name: 'Refund?' });
  await expect(sheet.getByText('Refund 9000 to Jonas?')).toBeVisible();
  await page.keyboard.press('j');
  await expect(sheet.getByText('Refund 40 to Marta?')).toBeVisible();
  await expect(sheet.getByRole('region', { name: 'payload' })).toContainText('Marta');
  await expect(sheet.getByText(/then it counts as denied/)).toBeVisible();
  await expectAccessible(page, 'an approval that waits');
  // Written, an a is an a.
  await sheet.getByLabel('Comment').pressSequentially('as they say');
  await expect(sheet.getByRole('button', { name: 'Approve' })).toBeEnabled();
  await sheet.getByRole('button', { name: 'Close' }).focus();
  await page.keyboard.press('a');
  await expect(sheet.getByText('Approved by Test owner')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await expect(table.getByRole('row')).toHaveCount(2);
  await expect(sidebar(page).getByRole('link', { name: 'Approvals 1 waiting for you' })).toBeVisible();

  // The other one on its execution's page.
  await page.goto(`/dashboard/executions/${second}`);
  await expect(page.locator('header').getByText('Waiting', { exact: false }).first()).toBeVisible();
  const question = page.getByRole('region', { name: 'What it asks' });
  await expect(question.getByText('Refund 9000 to Jonas?')).toBeVisible();
  await question.getByLabel('Comment').fill('Too much.');
  await question.getByRole('button', { name: 'Deny' }).click();
  await expect(page.getByRole('region', { name: 'result' }).last()).toContainText('Too much.');
  await expect(stepRow(page, 'kept')).toHaveAttribute('data-status', 'completed');

  await page.goto('/dashboard/approvals?status=decided');
  await expect(table.getByText('Approved', { exact: true })).toBeVisible();
  await expect(table.getByText('Denied', { exact: true })).toBeVisible();
  await expectAccessible(page, 'the list of approvals');
  const result = await request.get(`/api/v1/executions/${first}`, {
    headers: { Authorization: `Bearer ${account.token}` },
  });
  expect(((await result.json()) as { output: unknown }).output).toEqual({ paid: 40 });
});

test.describe('in the dark', () => {
  test.use({ colorScheme: 'dark' });

  test('a form is made of its schema, tells what is wrong next to the field, and loses nothing', async ({
    page,
    request,
  }) => {
    const account = await createAccount(request);
    const agent = await publishAgent(request, account, { name: 'Printers', definition: TRIAGE_FORM });
    const execution = await start(request, account, agent, { floor: 3 });
    await logIn(page, account);
    await page
      .getByRole('region', { name: 'Waiting for you' })
      .getByRole('link', { name: /How bad/ })
      .click();

    const sheet = page.getByRole('dialog', { name: 'How bad is it?' });
    await expect(sheet.getByText('The printer on floor 3 is on fire.')).toBeVisible();
    await sheet.getByLabel('Note').fill('Smells bad.');
    await sheet.getByLabel('Hours it may take').fill('a few');
    await sheet.getByRole('button', { name: 'Send' }).click();
    await expect(sheet.getByRole('alert')).toHaveCount(2);
    await expect(sheet.getByLabel('Severity')).toBeFocused();
    await expect(sheet.getByLabel('Note')).toHaveValue('Smells bad.');
    await expectAccessible(page, 'a form');

    await sheet.getByLabel('Hours it may take').fill('3');
    await sheet.getByLabel('Severity').click();
    await page.getByRole('option', { name: 'high' }).click();
    await sheet.getByLabel('Tell everybody').click();
    await sheet.getByLabel('Rooms').fill('301\n302\n');
    await sheet.getByRole('textbox', { name: 'Anything else' }).fill('{"alarm": true}');
    await sheet.getByRole('button', { name: 'Send' }).click();
    await expect(sheet.getByText('Filled in by Test owner')).toBeVisible();
    const answer = await request.get(`/api/v1/executions/${execution}`, {
      headers: { Authorization: `Bearer ${account.token}` },
    });
    expect((await answer.json()) as object).toMatchObject({
      output: {
        form: {
          severity: 'high',
          hours: 3,
          tell: true,
          rooms: ['301', '302'],
          note: 'Smells bad.',
          extra: { alarm: true },
        },
      },
    });
  });
});

test('whoever comes second is told who was first', async ({ page, request }) => {
  const account = await createAccount(request);
  const agent = await publishAgent(request, account, { name: 'Refunds', definition: REFUND });
  const execution = await start(request, account, agent, { customer: 'Marta', amount: 40 });
  await logIn(page, account);
  await page
    .getByRole('region', { name: 'Waiting for you' })
    .getByRole('link', { name: /Refund/ })
    .click();
  const sheet = page.getByRole('dialog', { name: 'Refund?' });
  await expect(sheet.getByRole('button', { name: 'Approve' })).toBeVisible();
  // Hold the page's own look at it, so that it acts on what it showed.
  await page.route(/\/api\/v1\/approvals(\?|\/apr_[^/]*$)/, (route) => route.abort());
  const other = await request.post(`/api/v1/executions/${execution}/approve`, {
    headers: { Authorization: `Bearer ${account.token}` },
    data: { decision: 'deny', comment: 'No.' },
  });
  expect(other.status(), await other.text()).toBe(200);
  await sheet.getByRole('button', { name: 'Approve' }).click();
  await expect(page.getByText('The approval is denied already by Test owner.').first()).toBeVisible();
  await page.unroute(/\/api\/v1\/approvals(\?|\/apr_[^/]*$)/);
  await expect(sheet.getByText('Denied by Test owner')).toBeVisible();
});
