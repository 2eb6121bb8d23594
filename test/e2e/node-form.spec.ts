import type { AgentDefinition, AgentNode } from '@agentflow/contracts';
import { type APIRequestContext, expect, type Locator, type Page, test } from '@playwright/test';
import { expectAccessible } from './page-checks.ts';
import { type Account, createAccount, joinAsViewer, logIn, mockUrl } from './support.ts';

/** One node of each kind of form, each as bare as a new one, and names to refer to. */
function bareNodes(calledAgent: string): AgentDefinition {
  const chain = [
    'start',
    'summary',
    'category',
    'answer',
    'helper',
    'check',
    'route',
    'call',
    'sub',
    'approve',
    'wait',
  ];
  return {
    input_schema: {
      type: 'object',
      properties: { subject: { type: 'string' }, body: { type: 'string' }, amount: { type: 'number' } },
    },
    nodes: [
      { id: 'start', type: 'trigger.schedule', name: 'Start', config: { cron: '0 9 * * *' } },
      { id: 'summary', type: 'ai.summarize', name: 'Summary', config: { prompt: '{{trigger.body}}' } },
      { id: 'category', type: 'ai.classify', name: 'Category', config: { prompt: '{{trigger.subject}}', labels: [] } },
      { id: 'answer', type: 'ai.chat', name: 'Answer', config: { prompt: 'Say {{sumary.output.summary}}' } },
      { id: 'helper', type: 'ai.agent', name: 'Helper', config: { prompt: 'Help', tools: [] } },
      { id: 'check', type: 'logic.if', name: 'Check', config: {} },
      { id: 'route', type: 'logic.switch', name: 'Route', config: { cases: [] } },
      { id: 'call', type: 'action.http', name: 'Call', config: { url: 'https://example.com/t', later: { kept: [1] } } },
      { id: 'sub', type: 'agent.call', name: 'Sub', config: { agent_id: calledAgent } },
      { id: 'approve', type: 'human.approval', name: 'Approve', config: { message: 'Go on?' } },
      { id: 'wait', type: 'logic.delay', name: 'Wait', config: {} },
      { id: 'repeat', type: 'logic.loop', name: 'Repeat', config: {} },
      { id: 'odd', type: 'future.node', name: 'Odd', config: { kept: { as: 'it is' } } },
    ],
    edges: chain.slice(1).map((target, index) => ({ id: `e${index}`, source: chain[index] as string, target })),
  };
}

async function createAgent(
  request: APIRequestContext,
  account: Account,
  name: string,
  definition: AgentDefinition,
): Promise<string> {
  const answer = await request.post('/api/v1/agents', {
    headers: { Authorization: `Bearer ${account.token}` },
    data: { name, definition },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  return ((await answer.json()) as { id: string }).id;
}

async function openDraft(page: Page, agentId: string): Promise<void> {
  await page.goto(`/dashboard/agents/${agentId}?tab=builder`);
  await expect(page.getByRole('toolbar', { name: 'Builder' })).toBeVisible();
}

/** Opens the form of a node: beside the canvas, on a phone over the list. */
async function edit(page: Page, name: string): Promise<Locator> {
  const isPhone = (page.viewportSize()?.width ?? 0) < 768;
  if (isPhone) {
    await page.getByRole('button', { name: new RegExp(`^${name} `) }).click();
  } else {
    await page
      .getByRole('region', { name: 'Canvas' })
      .getByRole('group', { name: new RegExp(`^${name}, `) })
      .focus();
    await page.keyboard.press('Enter');
  }
  const form = isPhone
    ? page.getByRole('dialog', { name })
    : page.getByRole('complementary', { name: 'Node', exact: true });
  await expect(form.getByRole('heading', { name, exact: true }).last()).toBeVisible();
  await expect(form.getByLabel('Name', { exact: true })).toBeVisible();
  return form;
}

async function done(form: Locator): Promise<void> {
  await form.getByRole('button', { name: 'Close', exact: true }).click();
  await expect(form).toBeHidden();
}

async function choose(page: Page, list: Locator, option: string | RegExp): Promise<void> {
  await list.click();
  await page.getByRole('option', { name: option }).click();
}

async function saveDraft(page: Page): Promise<void> {
  await expect(page.getByRole('toolbar', { name: 'Builder' }).getByText('Saved', { exact: true })).toBeVisible();
}

async function storedNodes(request: APIRequestContext, account: Account, agentId: string) {
  const answer = await request.get(`/api/v1/agents/${agentId}/draft`, {
    headers: { Authorization: `Bearer ${account.token}` },
  });
  const { nodes } = (await answer.json()) as AgentDefinition;
  return (id: string) => nodes.find((node) => node.id === id) as AgentNode;
}

test('every kind of node is edited in its form, and the draft has what was entered after a reload', async ({
  page,
  request,
}) => {
  test.slow();
  const account = await createAccount(request);
  const other = await createAgent(request, account, 'Other agent', {
    nodes: [],
    edges: [],
    input_schema: {
      type: 'object',
      required: ['subject'],
      properties: {
        subject: { type: 'string', title: 'Subject' },
        team: { type: 'string', title: 'Team', enum: ['billing', 'sales'] },
      },
    },
  });
  const agentId = await createAgent(request, account, 'Forms', bareNodes(other));
  await logIn(page, account);
  await openDraft(page, agentId);

  let sheet = await edit(page, 'Start');
  await sheet.getByRole('textbox', { name: 'Times' }).fill('30 8 * * mon-fri');
  await expect(sheet.getByText('At 08:30, Monday to Friday.')).toBeVisible();
  await expect(sheet.getByRole('list', { name: 'Next times' }).getByRole('listitem')).toHaveCount(3);
  await sheet.getByRole('button', { name: /^Time zone/ }).click();
  await page.getByPlaceholder('City or region').fill('berlin');
  await page.keyboard.press('Enter');
  await expect(sheet.getByRole('button', { name: /^Time zone/ })).toContainText('Europe/Berlin');
  await done(sheet);

  sheet = await edit(page, 'Category');
  await sheet.getByRole('button', { name: 'Add label' }).click();
  await sheet.getByLabel('Name of label 1').fill('billing');
  await sheet.getByLabel('When billing is right').fill('Invoices and refunds');
  await sheet.getByRole('button', { name: 'Add label' }).click();
  await sheet.getByLabel('Name of label 2').fill('technical');
  await sheet.getByRole('button', { name: 'More settings' }).click();
  await sheet.getByLabel('Temperature').and(page.getByRole('slider')).focus();
  await page.keyboard.press('Home');
  await done(sheet);

  sheet = await edit(page, 'Answer');
  await sheet.getByRole('button', { name: /^Model/ }).click();
  await page.getByPlaceholder('Name or provider/model').fill('haiku 4.5');
  await page.getByRole('option', { name: /Claude Haiku 4\.5/ }).click();
  await expect(sheet.getByText(/Anthropic is not configured/)).toBeVisible();
  await sheet.getByRole('button', { name: 'More settings' }).click();
  await sheet.getByRole('button', { name: 'Add field' }).click();
  await sheet.getByLabel('Name of field 1').fill('reply');
  await sheet.getByLabel('Description of reply').fill('What to send');
  await sheet.getByRole('checkbox', { name: 'reply is required' }).click();
  await sheet.getByRole('button', { name: /^Add a model/ }).click();
  await page.getByPlaceholder('Name or provider/model').fill('ollama/llama3.2');
  await page.getByRole('option').first().click();
  await sheet.getByRole('button', { name: 'Failures and time' }).click();
  await sheet.getByRole('radio', { name: /Take the error exit/ }).click();
  await sheet.getByRole('checkbox', { name: 'Own retries' }).click();
  await sheet.getByLabel('Attempts in all').fill('5');
  await sheet.getByLabel('Time limit of an attempt').fill('2');
  await choose(page, sheet.getByLabel('Unit', { exact: true }).last(), 'minutes');
  await sheet.getByRole('button', { name: 'Output', exact: true }).click();
  await sheet.getByRole('textbox', { name: 'Output mapping' }).fill('result.data.reply');
  await done(sheet);

  sheet = await edit(page, 'Helper');
  await sheet.getByRole('button', { name: 'Add tool' }).click();
  await page.getByRole('menuitem', { name: /HTTP request/ }).click();
  await sheet.getByLabel('Name', { exact: true }).last().fill('find_order');
  await sheet.getByRole('textbox', { name: 'Purpose' }).fill('Finds an order');
  await sheet.getByRole('textbox', { name: 'URL' }).fill('https://example.com/{number}');
  await expect(sheet.getByText(/which no parameter fills/)).toBeVisible();
  await sheet.getByRole('group', { name: 'Arguments', exact: true }).getByRole('button', { name: 'Add field' }).click();
  await sheet.getByLabel('Name of field 1').fill('number');
  await expect(sheet.getByText(/which no parameter fills/)).toBeHidden();
  await sheet.getByRole('checkbox', { name: 'Ask a person first' }).click();
  await sheet.getByRole('button', { name: 'Add tool' }).click();
  await page.getByRole('menuitem', { name: /Built-in tool/ }).click();
  await done(sheet);

  sheet = await edit(page, 'Check');
  await sheet.getByRole('textbox', { name: 'Field of condition 1' }).fill('{{trigger.amount}}');
  await choose(page, sheet.getByLabel('Operator of condition 1'), 'is greater than');
  await choose(page, sheet.getByLabel('Kind of Value of condition 1'), 'Number');
  await sheet.getByRole('textbox', { name: 'Value of condition 1' }).fill('100');
  await sheet.getByRole('button', { name: 'Add group' }).click();
  await sheet.getByRole('textbox', { name: 'Field of condition 2.1' }).fill('{{category.output.label}}');
  await choose(page, sheet.getByLabel('Operator of condition 2.1'), 'is empty');
  await done(sheet);

  sheet = await edit(page, 'Route');
  await sheet.getByRole('textbox', { name: 'Value', exact: true }).fill('{{category.output.label}}');
  await sheet.getByRole('button', { name: 'Add case' }).click();
  await sheet.getByRole('textbox', { name: 'Value of case 1' }).fill('Refund request');
  await expect(sheet.getByLabel('Exit of case 1')).toHaveValue('refund_request');
  await done(sheet);

  sheet = await edit(page, 'Call');
  await choose(page, sheet.getByLabel('Method'), 'POST');
  await sheet.getByRole('button', { name: 'Add parameter' }).click();
  await sheet.getByLabel('Name of parameter 1').fill('page');
  await sheet.getByRole('textbox', { name: 'Value of page' }).fill('2');
  await expect(sheet.getByRole('textbox', { name: 'URL' })).toHaveText('https://example.com/t?page=2');
  await sheet.getByRole('button', { name: 'Add header' }).click();
  await sheet.getByLabel('Name of header 1').fill('X-Team');
  await sheet.getByRole('textbox', { name: 'Value of X-Team' }).fill('desk');
  await sheet.getByRole('textbox', { name: 'Body' }).fill('{"text": "{{summary.output.summary}}"}');
  await expect(sheet.getByText('This release does not know these.')).toBeVisible();
  await done(sheet);

  sheet = await edit(page, 'Sub');
  await expect(sheet.getByRole('link', { name: /Open Other agent/ })).toHaveAttribute(
    'href',
    new RegExp(`/dashboard/agents/${other}`),
  );
  await sheet.getByRole('group', { name: 'Agent as' }).getByRole('button', { name: 'Expression' }).click();
  await sheet.getByRole('group', { name: 'Agent as' }).getByRole('button', { name: 'Value' }).click();
  await sheet
    .getByRole('button', { name: /^Agent/ })
    .first()
    .click();
  await page.getByPlaceholder('Find an agent by name').fill('other');
  await page.getByRole('option', { name: /Other agent/ }).click();
  await sheet.getByRole('textbox', { name: 'Subject' }).fill('About {{trigger.subject}}');
  await choose(page, sheet.getByRole('combobox', { name: 'Team' }), 'billing');
  await done(sheet);

  sheet = await edit(page, 'Approve');
  await sheet.getByLabel('Admin').click();
  await sheet.getByRole('button', { name: /^Add a person/ }).click();
  await page.getByRole('option', { name: /Test owner/ }).click();
  await expect(sheet.getByRole('button', { name: 'Remove Test owner' })).toBeVisible();
  await sheet.getByLabel('Time limit', { exact: true }).fill('3');
  await choose(page, sheet.getByLabel('Unit', { exact: true }).first(), 'hours');
  await choose(page, sheet.getByLabel('When time runs out'), 'The step fails');
  await done(sheet);

  sheet = await edit(page, 'Wait');
  await sheet.getByRole('button', { name: 'Until a moment' }).click();
  await sheet.getByRole('group', { name: 'Until as' }).getByRole('button', { name: 'Expression' }).click();
  await sheet.getByRole('textbox', { name: 'Until' }).fill('{{trigger.due}}');
  await sheet.getByRole('button', { name: 'For some time' }).click();
  await sheet.getByLabel('Time', { exact: true }).fill('90');
  await done(sheet);

  sheet = await edit(page, 'Repeat');
  await sheet.getByRole('textbox', { name: 'Items' }).fill('{{trigger.lines}}');
  await sheet.getByRole('button', { name: 'While it holds' }).click();
  await sheet.getByRole('textbox', { name: 'Field of condition 1' }).fill('{{item.left}}');
  await choose(page, sheet.getByLabel('Operator of condition 1'), 'is greater than');
  await choose(page, sheet.getByLabel('Kind of Value of condition 1'), 'Number');
  await expect(sheet.getByText('item.left > 0', { exact: true })).toBeVisible();
  await sheet.getByLabel('At most').fill('5');
  await done(sheet);

  sheet = await edit(page, 'Odd');
  await expect(sheet.getByText('There is no node type "future.node".')).toBeVisible();
  await sheet.getByLabel('Name', { exact: true }).fill('Odd one');
  await done(sheet);

  await saveDraft(page);
  const node = await storedNodes(request, account, agentId);
  expect(node('start').config).toEqual({ cron: '30 8 * * mon-fri', timezone: 'Europe/Berlin' });
  expect(node('category').config).toEqual({
    prompt: '{{trigger.subject}}',
    labels: [{ name: 'billing', description: 'Invoices and refunds' }, { name: 'technical' }],
    temperature: 0,
  });
  expect(node('answer')).toMatchObject({
    config: {
      model: 'anthropic/claude-haiku-4-5',
      fallback: ['ollama/llama3.2'],
      schema: {
        type: 'object',
        properties: { reply: { type: 'string', description: 'What to send' } },
        required: ['reply'],
      },
    },
    on_error: 'branch',
    retry: { max_attempts: 5, initial_ms: 1000, factor: 2, max_ms: 60_000 },
    timeout_ms: 120_000,
    output_mapping: 'result.data.reply',
  });
  expect(node('helper').config.tools).toEqual([
    {
      ...{ kind: 'http', name: 'find_order', description: 'Finds an order', url: 'https://example.com/{number}' },
      parameters: { type: 'object', properties: { number: { type: 'string' } } },
      ask_first: true,
    },
    { kind: 'builtin', name: 'calculator' },
  ]);
  expect(node('check').config.conditions).toEqual({
    all: [
      { field: '{{trigger.amount}}', operator: 'greater_than', value: 100 },
      { any: [{ field: '{{category.output.label}}', operator: 'is_empty' }] },
    ],
  });
  expect(node('route').config).toEqual({
    cases: [{ handle: 'refund_request', equals: 'Refund request' }],
    value: '{{category.output.label}}',
  });
  expect(node('call').config).toEqual({
    ...{ method: 'POST', url: 'https://example.com/t?page=2', headers: { 'X-Team': 'desk' } },
    body: { text: '{{summary.output.summary}}' },
    later: { kept: [1] },
  });
  expect(node('sub').config).toEqual({
    agent_id: other,
    input: { subject: 'About {{trigger.subject}}', team: 'billing' },
  });
  expect(node('approve').config).toMatchObject({
    ...{ timeout_seconds: 10_800, on_timeout: 'fail' },
    approvers: { roles: ['admin'], users: [expect.stringMatching(/^usr_/)] },
  });
  expect(node('wait').config).toEqual({ seconds: 90 });
  expect(node('repeat').config).toEqual({ while: 'item.left > 0', max_rounds: 5 });
  expect(node('odd')).toMatchObject({ name: 'Odd one', config: { kept: { as: 'it is' } } });

  await page.reload();
  sheet = await edit(page, 'Check');
  await expect(sheet.getByRole('textbox', { name: 'Value of condition 1' })).toHaveValue('100');
  await expect(sheet.getByRole('textbox', { name: 'Field of condition 2.1' })).toHaveText('{{category.output.label}}');
  await done(sheet);
  sheet = await edit(page, 'Approve');
  await expect(sheet.getByLabel('Time limit', { exact: true })).toHaveValue('3');
  await expect(sheet.getByRole('button', { name: 'Remove Test owner' })).toBeVisible();
});

test('a broken reference is underlined as one types, mended by completion, and previewed on the last run', async ({
  page,
  request,
}) => {
  const account = await createAccount(request);
  const agentId = await createAgent(request, account, 'Previews', {
    nodes: [
      { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
      { id: 'ask', type: 'action.http', name: 'Ask', config: { method: 'GET', url: mockUrl() } },
      { id: 'answer', type: 'logic.transform', name: 'Answer', config: { expression: 'trigger.subject' } },
      { id: 'tell', type: 'ai.summarize', name: 'Tell', config: { prompt: 'Nothing yet' } },
    ],
    edges: [
      { id: '1', source: 'start', target: 'ask' },
      { id: '2', source: 'ask', target: 'answer' },
      { id: '3', source: 'answer', target: 'tell' },
    ],
  });
  await logIn(page, account);
  await openDraft(page, agentId);
  let sheet = await edit(page, 'Tell');
  let text = sheet.getByRole('textbox', { name: 'Text', exact: true });
  await text.fill('About {{trigger.subject}}');
  await expect(sheet.getByText('Run the agent once to see here what this becomes.')).toBeVisible();
  await done(sheet);
  await saveDraft(page);
  const run = await request.post(`/api/v1/agents/${agentId}/test`, {
    headers: { Authorization: `Bearer ${account.token}`, Prefer: 'wait=30' },
    data: { input: { subject: 'Charged twice' } },
  });
  expect(((await run.json()) as { status: string }).status).toBe('completed');

  await page.reload();
  sheet = await edit(page, 'Tell');
  text = sheet.getByRole('textbox', { name: 'Text', exact: true });
  await expect(sheet.getByRole('status', { name: 'With the last run' })).toHaveText('About Charged twice');

  await text.click();
  await page.keyboard.press('ControlOrMeta+a');
  await page.keyboard.type('Say {{anser.output');
  await expect(text.locator('.cm-lintRange-error')).toHaveText('anser.output');
  await expect(sheet.getByText(/No node is called "anser". Did you mean "answer"\?/)).toBeVisible();
  await expect(text).toHaveAttribute('aria-invalid', 'true');

  for (let count = 0; count < 'anser.output'.length; count += 1) await page.keyboard.press('Backspace');
  await page.keyboard.type('answ');
  const option = page.getByRole('option', { name: /answer\.output/ });
  await expect(option).toContainText('Charged twice');
  // Escape closes the suggestions, not the form.
  await page.keyboard.press('Escape');
  await expect(option).toBeHidden();
  await expect(sheet).toBeVisible();
  await page.keyboard.press('ControlOrMeta+Space');
  await expect(option).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Tab');
  await expect(text).toHaveText('Say {{answer.output}}');
  await expect(text.locator('.cm-lintRange-error')).toHaveCount(0);
  await expect(text).toHaveAttribute('aria-invalid', 'false');
  await expect(sheet.getByRole('status', { name: 'With the last run' })).toHaveText('Say Charged twice');
  await page.keyboard.type('!');
  await expect(text).toHaveText('Say {{answer.output}}!');

  // With nothing offered, Tab goes on to the next field.
  await page.keyboard.press('Tab');
  await expect(text).not.toBeFocused();
  await done(sheet);
  await saveDraft(page);
  expect((await storedNodes(request, account, agentId))('tell').config).toEqual({ prompt: 'Say {{answer.output}}!' });
});

test('numbers that are none yet keep the form open and lose nothing', async ({ page, request }) => {
  const account = await createAccount(request);
  const agentId = await createAgent(request, account, 'Numbers', bareNodes('agt_01hzy3k8m2q4r6t8v0x2z4b6d8'));
  await logIn(page, account);
  await openDraft(page, agentId);
  const sheet = await edit(page, 'Summary');
  await sheet.getByLabel('Sentences').fill('99');
  await expect(sheet.getByText('Must be at most 20.')).toBeVisible();
  await sheet.getByLabel('Sentences').fill('four');
  await expect(sheet.getByText('This is not a number.')).toBeVisible();
  await sheet.getByRole('button', { name: 'Failures and time' }).click();
  await sheet.getByLabel('Time limit of an attempt').fill('0');
  await expect(sheet.getByText(/Too small/)).toBeVisible();
  await sheet.getByLabel('Time limit of an attempt').fill('4');
  await expect(sheet.getByText(/Too small/)).toBeHidden();
  await sheet.getByLabel('Sentences').fill('4');
  await done(sheet);
  await saveDraft(page);
  expect((await storedNodes(request, account, agentId))('summary')).toMatchObject({
    config: { max_sentences: 4 },
    timeout_ms: 4000,
  });
});

test('who may not write sees all of a form and changes nothing', async ({ page, request }) => {
  const owner = await createAccount(request);
  const agentId = await createAgent(request, owner, 'Forms', {
    nodes: [
      { id: 'start', type: 'trigger.manual', config: {} },
      {
        id: 'helper',
        type: 'ai.agent',
        name: 'Helper',
        config: {
          model: 'openai/gpt-5-mini',
          prompt: 'Help with {{trigger.subject}}',
          tools: [{ kind: 'mcp', server_url: 'https://mcp.example.com/mcp', allowed_tools: ['search'] }],
          max_turns: 7,
        },
      },
    ],
    edges: [{ id: 'e', source: 'start', target: 'helper' }],
  });
  const viewer = await joinAsViewer(request, owner);
  await logIn(page, viewer);
  await openDraft(page, agentId);
  const sheet = await edit(page, 'Helper');
  const task = sheet.getByRole('textbox', { name: 'Task' });
  await expect(task).toHaveText('Help with {{trigger.subject}}');
  await task.click();
  await page.keyboard.type('nothing of this');
  await expect(task).toHaveText('Help with {{trigger.subject}}');
  await expect(sheet.getByLabel('Turns')).toHaveValue('7');
  await expect(sheet.getByLabel('Turns')).toBeDisabled();
  await expect(sheet.getByRole('textbox', { name: 'Server' })).toHaveText('https://mcp.example.com/mcp');
  await expect(sheet.getByRole('textbox', { name: 'tool 1' })).toHaveValue('search');
  await expect(sheet.getByRole('radio', { name: /^Fail/ })).toBeDisabled();
  await expect(sheet.getByRole('button', { name: 'Delete' })).toBeHidden();
  await expect(page.getByText('Read only')).toBeVisible();
});

test.describe('on a phone', () => {
  test.use({ viewport: { width: 360, height: 740 } });

  test('forms are accessible and fit a phone', async ({ page, request }) => {
    test.slow();
    const account = await createAccount(request);
    const agentId = await createAgent(request, account, 'Forms', bareNodes('agt_01hzy3k8m2q4r6t8v0x2z4b6d8'));
    await logIn(page, account);
    await openDraft(page, agentId);
    await expectAccessible(page, 'the draft');
    for (const name of ['Start', 'Category', 'Answer', 'Helper', 'Check', 'Route', 'Call', 'Approve', 'Wait', 'Odd']) {
      const sheet = await edit(page, name);
      for (const part of ['More settings', 'Failures and time', 'Output']) {
        const button = sheet.getByRole('button', { name: part }).first();
        if ((await button.count()) > 0) await button.click();
      }
      if (name === 'Category') await sheet.getByRole('button', { name: 'Add label' }).click();
      if (name === 'Route') await sheet.getByRole('button', { name: 'Add case' }).click();
      await expect(sheet.locator('.animate-shimmer')).toHaveCount(0);
      await expectAccessible(page, name);
      const beyond = await sheet.evaluate((element) => element.scrollWidth - element.clientWidth);
      expect(beyond, `the form of ${name} is wider than the screen`).toBeLessThanOrEqual(0);
      await done(sheet);
    }
  });
});
