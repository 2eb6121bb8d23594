import { readFileSync } from 'node:fs';
import { type AgentDefinition, type AgentFile, type AgentNode, nodeType } from '@agentflow/contracts';
import { type APIRequestContext, expect, type Locator, type Page, test } from '@playwright/test';
import { expectAccessible, expectFitsPhone } from './page-checks.ts';
import { type Account, createAccount, ECHO, logIn } from './support.ts';

const TRIAGE = (JSON.parse(readFileSync('examples/triage-agent.json', 'utf8')) as AgentFile).definition;
const EMPTY: AgentDefinition = { nodes: [], edges: [] };

async function createAgent(request: APIRequestContext, account: Account, name: string, definition: unknown) {
  const answer = await request.post('/api/v1/agents', {
    headers: { Authorization: `Bearer ${account.token}` },
    data: { name, definition },
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

async function openBuilder(page: Page, account: Account, agentId: string): Promise<void> {
  await logIn(page, account, `/dashboard/agents/${agentId}?tab=builder`);
  await expect(page.getByRole('toolbar', { name: 'Builder' })).toBeVisible();
}

function nodeView(page: Page, id: string) {
  return page.locator(`.react-flow__node[data-id="${id}"]`);
}

async function expectSaved(page: Page): Promise<void> {
  await expect(page.getByRole('toolbar', { name: 'Builder' }).getByText('Saved', { exact: true })).toBeVisible();
}

/** Drags from an exit to the entry of another node. */
async function dragConnection(page: Page, source: string, exit: string, target: string): Promise<void> {
  const from = nodeView(page, source).locator(`.react-flow__handle[data-handleid="${exit}"]`);
  const to = nodeView(page, target).locator('.react-flow__handle.target');
  const [start, end] = [await from.boundingBox(), await to.boundingBox()];
  if (start === null || end === null) throw new Error(`${source} or ${target} can’t be seen`);
  await page.mouse.move(start.x + start.width / 2, start.y + start.height / 2);
  await page.mouse.down();
  await page.mouse.move(start.x + 40, start.y + 10, { steps: 3 });
  await page.mouse.move(end.x + end.width / 2, end.y + end.height / 2, { steps: 6 });
  await page.mouse.up();
}

/** Connects by the keys alone, from the node that has the focus. */
async function typeConnection(page: Page, source: string, target: string, exit?: string): Promise<void> {
  await nodeView(page, source).focus();
  await page.keyboard.press('c');
  const dialog = page.getByRole('dialog', { name: /^Connections of/ });
  await expect(dialog).toBeVisible();
  if (exit !== undefined) {
    await dialog.getByRole('combobox', { name: 'Exit' }).click();
    await page.getByRole('option', { name: exit, exact: true }).click();
  }
  await dialog.getByPlaceholder('Connect to…').fill(target);
  await expect(dialog.getByRole('option', { name: target })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(dialog).toBeHidden();
}

function formOf(page: Page): Locator {
  return page.getByRole('complementary', { name: 'Node', exact: true });
}

type Labels = readonly { name: string; description: string; examples?: readonly string[] }[];
type Conditions = { all: readonly { field: string; operator: string; value: string }[] };

/** Fills in the fields of the selected node, as the example has them. */
async function fillInConfig(page: Page, { config, type }: AgentNode): Promise<void> {
  const form = formOf(page);
  const text = (name: string) => form.getByRole('textbox', { name, exact: true });
  if (typeof config.prompt === 'string') await text('Text').fill(config.prompt);
  if (typeof config.system === 'string') {
    await form.getByRole('button', { name: 'More settings' }).click();
    await text('System prompt').fill(config.system);
  }
  if (type === 'ai.classify') {
    for (const [index, { name, description, examples = [] }] of (config.labels as unknown as Labels).entries()) {
      await form.getByRole('button', { name: 'Add label' }).click();
      await form.getByLabel(`Name of label ${index + 1}`).fill(name);
      await form.getByLabel(`When ${name} is right`).fill(description);
      if (examples.length > 0) await form.getByRole('button', { name: 'Examples' }).last().click();
      for (const [at, each] of examples.entries()) {
        await form.getByRole('button', { name: 'Add example' }).last().click();
        await form.getByRole('textbox', { name: `example ${at + 1}` }).fill(each);
      }
    }
  }
  if (type === 'ai.extract') {
    await form.getByRole('button', { name: 'JSON', exact: true }).click();
    await text('Fields').fill(JSON.stringify(config.schema, null, 2));
  }
  if (type === 'logic.if') {
    for (const [index, each] of (config.conditions as unknown as Conditions).all.entries()) {
      if (index > 0) await form.getByRole('button', { name: 'Add condition' }).click();
      await text(`Field of condition ${index + 1}`).fill(each.field);
      await form.getByLabel(`Operator of condition ${index + 1}`).click();
      const words = each.operator === 'equals' ? 'equals' : 'does not equal';
      await page.getByRole('option', { name: words, exact: true }).click();
      await text(`Value of condition ${index + 1}`).fill(each.value);
    }
  }
  if (type === 'logic.switch') {
    await text('Value').fill(config.value as string);
    for (const [index, { equals }] of (config.cases as unknown as { equals: string }[]).entries()) {
      await form.getByRole('button', { name: 'Add case' }).click();
      await text(`Value of case ${index + 1}`).fill(equals);
    }
  }
  if (type === 'logic.transform') await text('Expression').fill(config.expression as string);
}

/** Fills in everything of the selected node. */
async function fillIn(page: Page, node: AgentNode): Promise<void> {
  const { id, name, type } = node;
  const form = formOf(page);
  if (name !== undefined) await form.getByLabel('Name', { exact: true }).fill(name);
  if (type.startsWith('trigger.')) return;
  await form.getByLabel('Id', { exact: true }).fill(id);
  await form.getByLabel('Id', { exact: true }).press('Enter');
  await expect(nodeView(page, id)).toBeVisible();
  await fillInConfig(page, node);
}

function example(id: string): AgentNode {
  const found = TRIAGE.nodes.find((each) => each.id === id);
  if (found === undefined) throw new Error(`the triage agent has no ${id}`);
  return found;
}

/** What a definition says, without what nobody reads: ids of edges, places, and the trigger's own id. */
function meaning({ nodes, edges }: AgentDefinition) {
  const trigger = nodes.find(({ type }) => type.startsWith('trigger.'))?.id;
  const name = (id: string) => (id === trigger ? 'start' : id);
  return {
    nodes: nodes
      .map(({ position: _, config, ...each }) => ({
        ...each,
        id: name(each.id),
        config: withDefaults(each.type, config),
      }))
      .sort(byId),
    edges: edges.map(({ source, source_handle, target }) => `${name(source)} ${source_handle} ${target}`).sort(),
  };
}

/** What the fields mean that nobody has set. */
function withDefaults(type: string, config: AgentNode['config']): unknown {
  return nodeType(type)?.config.parse(config);
}

function byId(left: { id: string }, right: { id: string }): number {
  return left.id < right.id ? -1 : 1;
}

test('the triage agent is built by pointer and keyboard, mended, published and run', async ({ page, request }) => {
  test.setTimeout(180_000);
  await page.setViewportSize({ width: 1600, height: 1000 });
  const account = await createAccount(request);
  const agentId = await createAgent(request, account, 'Triage by hand', EMPTY);
  await openBuilder(page, account, agentId);
  const palette = page.getByRole('complementary', { name: 'Nodes' });
  const canvas = page.getByRole('region', { name: 'Canvas' });
  const choose = async (title: string) => {
    await page.getByPlaceholder('What comes next?').fill(title);
    await expect(page.getByRole('option', { name: title }).first()).toHaveAttribute('aria-selected', 'true');
    await page.keyboard.press('Enter');
  };

  // The trigger by the empty canvas' own buttons, its four followers from the palette.
  await page.getByRole('button', { name: 'Manual start' }).last().click();
  await fillIn(page, example('ticket'));
  for (const [id, title] of [
    ['summary', 'Summarize'],
    ['category', 'Classify'],
    ['priority', 'Classify'],
    ['details', 'Extract'],
  ] as const) {
    await nodeView(page, 'manual').click();
    await palette.getByRole('button', { name: title, exact: true }).click();
    await fillIn(page, example(id));
  }

  // The merge by the plus of a node; the other three lead to it by drags and by keys.
  await nodeView(page, 'summary')
    .getByRole('button', { name: /^Add after/ })
    .click();
  await choose('Merge');
  await fillIn(page, example('assessment'));
  await page.getByRole('button', { name: 'Show everything' }).click();
  await dragConnection(page, 'category', 'out', 'assessment');
  await dragConnection(page, 'priority', 'out', 'assessment');
  await typeConnection(page, 'details', 'All four');

  // The question by a key; the switch by dropping a connection on nothing.
  await nodeView(page, 'assessment').focus();
  await page.keyboard.press('a');
  await choose('If');
  await fillIn(page, example('urgent'));
  await page.getByRole('button', { name: 'Add after Does it need a person now?, True' }).click();
  await choose('Transform');
  await fillIn(page, example('escalation'));
  await page.getByRole('button', { name: 'Close', exact: true }).click();
  await page.getByRole('button', { name: 'Show everything' }).click();
  const exit = await nodeView(page, 'urgent').locator('[data-handleid="false"]').boundingBox();
  if (exit === null) throw new Error('the exit can’t be seen');
  await page.mouse.move(exit.x + 3, exit.y + 3);
  await page.mouse.down();
  await page.mouse.move(exit.x + 60, exit.y + 120, { steps: 5 });
  await page.mouse.up();
  await choose('Switch');
  await fillIn(page, example('team'));

  // The teams: each by the next free exit of the switch, the last two by its keys.
  const teams = TRIAGE.edges.filter(({ source }) => source === 'team');
  for (const { target } of teams) {
    await nodeView(page, 'team').focus();
    await page.keyboard.press('a');
    await choose('Transform');
    await fillIn(page, example(target));
  }
  await page.getByRole('button', { name: 'Auto-layout' }).click();
  await expectSaved(page);
  expect(meaning(await draftOf(request, account, agentId))).toEqual(meaning(TRIAGE));
  await expect(page.getByRole('region', { name: 'Problems' })).toContainText('No problems');

  await page.reload();
  await expect(canvas.getByRole('group', { name: /^Whose is it\?, Switch/ })).toBeVisible();
  await expect(page.locator('.react-flow__node')).toHaveCount(TRIAGE.nodes.length);
  await expect(page.locator('.react-flow__edge')).toHaveCount(TRIAGE.edges.length);

  // Deleted, back, deleted again, back.
  await nodeView(page, 'priority').focus();
  await page.keyboard.press('Delete');
  await expect(nodeView(page, 'priority')).toHaveCount(0);
  await expect(page.locator('.react-flow__edge')).toHaveCount(TRIAGE.edges.length - 2);
  await page.keyboard.press('Control+z');
  await expect(nodeView(page, 'priority')).toBeVisible();
  await page.keyboard.press('Control+Shift+z');
  await expect(nodeView(page, 'priority')).toHaveCount(0);
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.locator('.react-flow__edge')).toHaveCount(TRIAGE.edges.length);

  // A reference that leads nowhere is told at the node, and the list of problems leads back to its field.
  await nodeView(page, 'team').click();
  const form = formOf(page);
  const value = form.getByRole('textbox', { name: 'Value', exact: true });
  await value.fill('{{categry.output.label}}');
  await expect(form).toContainText('Did you mean "category"?');
  await expect(canvas.getByRole('group', { name: 'Whose is it?, Switch, 1 problem, selected' })).toBeVisible();
  await nodeView(page, 'manual').click();
  const problems = page.getByRole('region', { name: 'Problems' });
  await problems.getByRole('button', { name: '1 error' }).click();
  await problems.getByRole('button', { name: /^Error Whose is it\?/ }).click();
  await expect(form.getByRole('heading', { name: 'Whose is it?' })).toBeVisible();
  await expect(value).toBeFocused();
  await value.fill('{{category.output.label}}');
  await expect(problems).toContainText('No problems');

  await page.getByRole('button', { name: 'Publish…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Publish' }).click();
  await expect(page.getByText('Version 1 is live')).toBeVisible();
  await page.getByRole('tab', { name: 'Run', exact: true }).click();
  await page
    .getByLabel('Input as JSON')
    .fill(
      JSON.stringify({ subject: 'Charged twice', body: 'Invoice INV-2041-0388 was charged twice. Please refund it.' }),
    );
  await page.getByRole('button', { name: 'Run version 1' }).click();
  await expect(page.locator('header').getByText('Completed', { exact: true })).toBeVisible();
  await expect(page.getByRole('region', { name: 'Result', exact: true })).toContainText('billing_team');
});

test('the keyboard walks, moves, copies and finds nodes', async ({ page, request }) => {
  const account = await createAccount(request);
  const first = await createAgent(request, account, 'First', ECHO);
  const second = await createAgent(request, account, 'Second', EMPTY);
  await openBuilder(page, account, first);
  const canvas = page.getByRole('region', { name: 'Canvas' });
  await canvas.getByRole('group', { name: /^Start, Manual start/ }).focus();
  // Edges come between, in the order in which they run.
  await page.keyboard.press('Tab');
  await expect(canvas.getByRole('group', { name: 'Edge from Start to Result' })).toBeFocused();
  await page.keyboard.press('Tab');
  await expect(canvas.getByRole('group', { name: /^Result, Transform/ })).toBeFocused();

  // It was laid out on opening, which saves nothing; the first move does.
  expect((await draftOf(request, account, first)).nodes[1]?.position).toBeUndefined();
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('ArrowDown');
  await expect(async () => {
    const [start, result] = (await draftOf(request, account, first)).nodes;
    expect((result?.position?.y ?? 0) - (start?.position?.y ?? 0)).toBe(40);
  }).toPass();
  await page.keyboard.press('Control+z');
  await expect(page.getByRole('button', { name: 'Undo' })).toBeDisabled();

  // An edge is deleted, and a node goes onto it, by keys.
  const edge = canvas.getByRole('group', { name: 'Edge from Start to Result' });
  await nodeView(page, 'result').focus();
  await page.keyboard.press('Shift+Tab');
  await expect(edge).toBeFocused();
  await page.keyboard.press('Delete');
  await expect(edge).toHaveCount(0);
  await page.keyboard.press('Control+z');
  await expect(edge).toBeVisible();
  await edge.focus();
  await page.keyboard.press('Enter');
  await page.getByPlaceholder('What comes next?').fill('merge');
  await expect(page.getByRole('option', { name: /^Merge/ })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(nodeView(page, 'merge')).toBeFocused();
  await expect(canvas.getByRole('group', { name: 'Edge from Merge to Result' })).toBeVisible();

  // In line by keys.
  await page.keyboard.press('Control+a');
  await page.keyboard.press('Alt+a');
  await expect(page.getByRole('toolbar', { name: 'Align 3 nodes' })).toBeVisible();
  await expect(async () => {
    const { nodes } = await draftOf(request, account, first);
    expect(new Set(nodes.map(({ position }) => position?.x)).size).toBe(1);
    expect(nodes).toHaveLength(3);
  }).toPass();
  for (const _ of ['aligned', 'inserted']) await page.keyboard.press('Control+z');
  await expect(nodeView(page, 'merge')).toHaveCount(0);
  await expectSaved(page);

  await nodeView(page, 'result').focus();
  await page.keyboard.press('Escape');
  await page.keyboard.press('Enter');
  await expect(
    page.getByRole('complementary', { name: 'Node', exact: true }).getByLabel('Name', { exact: true }),
  ).toBeFocused();
  await page.keyboard.press('Escape');
  await expect(nodeView(page, 'result')).toBeFocused();
  await page.keyboard.press('Control+d');
  await expect(nodeView(page, 'result_2')).toBeVisible();
  await page.keyboard.press('?');
  await expect(page.getByRole('dialog', { name: 'Shortcuts' })).toBeVisible();
  await expectAccessible(page, 'shortcuts');
  await page.keyboard.press('Escape');

  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Where to, or what to do?').fill('start');
  await page.getByRole('option', { name: 'Start Manual start' }).click();
  await expect(nodeView(page, 'start')).toBeFocused();
  await page.keyboard.press('Control+k');
  await page.getByPlaceholder('Where to, or what to do?').fill('add delay');
  await expect(page.getByRole('option', { name: 'Add Delay Node' })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expect(nodeView(page, 'delay')).toBeFocused();

  await page.keyboard.press('Control+a');
  await page.keyboard.press('Control+c');
  await expectSaved(page);
  await page.goto(`/dashboard/agents/${second}?tab=builder`);
  await expect(page.getByText('How does it start?')).toBeVisible();
  await page.keyboard.press('Control+v');
  await expect(page.locator('.react-flow__node')).toHaveCount(4);
  await page.keyboard.press('Control+x');
  await expect(page.locator('.react-flow__node')).toHaveCount(0);
  await page.keyboard.press('Control+v');
  await expect(page.locator('.react-flow__edge')).toHaveCount(2);
  await expectSaved(page);
  expect((await draftOf(request, account, second)).edges).toHaveLength(2);
});

test('nodes are dropped on the canvas and onto edges', async ({ page, request }) => {
  const account = await createAccount(request);
  const agentId = await createAgent(request, account, 'Dropped', ECHO);
  await openBuilder(page, account, agentId);
  const palette = page.getByRole('complementary', { name: 'Nodes' });
  const canvas = page.getByRole('region', { name: 'Canvas' });
  await palette
    .getByRole('button', { name: 'Chat', exact: true })
    .dragTo(canvas, { targetPosition: { x: 300, y: 80 } });
  await expect(nodeView(page, 'chat')).toBeVisible();
  await expect(page.locator('.react-flow__edge')).toHaveCount(1);
  await page.locator('.react-flow__edge').first().waitFor();
  const [frame, start, result] = await Promise.all(
    [canvas, nodeView(page, 'start'), nodeView(page, 'result')].map((each) => each.boundingBox()),
  );
  if (!frame || !start || !result) throw new Error('nothing is drawn');
  const between = { x: (start.x + start.width + result.x) / 2, y: start.y + 28 };
  await palette
    .getByRole('button', { name: 'HTTP request' })
    .dragTo(canvas, { targetPosition: { x: between.x - frame.x, y: between.y - frame.y } });
  await expect(page.locator('.react-flow__edge')).toHaveCount(2);
  await expectSaved(page);
  const { edges } = await draftOf(request, account, agentId);
  expect(edges.map(({ source, target }) => `${source} ${target}`)).toEqual(['start http', 'http result']);
});

test('what can’t be saved is told, kept and saved later', async ({ page, request, context }) => {
  const account = await createAccount(request);
  const agentId = await createAgent(request, account, 'Offline', ECHO);
  await openBuilder(page, account, agentId);
  await nodeView(page, 'result').click();
  await context.setOffline(true);
  await page
    .getByRole('complementary', { name: 'Node', exact: true })
    .getByLabel('Name', { exact: true })
    .fill('Typed offline');
  await expect(page.getByText('Not saved: offline')).toBeVisible();
  await page.getByRole('tab', { name: 'Run', exact: true }).click();
  await expect(page.getByRole('dialog', { name: 'Leave without saving?' })).toBeVisible();
  await page.getByRole('button', { name: 'Keep it' }).click();
  await context.setOffline(false);
  await expectSaved(page);
  expect((await draftOf(request, account, agentId)).nodes[1]?.name).toBe('Typed offline');
  // What is typed last goes along when one leaves at once.
  await page
    .getByRole('complementary', { name: 'Node', exact: true })
    .getByLabel('Name', { exact: true })
    .fill('Typed last');
  await page.getByRole('tab', { name: 'Run', exact: true }).click();
  await expect(page.getByLabel('Input as JSON')).toBeVisible();
  expect((await draftOf(request, account, agentId)).nodes[1]?.name).toBe('Typed last');
});

test('canvas and code are one draft', async ({ page, request }) => {
  const account = await createAccount(request);
  const agentId = await createAgent(request, account, 'Both', ECHO);
  await openBuilder(page, account, agentId);
  await page.getByRole('button', { name: 'Code' }).click();
  await page.getByRole('button', { name: 'JSON' }).click();
  const code = page.getByLabel('Draft definition as JSON');
  await code.fill(JSON.stringify(ECHO, null, 2).replace('"Result"', '"Typed as code"'));
  await page.getByRole('button', { name: 'Canvas' }).click();
  await expect(page.getByRole('group', { name: /^Typed as code, Transform/ })).toBeVisible();
  await page.getByRole('button', { name: 'Undo' }).click();
  await expect(page.getByRole('group', { name: /^Result, Transform/ })).toBeVisible();
  await page.getByRole('button', { name: 'Code' }).click();
  await code.fill('{ "nodes": [');
  await page.getByRole('button', { name: 'Canvas' }).click();
  await expect(page.getByRole('dialog', { name: 'Drop this text?' })).toBeVisible();
  await page.getByRole('button', { name: 'Keep it' }).click();
  await expect(code).toHaveValue('{ "nodes": [');
  await expect(page.getByText('Not saved: the text is not a draft yet')).toBeVisible();
});

test('drafts with unknown types, loose ends and loops open with their problems, and nothing is lost', async ({
  page,
  request,
}) => {
  const account = await createAccount(request);
  const strange = {
    nodes: [
      { id: 'start', type: 'trigger.manual', config: {} },
      { id: 'loop', type: 'logic.loop', name: 'Orders', config: { items: '{{trigger.orders}}' } },
      { id: 'body', type: 'old.type', config: { colour: 'red' } },
      { id: 'body', type: 'logic.if', config: {} },
    ],
    edges: [
      { id: 'a', source: 'start', target: 'loop' },
      { id: 'b', source: 'loop', target: 'body', source_handle: 'each' },
      { id: 'c', source: 'loop', target: 'nowhere', source_handle: 'gone' },
    ],
  };
  const agentId = await createAgent(request, account, 'Strange', strange);
  await openBuilder(page, account, agentId);
  await expect(page.locator('.react-flow__node')).toHaveCount(4);
  await expect(page.getByRole('group', { name: /^Body, old\.type, \d+ problem/ })).toBeVisible();
  await expect(page.getByText('Each round of Orders')).toBeVisible();
  await page.getByRole('button', { name: /errors/ }).click();
  await expectAccessible(page, 'a builder with problems');
  await page.getByRole('button', { name: /No node is called "nowhere"/ }).click();
  await expect(page.getByRole('textbox', { name: 'agent.yaml' })).toBeFocused();
  await page.getByRole('button', { name: 'Canvas' }).click();
  await nodeView(page, 'body#2').focus();
  await page.keyboard.press('Delete');
  await expectSaved(page);
  const saved = await draftOf(request, account, agentId);
  expect(saved.nodes.map(({ position: _, ...each }) => each)).toEqual(strange.nodes.slice(0, 3));
  expect(saved.edges).toEqual(strange.edges);
});

test('on a phone the draft is a list with forms', async ({ page, request }) => {
  await page.setViewportSize({ width: 360, height: 740 });
  const account = await createAccount(request);
  const agentId = await createAgent(request, account, 'Pocket', ECHO);
  await openBuilder(page, account, agentId);
  await expectFitsPhone(page);
  await page.getByRole('button', { name: /^Result/ }).click();
  await page.getByRole('dialog', { name: 'Result' }).getByLabel('Name', { exact: true }).fill('On the way');
  await page.getByRole('dialog').getByRole('button', { name: 'Close' }).click();
  await page.getByRole('button', { name: 'Add after On the way' }).click();
  await page.getByPlaceholder('What comes next?').fill('stop');
  await expect(page.getByRole('option', { name: /^Stop/ })).toHaveAttribute('aria-selected', 'true');
  await page.keyboard.press('Enter');
  await expectSaved(page);
  await expectAccessible(page, 'the builder on a phone');
  const { nodes, edges } = await draftOf(request, account, agentId);
  expect(nodes.map(({ name, type }) => `${name} ${type}`)).toContain('On the way logic.transform');
  expect(edges.at(-1)).toMatchObject({ source: 'result', target: 'stop' });
});
