import type { AgentDefinition, Execution } from '@agentflow/contracts';
import { expect, type Page, test } from '@playwright/test';
import { expectAccessible } from './page-checks.ts';
import { createAccount, logIn, publishAgent } from './support.ts';

const REFUNDS: AgentDefinition = {
  input_schema: {
    type: 'object',
    properties: {
      subject: { type: 'string', title: 'Subject' },
      amounts: { type: 'array', items: { type: 'number' } },
    },
    required: ['subject'],
  },
  nodes: [
    { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
    {
      id: 'each',
      type: 'logic.loop',
      name: 'Amounts',
      config: { items: '{{trigger.amounts}}' },
    },
    { id: 'double', type: 'logic.transform', name: 'Double', config: { expression: 'item * 2' } },
    { id: 'ask', type: 'human.approval', name: 'Ask', config: { message: 'Refund {{trigger.subject}}?' } },
    {
      id: 'tell',
      type: 'action.http',
      name: 'Tell the desk',
      config: {
        method: 'POST',
        url: 'https://desk.example.com/refunds',
        headers: { authorization: 'Bearer typed in', 'x-team': 'support' },
        body: { subject: '{{trigger.subject}}', amounts: '{{each.output.results}}' },
      },
    },
    { id: 'sum', type: 'logic.transform', name: 'Sum', config: { expression: 'tell.output.status' } },
    { id: 'sorry', type: 'logic.transform', name: 'Say sorry', config: { expression: '"sorry"' } },
  ],
  edges: [
    { id: 'a', source: 'start', target: 'each' },
    { id: 'b', source: 'each', target: 'double', source_handle: 'each' },
    { id: 'c', source: 'each', target: 'ask' },
    { id: 'd', source: 'ask', target: 'tell', source_handle: 'approved' },
    { id: 'e', source: 'ask', target: 'sorry', source_handle: 'denied' },
    { id: 'f', source: 'tell', target: 'sum' },
  ],
};

function nodeView(page: Page, id: string) {
  return page.locator(`.react-flow__node[data-id="${id}"]`);
}

/** Clicks a node with the whole canvas in view: the panel beside it covers what was there. */
async function choose(page: Page, id: string, button: 'left' | 'right' = 'left'): Promise<void> {
  await page.getByRole('button', { name: 'Show everything' }).click();
  await nodeView(page, id).click({ button });
}

test('a draft is tested on its canvas: live, over a reload, in part, and on pinned outputs', async ({
  page,
  request,
}) => {
  await page.setViewportSize({ width: 1600, height: 1000 });
  const account = await createAccount(request);
  const agentId = await publishAgent(request, account, { name: 'Refunds', definition: REFUNDS });
  const real = await request.post(`/api/v1/agents/${agentId}/execute`, {
    headers: { Authorization: `Bearer ${account.token}` },
    data: { input: { subject: 'for real', amounts: [7] } },
  });
  expect(real.status()).toBe(202);
  const { id: realId } = (await real.json()) as Execution;
  await logIn(page, account, `/dashboard/agents/${agentId}?tab=builder`);
  const canvas = page.getByRole('region', { name: 'Canvas' });
  const panel = page.getByRole('complementary', { name: 'Node', exact: true });
  const bar = page.getByRole('region', { name: 'Test run' });
  await expect(nodeView(page, 'start')).toBeVisible();

  // The input: a form, the same as JSON with its mistakes, and that of an execution.
  await page.keyboard.press('Control+Enter');
  const dialog = page.getByRole('dialog', { name: 'Test the draft' });
  await dialog.getByLabel('Subject').fill('INV-77');
  await expectAccessible(page, 'the input of a test');
  await dialog.getByRole('tab', { name: 'Recent executions' }).click();
  await expect(async () => {
    if ((await dialog.getByRole('radio').count()) > 0) return;
    // Lists may lag behind a start.
    await page.keyboard.press('Escape');
    await page.keyboard.press('Control+Enter');
    await dialog.getByRole('tab', { name: 'Recent executions' }).click();
    await expect(dialog.getByRole('radio').first()).toBeVisible({ timeout: 2_000 });
  }).toPass();
  await dialog.getByRole('radio').first().check();
  await expect(dialog.getByLabel('input of the execution', { exact: true })).toContainText('for real');
  await dialog.getByRole('tab', { name: 'JSON' }).click();
  const json = dialog.getByLabel('Input as JSON');
  await expect(json).toHaveValue(/for real/);
  await json.fill('{"subject": ');
  await expect(dialog.getByRole('button', { name: 'Run test' })).toBeDisabled();
  await json.fill('{"subject": 7, "amounts": [1, 2, 3]}');
  await page.keyboard.press('Control+Enter');
  await expect(dialog.getByRole('alert').first()).toBeVisible();
  await json.fill('{"subject": "INV-77", "amounts": [1, 2, 3]}');
  await page.keyboard.press('Control+Enter');

  // What waits for nobody is not counted beside the pages.
  const cancelled = await request.post(`/api/v1/executions/${realId}/cancel`, {
    headers: { Authorization: `Bearer ${account.token}` },
    data: {},
  });
  expect(cancelled.status()).toBe(200);

  // Live on the canvas, and again after a reload in its middle.
  await expect(dialog).toBeHidden();
  await expect(bar.getByText('Waiting')).toBeVisible();
  await expect(canvas.getByRole('group', { name: /^Ask, .*waiting/ })).toBeVisible();
  await expect(page.getByRole('status').filter({ hasText: /waiting/i })).not.toHaveCount(0);
  await expect(page).toHaveURL(/run=exe_/);
  await page.reload();
  await expect(bar.getByText('Waiting')).toBeVisible();
  await expect(nodeView(page, 'each')).toContainText('3×');
  await expect(canvas.getByText('3 done')).toBeVisible();
  await expect(page.locator('.react-flow__edge[data-id="c"] .builder-edge')).toHaveClass(/is-running/);
  await choose(page, 'ask');
  await panel.getByRole('tab', { name: 'Last run' }).click();
  await panel.getByRole('button', { name: 'Approve' }).click();
  await expect(bar.getByText('Completed', { exact: true })).toBeVisible();
  await expect(page.locator('.react-flow__edge[data-id="c"] .builder-edge')).toHaveClass(/is-taken/);
  await expect(nodeView(page, 'sorry')).toContainText('Skipped');

  // What a blocked side effect would have sent, without what was typed in as a secret; rounds one by one.
  await choose(page, 'tell');
  const sent = panel.getByRole('region', { name: 'What would have been sent' });
  await expect(sent).toContainText('POST https://desk.example.com/refunds');
  await expect(sent).toContainText('support');
  await expect(sent).not.toContainText('typed in');
  await expect(sent).toContainText('INV-77');
  await choose(page, 'double');
  await expect(panel.getByText('Round 1 of 3')).toBeVisible();
  await panel.getByRole('button', { name: 'Round after' }).click();
  await expect(panel.getByRole('region', { name: 'Output', exact: true })).toContainText('4');
  await expect(panel.getByRole('button', { name: 'Run only this node' })).toBeDisabled();

  // An output that is pinned stands in for its node; a part of the draft runs on it.
  await nodeView(page, 'tell').focus();
  await page.keyboard.press('Shift+F10');
  await page.getByRole('menuitem', { name: 'Pin an output…' }).click();
  const pinning = page.getByRole('dialog', { name: 'Pin an output of Tell the desk' });
  await pinning.getByLabel('Output as JSON').fill('{"status": 204}');
  await pinning.getByRole('button', { name: 'Pin this output' }).click();
  await expect(nodeView(page, 'tell')).toContainText('Pinned');
  await choose(page, 'sum');
  await panel.getByRole('button', { name: 'Run only this node' }).click();
  await expect(canvas.getByRole('group', { name: /^Sum, Transform, completed/ })).toBeVisible();
  await expect(panel.getByRole('region', { name: 'Output', exact: true })).toContainText('204');
  await expect(bar.getByText('Completed', { exact: true })).toBeVisible();
  const part = await request.get(`/api/v1/executions/${new URL(page.url()).searchParams.get('run')}`, {
    headers: { Authorization: `Bearer ${account.token}` },
  });
  expect(((await part.json()) as Execution).input).toEqual({ subject: 'INV-77', amounts: [1, 2, 3] });

  // Expressions see the run's values; where the run would not get to a node, that is said.
  await panel.getByRole('tab', { name: 'Settings' }).click();
  await expect(panel.getByRole('status', { name: 'With the last run' })).toHaveText('204');
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Where to, or what to do?').fill('Say sorry');
  await page.getByRole('option', { name: /^Say sorry/ }).click();
  await expect(nodeView(page, 'sorry')).toBeFocused();
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Where to, or what to do?').fill('run from');
  await page.getByRole('option', { name: 'Run from Say sorry' }).click();
  await expect(page.getByText('With its last output “Ask” does not lead to “Say sorry”.')).toBeVisible();

  // The pin outlives a reload, and is taken away; the run leaves the canvas.
  await page.reload();
  await expect(nodeView(page, 'tell')).toContainText('Pinned');
  await expect(bar.getByText('Completed', { exact: true })).toBeVisible();
  await choose(page, 'sum');
  await panel.getByRole('tab', { name: 'Last run' }).click();
  await expect(panel.getByRole('region', { name: 'Output', exact: true })).toContainText('204');
  await expectAccessible(page, 'a test run on the canvas');
  await choose(page, 'tell', 'right');
  await page.getByRole('menuitem', { name: 'Unpin' }).click();
  await expect(nodeView(page, 'tell')).not.toContainText('Pinned');
  await bar.getByRole('button', { name: 'Clear the run from the canvas' }).click();
  await expect(bar).toBeHidden();
  await expect(page).not.toHaveURL(/run=/);
});
