import type { AgentDefinition } from '@agentflow/contracts';
import { type APIRequestContext, expect, type Page, test } from '@playwright/test';
import { expectAccessible, expectFitsPhone } from './page-checks.ts';
import { type Account, createAccount, logIn } from './support.ts';

const DOUBLES: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
    {
      id: 'result',
      type: 'logic.transform',
      name: 'Result',
      config: { expression: '{ "double": trigger.amount * 2, "words": "Twice " & trigger.amount }' },
    },
  ],
  edges: [{ id: 'e', source: 'start', target: 'result' }],
};

async function createAgent(request: APIRequestContext, account: Account, definition: AgentDefinition): Promise<string> {
  const answer = await request.post('/api/v1/agents', {
    headers: { Authorization: `Bearer ${account.token}` },
    data: { name: 'Doubles', definition },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

async function draftOf(request: APIRequestContext, account: Account, agentId: string): Promise<AgentDefinition> {
  const answer = await request.get(`/api/v1/agents/${agentId}/draft`, {
    headers: { Authorization: `Bearer ${account.token}` },
  });
  return (await answer.json()) as AgentDefinition;
}

/** Replaces all of an editor's text, as one types. */
async function typeInto(page: Page, label: string, text: string): Promise<void> {
  const editor = page.getByRole('textbox', { name: label, exact: true });
  await editor.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.insertText(text);
}

test('notes and test cases are part of the draft, and test cases say what differs', async ({ page, request }) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  const account = await createAccount(request);
  const agentId = await createAgent(request, account, DOUBLES);
  await logIn(page, account, `/dashboard/agents/${agentId}?tab=builder`);
  const toolbar = page.getByRole('toolbar', { name: 'Builder' });

  // A note: added, written, renamed, and undone with everything else.
  await toolbar.getByRole('button', { name: 'Knowledge' }).click();
  await expect(page.getByRole('heading', { name: 'What should it know?' })).toBeVisible();
  await page.getByRole('button', { name: 'New note' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('not a name');
  await page.getByRole('button', { name: 'Add note' }).click();
  await expect(page.getByRole('alert')).toContainText('letters, digits');
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('rounding');
  await page.getByRole('button', { name: 'Add note' }).click();
  await typeInto(page, 'Note rounding', '# Rounding\n\nNever round.');
  await expect(toolbar.getByText('Saved')).toBeAttached();
  await expect
    .poll(async () => (await draftOf(request, account, agentId)).knowledge)
    .toEqual({ rounding: '# Rounding\n\nNever round.' });
  await expectAccessible(page, 'knowledge of a draft');
  await page.getByRole('button', { name: 'More for rounding' }).click();
  await page.getByRole('menuitem', { name: 'Rename…' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('exactness');
  await page.getByRole('button', { name: 'Rename' }).click();
  await expect(page.getByText('knowledge/exactness.md')).toBeVisible();
  await page.getByRole('button', { name: 'More for exactness' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect(page.getByRole('heading', { name: 'What should it know?' })).toBeVisible();
  await toolbar.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('textbox', { name: 'Note exactness' })).toContainText('Never round.');

  // Two tests: one passes, one does not, and says where.
  await toolbar.getByRole('button', { name: 'Tests' }).click();
  for (const name of ['doubles', 'triples']) {
    await page.getByRole('button', { name: 'New test' }).click();
    await page.getByRole('textbox', { name: 'Name', exact: true }).fill(name);
    await page.getByRole('button', { name: 'Add test' }).click();
    await expect(page.getByRole('heading', { name, exact: true })).toBeVisible();
    await page.getByLabel('Input as JSON').fill('{"amount": 3}');
    await page.getByText('Compare the output').click();
    await page.getByLabel('Expected output as JSON').fill(JSON.stringify({ double: name === 'doubles' ? 6 : 9 }));
  }
  await page.getByLabel('The output contains the text').fill('Twice 3');
  await page.getByRole('button', { name: 'Run all' }).click();
  await expect(page.getByText('1 passed · 1 failed')).toBeVisible({ timeout: 20_000 });
  const run = page.getByRole('region', { name: 'Last run' });
  await expect(run.getByRole('status')).toHaveText('Failed');
  await expect(run).toContainText('output.double');
  await expect(run).toContainText('Expected');
  await expectAccessible(page, 'tests of a draft');
  await page.getByLabel('Expected output as JSON').fill(JSON.stringify({ double: 6 }));
  await expect(run.getByText('The draft has changed since')).toBeVisible();
  await page.getByRole('button', { name: 'Run test' }).click();
  await expect(page.getByText('2 passed')).toBeVisible({ timeout: 20_000 });
  await expect
    .poll(async () => (await draftOf(request, account, agentId)).tests?.triples)
    .toEqual({ input: { amount: 3 }, expect: { output: { double: 6 }, contains: 'Twice 3' } });
  await expectFitsPhone(page);
});
