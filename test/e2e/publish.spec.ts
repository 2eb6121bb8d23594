import type { AgentDefinition } from '@agentflow/contracts';
import { type APIRequestContext, expect, test } from '@playwright/test';
import { expectAccessible, expectFitsPhone } from './page-checks.ts';
import { type Account, createAccount, logIn, mockUrl, publishAgent } from './support.ts';

const REPLIES: AgentDefinition = {
  nodes: [
    { id: 'ticket', type: 'trigger.manual', name: 'Ticket', config: {} },
    { id: 'summary', type: 'ai.summarize', name: 'Summary', config: { prompt: '{{trigger.body}}', max_sentences: 1 } },
    {
      id: 'reply',
      type: 'logic.transform',
      name: 'Reply',
      config: { expression: '"We have read: " & summary.output.summary' },
    },
    {
      id: 'send',
      type: 'action.http',
      name: 'Send',
      config: { method: 'POST', url: mockUrl('replies'), body: { text: '{{reply.output}}' } },
    },
  ],
  edges: [
    { id: 'e1', source: 'ticket', target: 'summary' },
    { id: 'e2', source: 'summary', target: 'reply' },
    { id: 'e3', source: 'reply', target: 'send' },
  ],
};

async function runsOf(request: APIRequestContext, account: Account, agentId: string): Promise<void> {
  const headers = { Authorization: `Bearer ${account.token}`, Prefer: 'wait=20' };
  for (const body of ['The printer is out of paper.', 'An invoice was charged twice.']) {
    const data = { input: { body } };
    const ran = await request.post(`/api/v1/agents/${agentId}/execute`, { headers, data });
    expect(ran.status(), await ran.text()).toBe(200);
  }
  await expect(async () => {
    const listed = await request.get(`/api/v1/executions?agent_id=${agentId}&status=completed`, { headers });
    expect(((await listed.json()) as { data: unknown[] }).data).toHaveLength(2);
  }).toPass();
}

test('a change is tried on recent runs, published with a message, looked at and taken back', async ({
  page,
  request,
}) => {
  test.setTimeout(90_000);
  const account = await createAccount(request, 'Replies', 'Grace');
  const agentId = await publishAgent(request, account, {
    name: 'Replies',
    message: 'First answers',
    definition: REPLIES,
  });
  await runsOf(request, account, agentId);
  await logIn(page, account, `/dashboard/agents/${agentId}?tab=builder`);

  // A new wording, as the list and the graph tell it.
  await page.locator('.react-flow__node[data-id="reply"]').click();
  const expression = page.getByRole('textbox', { name: 'Expression', exact: true });
  await expression.fill('"Thank you. We have read: " & summary.output.summary');
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByRole('button', { name: 'Publish…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Publish version 2' });
  await expect(dialog).toContainText('instead of version 1');
  await expect(dialog).toContainText('The draft is valid.');
  await expect(dialog).toContainText('Against version 1: 1 node changed');
  const changes = dialog.getByRole('list', { name: 'Changes' });
  await expect(changes).toContainText('config.expression');
  await dialog.getByRole('button', { name: 'Graph' }).click();
  const graph = dialog.getByRole('region', { name: /^Both sides drawn as one graph: 1 node changed/ });
  await expect(graph.locator('.react-flow__node[data-id="reply"]')).toContainText('Changed');
  await graph.locator('.react-flow__node[data-id="reply"]').click();
  await expect(changes).toContainText('Thank you.');
  await expectAccessible(page, 'publish dialog, graph');

  // What it would have done with the last two tickets: nothing is sent again.
  await dialog.getByRole('tab', { name: 'Try on recent runs' }).click();
  await dialog.getByRole('button', { name: 'Try it' }).click();
  await expect(dialog.getByRole('status')).toContainText('2 of 2 would have ended differently');
  const table = dialog.getByRole('table', { name: 'Comparisons' });
  await expect(table.getByRole('row')).toHaveCount(3);
  await table
    .getByRole('button', { name: /^Steps of exe_/ })
    .first()
    .click();
  await expect(table).toContainText('1 step answered as recorded, 0 ran, 1 blocked');
  await expect(table).toContainText('Not sent: what was sent then, and what would be now');
  await expectAccessible(page, 'publish dialog, trial');
  await expectFitsPhone(page);

  await dialog.getByRole('textbox', { name: /^What changes/ }).fill('Thanks people first');
  await dialog.getByRole('button', { name: 'Publish', exact: true }).click();
  await expect(page.getByText('Version 2 is live')).toBeVisible();

  // Publishing again says that there is nothing to publish.
  await page.getByRole('button', { name: 'Publish…' }).click();
  await expect(page.getByRole('dialog')).toContainText('Nothing that runs differs from version 2.');
  await expect(page.getByRole('dialog').getByRole('button', { name: 'Publish anyway' })).toBeVisible();
  await page.keyboard.press('Escape');

  // The version with its message and author, against the one before, which is made live again.
  await page.getByRole('tab', { name: 'Versions' }).click();
  const versions = page.getByRole('navigation', { name: 'Versions' });
  const second = versions.getByRole('button', { name: /^v2/ });
  await expect(second).toContainText('Thanks people first');
  await expect(second).toContainText('Grace');
  await expect(second).toContainText('Live');
  await expect(page.getByRole('region', { name: /^Version 2 on its graph: 4 nodes/ })).toContainText('Summary');
  await page.getByRole('combobox', { name: 'Compare with' }).click();
  await page.getByRole('option', { name: 'Against version 1' }).click();
  await expect(page.getByText('From version 1 to version 2: 1 node changed.')).toBeVisible();
  await expectAccessible(page, 'versions');
  await expectFitsPhone(page);
  await versions.getByRole('button', { name: /^v1/ }).click();
  await page.getByRole('button', { name: 'Make live' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Make it live' }).click();
  await expect(page.getByText('Version 1 is live', { exact: true })).toBeVisible();

  // Its definition goes back into the draft too.
  await page.getByRole('button', { name: 'Restore into the draft' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Replace the draft' }).click();
  await page.getByRole('button', { name: 'Open the builder' }).click();
  await page.locator('.react-flow__node[data-id="reply"]').click();
  await expect(expression).toContainText('"We have read: "');
});
