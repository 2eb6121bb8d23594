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

const ANSWERS: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
    { id: 'answer', type: 'ai.chat', name: 'Answer', config: { prompt: 'Answer {{trigger.question}}\n' } },
    {
      id: 'work',
      type: 'ai.agent',
      name: 'Work',
      config: {
        model: 'anthropic/claude-haiku-4-5',
        prompt: 'Look it up',
        tools: [{ kind: 'builtin', name: 'calculator' }],
      },
    },
  ],
  edges: [
    { id: 'a', source: 'start', target: 'answer' },
    { id: 'b', source: 'answer', target: 'work' },
  ],
  knowledge: { tone: '# Tone\n\nBe kind.\n' },
  tests: { hello: { input: { question: 'Hello?' } } },
};

test('a draft is files too: one draft with its canvas, and text that can’t be read is kept, not saved', async ({
  page,
  request,
}) => {
  await page.setViewportSize({ width: 1440, height: 900 });
  const account = await createAccount(request);
  const agentId = await createAgent(request, account, ANSWERS);
  await logIn(page, account, `/dashboard/agents/${agentId}?tab=builder`);
  const toolbar = page.getByRole('toolbar', { name: 'Builder' });
  const tree = page.getByRole('navigation', { name: 'Files' });
  const open = (name: string) => tree.getByRole('button', { name, exact: true }).click();
  await toolbar.getByRole('button', { name: 'Code' }).click();
  for (const name of ['agent.yaml', 'answer.prompt.md', 'work.calculator.json', 'tone.md', 'hello.json']) {
    await expect(tree.getByRole('button', { name, exact: true })).toBeVisible();
  }

  // A prompt and a name of the graph, written as files, are the draft's, on the canvas and in the store.
  await open('answer.prompt.md');
  await typeInto(page, 'prompts/answer.prompt.md', 'Answer {{trigger.question}} in one line');
  await open('agent.yaml');
  const yaml = page.getByRole('textbox', { name: 'agent.yaml', exact: true });
  await expect(yaml).toContainText('name: Answer');
  const text = (await yaml.innerText()).replaceAll('\n\n', '\n').replace('name: Answer', 'name: Reply');
  await typeInto(page, 'agent.yaml', text);
  await expect
    .poll(async () => (await draftOf(request, account, agentId)).nodes[1])
    .toMatchObject({ name: 'Reply', config: { prompt: 'Answer {{trigger.question}} in one line' } });
  await expectAccessible(page, 'files of a draft');
  await toolbar.getByRole('button', { name: 'Canvas' }).click();
  await expect(page.getByRole('group', { name: /^Reply, / })).toBeVisible();

  // What the canvas does is in the files.
  await toolbar.getByRole('button', { name: 'Undo' }).click();
  await toolbar.getByRole('button', { name: 'Code' }).click();
  await expect(yaml).toContainText('name: Answer');

  // Text that is no draft yet stays, with file, line and reason.
  await typeInto(page, 'agent.yaml', text.replace('edges:', 'edges: ['));
  await expect(page.getByRole('alert')).toContainText('agent.yaml:');
  await expect(toolbar.getByText('Not saved: the text is not a draft yet')).toBeVisible();
  await open('tone.md');
  await page.getByRole('alert').getByRole('button').first().click();
  await expect(yaml).toBeFocused();
  await expectAccessible(page, 'files that are no draft yet');
  await toolbar.getByRole('button', { name: 'Canvas' }).click();
  await page.getByRole('dialog', { name: 'Drop this text?' }).getByRole('button', { name: 'Keep it' }).click();
  await expect(yaml).toContainText('edges: [');
  expect((await draftOf(request, account, agentId)).nodes).toHaveLength(3);
  await toolbar.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('alert')).toBeHidden();

  // Notes and tests are made, renamed and deleted as files.
  await page.getByRole('button', { name: 'New test' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('second');
  await page.getByRole('button', { name: 'Add test' }).click();
  await expect(page.getByRole('textbox', { name: 'tests/second.json' })).toBeVisible();
  await page.getByRole('button', { name: 'More for knowledge/tone.md' }).click();
  await page.getByRole('menuitem', { name: 'Rename…' }).click();
  await page.getByRole('textbox', { name: 'Name', exact: true }).fill('voice');
  await page.getByRole('button', { name: 'Rename' }).click();
  await page.getByRole('button', { name: 'More for tests/hello.json' }).click();
  await page.getByRole('menuitem', { name: 'Delete' }).click();
  await expect
    .poll(async () => {
      const { knowledge, tests } = await draftOf(request, account, agentId);
      return { knowledge, tests };
    })
    .toEqual({ knowledge: { voice: '# Tone\n\nBe kind.\n' }, tests: { second: { input: {} } } });
  await expectFitsPhone(page);
});
