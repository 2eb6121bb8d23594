import type { AgentDefinition, Execution } from '@agentflow/contracts';
import { expect, test } from '@playwright/test';
import type { ScriptedTurn } from '../support/scripted-model.ts';
import { expectAccessible, expectFitsPhone } from './page-checks.ts';
import { createAccount, logIn, mockUrl, publishAgent, release, scriptModel, stepRow } from './support.ts';

const MODEL = 'anthropic/claude-haiku-4-5';

const DEEP: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
    {
      id: 'work',
      type: 'ai.agent',
      name: 'Researcher',
      config: {
        model: MODEL,
        prompt: 'Write a report about {{trigger.topic}}',
        tools: [],
        deep: {
          helpers: [{ name: 'reader', description: 'Reads what it is told to', model: 'custom/reader' }],
        },
      },
    },
  ],
  edges: [{ id: 'e', source: 'start', target: 'work' }],
  knowledge: { tone: 'Be brief.' },
};

const plan = (first: string, second: string) => ({
  name: 'write_todos',
  arguments: {
    todos: [
      { content: 'Read what is there', status: first },
      { content: 'Write the report', status: second },
    ],
  },
});
const write = (path: string, content: string) => ({ name: 'write_file', arguments: { path, content } });

test('a deep agent is set up in its form, as far as its helpers', async ({ page, request }) => {
  await page.setViewportSize({ width: 1440, height: 1000 });
  const account = await createAccount(request);
  const agent = await request.post('/api/v1/agents', {
    headers: { Authorization: `Bearer ${account.token}` },
    data: {
      name: 'Reports',
      definition: {
        nodes: [
          { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
          { id: 'work', type: 'ai.agent', name: 'Work', config: { model: MODEL, prompt: 'Write a report', tools: [] } },
        ],
        edges: [{ id: 'e', source: 'start', target: 'work' }],
      },
    },
  });
  expect(agent.status(), await agent.text()).toBe(201);
  const { id } = (await agent.json()) as { id: string };
  await logIn(page, account, `/dashboard/agents/${id}?tab=builder&node=work`);
  const form = page.getByRole('complementary', { name: 'Node', exact: true });
  const deep = form.getByRole('group', { name: 'Deep agent' });
  await form.getByRole('checkbox', { name: 'Deep agent' }).click();
  await expect(page.getByRole('group', { name: /^Work, Deep agent/ })).toBeVisible();
  await deep.getByRole('checkbox', { name: 'May ask people' }).click();
  await deep.getByRole('button', { name: 'Add file' }).click();
  await deep.getByLabel('Path').fill('notes/start.md');
  for (const purpose of ['Reads long texts', 'Checks numbers']) {
    await deep.getByRole('button', { name: 'Add helper' }).click();
    await deep.getByRole('textbox', { name: 'Purpose' }).click();
    await page.keyboard.insertText(purpose);
  }
  await deep.getByRole('button', { name: 'Move helper_2 up' }).click();
  await expect(page.getByRole('group', { name: /^Work, Deep agent · 2 helpers/ })).toBeVisible();
  await expectAccessible(page, 'the form of a deep agent');
  await deep.getByRole('button', { name: 'Remove helper', exact: true }).click();
  const draft = async () =>
    (await (
      await request.get(`/api/v1/agents/${id}/draft`, { headers: { Authorization: `Bearer ${account.token}` } })
    ).json()) as AgentDefinition;
  await expect
    .poll(async () => (await draft()).nodes[1]?.config.deep)
    .toEqual({
      ask_people: true,
      files: { 'notes/start.md': '' },
      helpers: [{ name: 'helper_2', description: 'Checks numbers' }],
    });
  await form.getByRole('checkbox', { name: 'Deep agent' }).click();
  await expect.poll(async () => (await draft()).nodes[1]?.config.deep).toBeUndefined();
});

test('a deep agent is watched as it plans, writes and hands over, and heeds what it is told', async ({
  page,
  request,
}) => {
  await page.setViewportSize({ width: 1440, height: 1000 });
  const account = await createAccount(request);
  const hold = `deep-${process.pid}-${Date.now()}`;
  await scriptModel(request, account, [
    { text: 'I plan first.', calls: [plan('in_progress', 'pending'), write('report.md', '# Report\n\nTo come.\n')] },
    {
      text: 'Somebody reads for me.',
      calls: [{ name: 'task', arguments: { helper: 'reader', description: 'Read the report' } }],
    },
    {
      text: 'I write.',
      hold,
      calls: [write('report.md', '# Report\n\nIt is done.\n'), plan('completed', 'completed')],
    },
    { text: 'The report is written.' },
  ]);
  const reader: ScriptedTurn[] = [
    { calls: [{ name: 'read_file', arguments: { path: 'report.md' } }] },
    { text: 'It is empty.' },
  ];
  const script = `reader-${process.pid}-${Date.now()}`;
  await request.post(mockUrl(`scripts/${script}`), { data: reader });
  const key = await request.put('/api/v1/org/provider-keys/custom', {
    headers: { Authorization: `Bearer ${account.token}` },
    data: { base_url: mockUrl(`scripts/${script}/v1`), api_key: 'key' },
  });
  expect(key.status(), await key.text()).toBe(200);
  const agentId = await publishAgent(request, account, { name: 'Reports', definition: DEEP });
  const started = await request.post(`/api/v1/agents/${agentId}/execute`, {
    headers: { Authorization: `Bearer ${account.token}` },
    data: { input: { topic: 'tea' } },
  });
  expect(started.status(), await started.text()).toBe(202);
  const { id } = (await started.json()) as Execution;

  await logIn(page, account, `/dashboard/executions/${id}`);
  const workspace = page.getByRole('region', { name: 'Workspace' });
  await expect(workspace.getByRole('list', { name: 'Plan' })).toContainText('Under way: Read what is there');
  await expect(workspace.getByRole('button', { name: /^report\.md/ })).toContainText('v1');
  await expect(workspace.getByRole('textbox', { name: 'report.md' })).toContainText('To come.');

  // What the helper does stands below the call that asked for it.
  await expect(stepRow(page, 'work#t2.0/t1.0')).toContainText('read_file report.md', { timeout: 30_000 });
  await expect(stepRow(page, 'work#t2.0/t1.0')).toHaveAttribute('aria-level', '3');

  await workspace.getByLabel('Say something to it').fill('Mention the price');
  await workspace.getByRole('button', { name: 'Say', exact: true }).click();
  await expect(workspace.getByRole('list', { name: 'What people said' })).toContainText('Mention the price');
  await expectAccessible(page, 'a deep agent at work');

  await release(hold);
  await expect(workspace.getByText('2 of 2 done')).toBeVisible({ timeout: 30_000 });
  await expect(workspace.getByRole('textbox', { name: 'report.md' })).toContainText('It is done.');
  await workspace.getByRole('combobox', { name: 'Version' }).click();
  await page.getByRole('option', { name: 'v1', exact: true }).click();
  await expect(workspace.getByRole('textbox', { name: 'report.md' })).toContainText('To come.');
  const saved = page.waitForEvent('download');
  await workspace.getByRole('button', { name: 'Download report.md' }).click();
  expect((await saved).suggestedFilename()).toBe('report.md');
  await workspace.getByRole('button', { name: /written by/ }).click();
  await expect(page).toHaveURL(/step=/);

  // What is left when it has ended, also after a reload.
  await page.reload();
  await expect(workspace.getByRole('list', { name: 'Plan' })).toContainText('Done: Write the report');
  await expect(workspace.getByRole('button', { name: /^knowledge\/tone\.md/ })).toBeVisible();
  await expect(workspace.getByLabel('Say something to it')).toBeHidden();
  await expectFitsPhone(page);

  // Its input becomes a test of the draft.
  await page.getByRole('button', { name: 'Save as a test' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('tea');
  await page.getByRole('button', { name: 'Save test' }).click();
  await expect(page.getByText('“tea” is a test of the draft now')).toBeVisible();
});
