import type { AgentDefinition } from '@agentflow/contracts';
import { expect, test } from '@playwright/test';
import { createAccount, logIn, mockUrl, publishAgent, release, stepRow } from './support.ts';

/** Waits for a desk, asks a person, and calls what answers with an error. */
function refundDesk(hold: string): AgentDefinition {
  return {
    nodes: [
      { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
      {
        id: 'desk',
        type: 'action.http',
        name: 'Tell the desk',
        config: { method: 'POST', url: mockUrl(`desk?hold=${hold}`), body: { to: '{{trigger.customer}}' } },
      },
      {
        id: 'items',
        type: 'logic.loop',
        name: 'Each item',
        config: { items: '{{trigger.items}}', concurrency: 2 },
      },
      { id: 'price', type: 'logic.transform', name: 'Price', config: { expression: 'item * 2' } },
      {
        id: 'ask',
        type: 'human.approval',
        name: 'Refund?',
        config: { message: 'Refund {{trigger.customer}}?', payload: { to: '{{trigger.customer}}' } },
      },
      {
        id: 'send',
        type: 'action.http',
        name: 'Send the refund',
        config: { method: 'POST', url: mockUrl('?status=500'), body: { to: '{{trigger.customer}}' } },
        retry: { max_attempts: 1, initial_ms: 0, factor: 1, max_ms: 0 },
      },
      { id: 'done', type: 'logic.transform', name: 'Done', config: { expression: 'send.output.status' } },
    ],
    edges: [
      { id: 'a', source: 'start', target: 'desk' },
      { id: 'b', source: 'desk', target: 'items' },
      { id: 'c', source: 'items', source_handle: 'each', target: 'price' },
      { id: 'd', source: 'items', target: 'ask' },
      { id: 'e', source: 'ask', source_handle: 'approved', target: 'send' },
      { id: 'f', source: 'send', target: 'done' },
    ],
  };
}

test('a run is followed in two tabs, approved, fails, and goes on from where it failed with another input', async ({
  page,
  context,
  request,
}) => {
  const hold = `runs-${process.pid}-${Date.now()}`;
  const account = await createAccount(request);
  const agentId = await publishAgent(request, account, { name: 'Refund desk', definition: refundDesk(hold) });
  await logIn(page, account, '/dashboard/executions');
  await expect(page.getByRole('button', { name: 'Lists and counts are live' })).toBeVisible();
  await expect(page.getByText('Nothing has run yet')).toBeVisible();

  // Started in another tab: the row is there without anybody asking for it.
  const other = await context.newPage();
  await other.goto(`/dashboard/agents/${agentId}?tab=run`);
  await other.getByLabel('Input as JSON').fill('{"customer": "marta@example.com", "items": [1, 2, 3, 4, 5]}');
  await other.getByRole('button', { name: 'Run version 1' }).click();
  const rows = page.getByRole('table', { name: 'Executions' }).locator('tbody tr');
  await expect(rows).toHaveCount(1);
  await expect(rows.first()).toContainText('Running');

  // Reloaded in the middle, on its graph and its timeline.
  await expect(stepRow(other, 'desk')).toHaveAttribute('data-status', 'running');
  await other.reload();
  await expect(stepRow(other, 'desk')).toHaveAttribute('data-status', 'running');
  await expect(other.getByRole('group', { name: 'Tell the desk, HTTP request, Running' })).toBeVisible();
  await release(hold);

  // What it asks is counted in the one tab and answered in the other.
  await expect(rows.first()).toContainText('Waiting');
  await expect(page.getByRole('link', { name: 'Approvals 1 waiting for you' })).toBeVisible();
  await stepRow(other, 'ask').click();
  await other.getByRole('button', { name: 'Approve', exact: true }).click();
  await expect(other.locator('header').getByText('Failed', { exact: true })).toBeVisible();
  await expect(rows.first()).toContainText('Failed');
  await expect(page.getByRole('link', { name: 'Approvals', exact: true })).toBeVisible();

  // Five rounds are folded; keys unfold them.
  await expect(stepRow(other, 'price@0')).toHaveCount(0);
  await stepRow(other, 'items@0#item').click();
  await other.keyboard.press('ArrowRight');
  await expect(stepRow(other, 'price@0')).toBeVisible();

  // The graph leads to the step, the step to a retry with another input.
  await other.getByRole('group', { name: /^Send the refund, HTTP request, Failed/ }).click();
  await expect(stepRow(other, 'send')).toHaveAttribute('aria-selected', 'true');
  await other.getByRole('button', { name: 'Retry from here…' }).click();
  const input = other.getByLabel('Input of the step as JSON');
  await expect(input).toHaveValue(/"to": "marta@example.com"/);
  await input.fill('{"method": "POST", "url": ');
  await expect(other.getByRole('button', { name: 'Retry with this input' })).toBeDisabled();
  await input.fill(JSON.stringify({ method: 'POST', url: mockUrl(), body: { to: 'marta@example.com' } }));
  await other.getByRole('button', { name: 'Retry with this input' }).click();
  await expect(other.locator('header').getByText('Completed', { exact: true })).toBeVisible();
  await expect(other.getByText('retry of')).toBeVisible();
  await stepRow(other, 'desk').click();
  await expect(other.getByText('Taken over from')).toBeVisible();

  await expect(rows).toHaveCount(2);
  await expect(rows.first()).toContainText('Completed');
  await expect(rows.last()).toContainText('Failed');
});
