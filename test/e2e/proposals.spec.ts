import type { AgentDefinition, Proposal } from '@agentflow/contracts';
import { type APIRequestContext, expect, type Page, test } from '@playwright/test';
import type { ScriptedTurn } from '../support/scripted-model.ts';
import { expectAccessible, expectFitsPhone } from './page-checks.ts';
import {
  type Account,
  createAccount,
  ECHO,
  joinAsViewer,
  logIn,
  publishAgent,
  release,
  scriptModel,
} from './support.ts';

const edit = (old_text: string, new_text: string) => ({
  name: 'edit_file',
  arguments: { path: 'agent.yaml', old_text, new_text },
});
const plan = (first: string, second: string) => ({
  name: 'write_todos',
  arguments: {
    todos: [
      { content: 'Read the draft', status: first },
      { content: 'Name the trigger, and add a note', status: second },
    ],
  },
});
const RENAME = edit('name: Start', 'name: Order comes in');

/** Two changes of the graph and a note; the second turn waits for `hold`. */
function work(hold?: string): ScriptedTurn[] {
  return [
    {
      text: 'I read the draft first.',
      calls: [plan('in_progress', 'pending'), { name: 'read_file', arguments: { path: 'agent.yaml' } }],
    },
    {
      text: 'Now I change it.',
      ...(hold === undefined ? {} : { hold }),
      calls: [
        RENAME,
        edit('"received": trigger', '"received": trigger, "lead": true'),
        {
          name: 'write_file',
          arguments: { path: 'knowledge/orders.md', content: '# Orders\n\nA lead looks at each.\n' },
        },
        plan('completed', 'completed'),
      ],
    },
    { text: 'The trigger says what comes in, and a lead is named.' },
  ];
}

const as = ({ token }: Account) => ({ Authorization: `Bearer ${token}` });

async function refine(
  request: APIRequestContext,
  account: Account,
  agentId: string,
  more: object = {},
): Promise<string> {
  const answer = await request.post(`/api/v1/agents/${agentId}/refinements`, {
    headers: as(account),
    data: { user_prompt: 'Name a lead', ...more },
  });
  expect(answer.status(), await answer.text()).toBe(202);
  return ((await answer.json()) as { proposal_id: string }).proposal_id;
}

async function readProposal(request: APIRequestContext, account: Account, id: string): Promise<Proposal> {
  return (await (await request.get(`/api/v1/proposals/${id}`, { headers: as(account) })).json()) as Proposal;
}

/** A proposal that waits for a decision. */
async function ready(
  request: APIRequestContext,
  account: Account,
  agentId: string,
  more: object = {},
): Promise<string> {
  const id = await refine(request, account, agentId, more);
  await expect.poll(async () => (await readProposal(request, account, id)).status, { timeout: 60_000 }).toBe('ready');
  return id;
}

async function draftOf(request: APIRequestContext, account: Account, agentId: string): Promise<AgentDefinition> {
  const answer = await request.get(`/api/v1/agents/${agentId}/draft`, { headers: as(account) });
  return (await answer.json()) as AgentDefinition;
}

const decision = (page: Page) => page.getByRole('region', { name: 'Decision' });
const outcome = (page: Page) => page.getByRole('region', { name: 'Outcome' });

test('what is asked for in words is watched, chosen from, approved, published and run', async ({ page, request }) => {
  const account = await createAccount(request);
  const agent = await publishAgent(request, account, { name: 'Orders', definition: ECHO });
  const hold = `change-${agent}`;
  await scriptModel(request, account, work(hold));
  await logIn(page, account, `/dashboard/agents/${agent}?tab=builder`);
  await expect(page.getByText('No problems')).toBeVisible();
  await page.keyboard.press('Control+i');
  const dialog = page.getByRole('dialog', { name: 'Refine Orders' });
  await dialog.getByLabel('What should change?').fill('Name a lead\n\nAnd say what comes in.');
  await expectAccessible(page, 'asking for changes');
  await dialog.getByRole('button', { name: 'Propose changes' }).click();

  // Live: what it says, its plan, and again after a reload in the middle.
  await expect(page.getByRole('heading', { name: 'Name a lead', level: 1 })).toBeVisible();
  const log = page.getByRole('log', { name: 'What it does' });
  await expect(log.getByText('Now I change it.')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByRole('list', { name: 'Plan' })).toContainText('Name the trigger');
  await expectAccessible(page, 'a refinement at work');
  await expectFitsPhone(page);
  await page.reload();
  await expect(log.getByText('I read the draft first.')).toBeVisible();
  await expect(log.getByText('Now I change it.')).toBeVisible();
  await page.getByLabel('Say something to it').fill('Keep the names short');
  await page.getByRole('button', { name: 'Send' }).click();
  await expect(log.getByText('Keep the names short')).toBeVisible();
  await release(hold);

  // Ready: one change is left out, and only the rest is approved.
  await expect(page.getByRole('main').getByText('Ready for review')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('The trigger says what comes in, and a lead is named.')).toBeVisible();
  await expect(page.getByRole('navigation', { name: 'Sections' }).getByText('1')).toBeVisible();
  const diff = page.getByRole('region', { name: 'Changes of agent.yaml' });
  await expect(diff.getByText('name: Order comes in')).toBeVisible();
  await expect(decision(page)).toContainText('2 files, 3 changes');
  await expectAccessible(page, 'a proposal');
  await expectFitsPhone(page);
  await diff.getByRole('checkbox', { name: 'Change 2 of 2' }).click();
  await expect(diff.getByRole('checkbox', { name: 'Change 2 of 2' })).toHaveAttribute('aria-checked', 'false');
  await page.getByRole('tab', { name: 'Canvas' }).click();
  await expect(page.getByText('What is chosen: 1 node')).toBeVisible();
  await page.getByRole('tab', { name: /^Files/ }).click();
  await page.keyboard.press('j');
  await expect(page.getByRole('region', { name: 'Changes of knowledge/orders.md' })).toBeVisible();
  await page.getByRole('heading', { level: 1 }).click();
  await page.keyboard.press('a');
  const sure = page.getByRole('dialog', { name: 'Approve 2 of 3 changes?' });
  await sure.getByLabel('Comment').fill('Without the lead for now');
  await expectAccessible(page, 'approving');
  await sure.getByRole('button', { name: 'Approve 2 of 3 changes' }).click();
  await expect(outcome(page)).toContainText('Approved by Test owner');
  await expect(outcome(page)).toContainText('Without the lead for now');

  // In the builder, live, and run.
  await outcome(page).getByRole('link', { name: 'Open the draft to publish it' }).click();
  await expect(page.getByRole('region', { name: 'Canvas' }).getByText('Order comes in')).toBeVisible();
  expect(await draftOf(request, account, agent)).toMatchObject({
    nodes: [{ name: 'Order comes in' }, { config: { expression: '{ "received": trigger }' } }],
    knowledge: { orders: '# Orders\n\nA lead looks at each.\n' },
  });
  await page.getByRole('button', { name: 'Publish…' }).click();
  await page
    .getByRole('dialog')
    .getByRole('button', { name: /^Publish/ })
    .click();
  await expect(page.getByText('Version 2 is live')).toBeVisible();
  const run = await request.post(`/api/v1/agents/${agent}/execute`, {
    headers: { ...as(account), Prefer: 'wait=30' },
    data: { input: { order: 7 } },
  });
  expect(await run.json()).toMatchObject({ version: 2, status: 'completed', output: { received: { order: 7 } } });
});

test('a draft that has moved is brought together with the proposal, and conflicts are asked about', async ({
  page,
  request,
}) => {
  const account = await createAccount(request);
  const agent = await publishAgent(request, account, { name: 'Orders', definition: ECHO });
  await scriptModel(request, account, work());
  const id = await ready(request, account, agent);
  const [start, ...others] = ECHO.nodes;
  const moved = await request.put(`/api/v1/agents/${agent}/draft`, {
    headers: as(account),
    data: { ...ECHO, nodes: [{ ...start, name: 'Somebody calls' }, ...others] },
  });
  expect(moved.status(), await moved.text()).toBe(200);
  await logIn(page, account, `/dashboard/proposals/${id}`);
  await expect(decision(page)).toContainText('The draft has moved since');
  await decision(page).getByRole('button', { name: 'Approve all' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve all' }).click();
  const merge = page.getByRole('dialog', { name: 'The draft has moved since' });
  const conflict = merge.getByRole('region', { name: 'Conflict in agent.yaml' });
  await expect(conflict.getByText('name: Somebody calls')).toBeVisible();
  const approve = merge.getByRole('button', { name: /^Approve onto revision/ });
  await expect(approve).toBeDisabled();
  await expectAccessible(page, 'a merge');
  await conflict.getByRole('button', { name: 'Edit' }).click();
  await expect(approve).toBeDisabled();
  await conflict.getByRole('button', { name: 'Take the draft' }).click();
  await approve.click();
  await expect(outcome(page)).toContainText('Approved by Test owner');
  expect(await draftOf(request, account, agent)).toMatchObject({
    nodes: [{ name: 'Somebody calls' }, {}],
    knowledge: { orders: expect.any(String) },
  });
});

test('who is second learns who was first; a rejection keeps its words', async ({ page, request }) => {
  const account = await createAccount(request);
  const agent = await publishAgent(request, account, { name: 'Orders', definition: ECHO });
  await scriptModel(request, account, work());
  const [first, second] = [await ready(request, account, agent), await ready(request, account, agent)];
  await logIn(page, account, `/dashboard/proposals/${first}`);
  await decision(page).getByRole('button', { name: 'Approve all' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toBeVisible();
  const other = await request.post(`/api/v1/proposals/${first}/approve`, { headers: as(account), data: {} });
  expect(other.status(), await other.text()).toBe(200);
  await dialog.getByRole('button', { name: 'Approve all' }).click();
  await expect(page.getByText('Your decision did not count')).toBeVisible();
  await expect(outcome(page)).toContainText('Approved by Test owner');

  await page.goto(`/dashboard/proposals/${second}`);
  const comment = page.getByRole('region', { name: 'Comments on agent.yaml' });
  await comment.getByLabel('Comment on agent.yaml').fill('Too long a name');
  await comment.getByLabel('on line').fill('4');
  await comment.getByRole('button', { name: 'Comment' }).click();
  await expect(comment.getByText('Too long a name')).toBeVisible();
  await expect(comment.getByText('line 4')).toBeVisible();
  await decision(page).getByRole('button', { name: 'Reject…' }).click();
  await page.getByLabel('Why').fill('Not now');
  await page.getByRole('dialog').getByRole('button', { name: 'Reject' }).click();
  await expect(outcome(page)).toContainText('Rejected by Test owner');
  await expect(outcome(page)).toContainText('Not now');

  await page.goto('/dashboard/proposals?status=rejected');
  const table = page.getByRole('table', { name: 'Proposals' });
  await expect(table.getByRole('link')).toHaveCount(1);
  await expectAccessible(page, 'the list of proposals');
  await expectFitsPhone(page);
});

test('a private proposal is seen by those who are named', async ({ page, request, browser }) => {
  const account = await createAccount(request);
  const viewer = await joinAsViewer(request, account);
  const agent = await publishAgent(request, account, { name: 'Orders', definition: ECHO });
  await scriptModel(request, account, work());
  const id = await ready(request, account, agent, { access: 'private' });
  const theirs = await (await browser.newContext()).newPage();
  await logIn(theirs, viewer, `/dashboard/proposals/${id}`);
  await expect(theirs.getByText('There is nothing at this address')).toBeVisible();
  await logIn(page, account, `/dashboard/proposals/${id}`);
  await page.getByRole('button', { name: 'Private' }).click();
  const dialog = page.getByRole('dialog', { name: 'Who sees this' });
  await dialog.getByRole('button', { name: /Add a person/ }).click();
  await page.getByRole('option', { name: /Viewer/ }).click();
  await expect(dialog.getByRole('list', { name: 'People' })).toContainText('Viewer');
  await expectAccessible(page, 'who sees a proposal');
  await dialog.getByRole('button', { name: 'Save' }).click();
  await expect(dialog).toBeHidden();
  await theirs.reload();
  await expect(theirs.getByRole('region', { name: 'Changes of agent.yaml' })).toBeVisible();
  await expect(decision(theirs)).toBeHidden();
  await theirs.context().close();
});

test('a refinement can be stopped, and begun again', async ({ page, request }) => {
  const account = await createAccount(request);
  const agent = await publishAgent(request, account, { name: 'Orders', definition: ECHO });
  const hold = `stopped-${agent}`;
  await scriptModel(request, account, work(hold));
  const id = await refine(request, account, agent);
  await logIn(page, account, `/dashboard/proposals/${id}`);
  await expect(page.getByRole('log').getByText('Now I change it.')).toBeVisible({ timeout: 60_000 });
  await page.getByRole('button', { name: 'Stop…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Stop it' }).click();
  await expect(outcome(page)).toContainText('Nothing came of it', { timeout: 60_000 });
  await outcome(page).getByRole('button', { name: 'Ask again…' }).click();
  await expect(page.getByRole('dialog').getByLabel('What should change?')).toHaveValue('Name a lead');
  await release(hold);
});

test('without a model built-in rules answer, and say what they can’t do', async ({ page, request }) => {
  const account = await createAccount(request);
  const agent = await publishAgent(request, account, { name: 'Orders', definition: ECHO });
  await logIn(page, account, `/dashboard/agents/${agent}?tab=builder`);
  await page.getByRole('button', { name: 'Refine…' }).click();
  const dialog = page.getByRole('dialog', { name: 'Refine Orders' });
  await expect(dialog.getByText('No language model has a key here')).toBeVisible();
  await dialog.getByLabel('What should change?').fill('Rename Result to Answer');
  await dialog.getByRole('button', { name: 'Propose changes' }).click();
  await expect(page.getByRole('main').getByText('Ready for review')).toBeVisible({ timeout: 60_000 });
  await expect(page.getByText('By built-in rules, without a model')).toBeVisible();
  await decision(page).getByRole('button', { name: 'Approve all' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Approve all' }).click();
  await expect(outcome(page)).toContainText('Approved by Test owner');
  expect((await draftOf(request, account, agent)).nodes.map(({ name }) => name)).toContain('Answer');

  const poem = await refine(request, account, agent, { user_prompt: 'Write a poem about autumn' });
  await page.goto(`/dashboard/proposals/${poem}`);
  await expect(outcome(page)).toContainText('Nothing came of it', { timeout: 60_000 });
  await expect(outcome(page)).toContainText(/rename/i);
});
