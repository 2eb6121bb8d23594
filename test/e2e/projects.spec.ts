import type { JsonValue } from '@agentflow/contracts';
import { type APIRequestContext, expect, type Page, test } from '@playwright/test';
import { type Account, createAccount, ECHO, joinAsViewer, logIn, publishAgent } from './support.ts';

function asOwner({ token }: Account) {
  return { headers: { Authorization: `Bearer ${token}` } };
}

async function createProject(request: APIRequestContext, owner: Account, name: string): Promise<string> {
  const made = await request.post('/api/v1/projects', { ...asOwner(owner), data: { name, description: 'As it was' } });
  expect(made.status(), await made.text()).toBe(201);
  return ((await made.json()) as { id: string }).id;
}

async function share(request: APIRequestContext, owner: Account, projectId: string, key: string, value: JsonValue) {
  const set = await request.put(`/api/v1/context/${projectId}/${key}`, { ...asOwner(owner), data: { value } });
  expect(set.status(), await set.text()).toBe(200);
}

async function writeValue(page: Page, json: string): Promise<void> {
  await page.getByRole('dialog').getByLabel('Value as JSON').fill(json);
}

test('a project is created, an agent runs in it and reads what was shared, and it is archived', async ({
  page,
  request,
}) => {
  const owner = await createAccount(request);
  await publishAgent(request, owner, {
    name: 'Planner',
    definition: {
      ...ECHO,
      nodes: [
        { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
        {
          id: 'result',
          type: 'logic.transform',
          name: 'Result',
          config: { expression: '{ "goal": context.plan.goal }' },
        },
      ],
    },
  });
  await logIn(page, owner);
  await page.getByRole('link', { name: 'Projects' }).click();
  await expect(page.getByText('No projects yet')).toBeVisible();
  await page.getByRole('button', { name: 'Create a project' }).click();
  await page.getByLabel('Name').fill('Returns');
  await page.getByRole('button', { name: 'Create project' }).last().click();
  await expect(page.getByRole('heading', { name: 'Returns' })).toBeVisible();
  await expect(page.getByText('No agent has run here yet')).toBeVisible();

  await page.getByRole('tab', { name: 'Shared context' }).click();
  await page.getByRole('button', { name: 'Add value' }).click();
  await page.getByRole('dialog').getByLabel('Key').fill('1 bad key');
  await page.getByRole('dialog').getByRole('button', { name: 'Add value' }).click();
  await expect(page.getByRole('alert')).toContainText('Begin with a letter');
  await page.getByRole('dialog').getByLabel('Key').fill('plan');
  await writeValue(page, '{"goal": "ship"}');
  await page.getByLabel('Time to live', { exact: true }).fill('40');
  await page.getByLabel('Unit of the time to live').click();
  await page.getByRole('option', { name: 'days' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Add value' }).click();
  await expect(page.getByText('Between 1 second and 30 days')).toBeVisible();
  await page.getByLabel('Time to live', { exact: true }).fill('7');
  await page.getByRole('dialog').getByRole('button', { name: 'Add value' }).click();
  const row = page.getByRole('table', { name: 'Shared context' }).getByRole('row', { name: /plan/ });
  await expect(row).toContainText('{"goal":"ship"}');
  await expect(row).toContainText('in 7 days');
  await expect(row).toContainText('Test owner');

  // From the agent's page: the next run belongs to the chosen project.
  await page.getByRole('link', { name: 'Agents', exact: true }).click();
  await page.getByRole('link', { name: 'Run Planner' }).click();
  await page.getByLabel('Project of the run').click();
  await page.getByRole('option', { name: 'Returns' }).click();
  await page.getByRole('button', { name: 'Run version 1' }).click();
  await expect(page.getByText('in project')).toBeVisible();
  await page.getByRole('link', { name: 'Returns' }).click();
  const agents = page.getByRole('table', { name: 'Agents of the project' });
  await expect(agents.getByRole('row', { name: /Planner/ })).toContainText('Completed');
  await page.getByRole('link', { name: /^Planner.*Completed/ }).click();
  await expect(page.getByRole('region', { name: 'Output' }).first()).toContainText('ship');

  await page.getByRole('link', { name: 'Returns' }).click();
  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByRole('button', { name: 'Archive project…' }).click();
  const dialog = page.getByRole('dialog');
  await expect(dialog).toContainText('The agent that ran in it is untouched');
  await expect(dialog.getByRole('button', { name: 'Archive project' })).toBeDisabled();
  await dialog.getByRole('textbox').fill('Returns');
  await dialog.getByRole('button', { name: 'Archive project' }).click();
  await expect(page.getByText('Returns is archived')).toBeVisible();
  await expect(page.getByText('No projects yet')).toBeVisible();
  await page.goto('/dashboard/projects?state=archived');
  await page.getByRole('link', { name: 'Returns' }).click();
  await expect(page.getByText(/Nothing new starts in it/)).toBeVisible();
  await page.getByRole('tab', { name: 'Settings' }).click();
  await expect(page.getByLabel('Name')).toBeDisabled();
});

test('a value and a name that somebody else has changed are not overwritten unasked', async ({ page, request }) => {
  const owner = await createAccount(request);
  const project = await createProject(request, owner, 'Before');
  await share(request, owner, project, 'plan', { goal: 'first' });
  await logIn(page, owner, `/dashboard/projects/${project}?tab=context`);
  await page.getByRole('button', { name: 'plan', exact: true }).click();
  await page.getByRole('button', { name: 'Edit' }).click();
  await writeValue(page, '{"goal": "mine"}');
  await share(request, owner, project, 'plan', { goal: 'theirs' });
  await page.getByRole('button', { name: 'Save' }).click();
  const conflict = page.getByRole('dialog', { name: 'Somebody else changed it' });
  await expect(conflict.getByRole('region', { name: 'Now' })).toContainText('theirs');
  await expect(conflict.getByRole('region', { name: 'Yours' })).toContainText('mine');
  await conflict.getByRole('button', { name: 'Keep mine' }).click();
  await expect(page.getByText('plan is saved')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Value' })).toContainText('mine');

  await share(request, owner, project, 'plan', { goal: 'later' });
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete value' }).click();
  await expect(page.getByRole('alert')).toContainText('"plan" is at version 4, not 3');
  await page.getByRole('button', { name: 'Keep it' }).click();
  await expect(page.getByRole('region', { name: 'Value' })).toContainText('later');
  await page.getByRole('button', { name: 'Delete' }).click();
  await page.getByRole('button', { name: 'Delete value' }).click();
  await expect(page.getByText('plan is deleted')).toBeVisible();
  await expect(page.getByText('Nothing is shared yet')).toBeVisible();

  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByLabel('Name').fill('Mine');
  await request.put(`/api/v1/projects/${project}`, { ...asOwner(owner), data: { name: 'Theirs' } });
  await page.getByRole('link', { name: 'Overview', exact: true }).click();
  await expect(page.getByText('The changed name or description is not saved.')).toBeVisible();
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(conflict.getByRole('region', { name: 'Now' })).toContainText('Theirs');
  await conflict.getByRole('button', { name: 'Reload, drop mine' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Theirs' })).toBeVisible();
  await createProject(request, owner, 'Taken');
  await page.getByLabel('Name').fill('Taken');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toContainText('There is an open project of this name already');
});

test('a handoff is read as one, by a viewer too, who is offered nothing that they may not; a stranger sees nothing', async ({
  page,
  browser,
  request,
}) => {
  const owner = await createAccount(request);
  const project = await createProject(request, owner, 'Returns');
  const agent = await publishAgent(request, owner, { name: 'Refund checker', definition: ECHO });
  const handed = await request.post('/api/v1/handoffs', {
    ...asOwner(owner),
    data: { to_agent_id: agent, project_id: project, instructions: 'Look at R-1 first.', context: { id: 'R-1' } },
  });
  expect(handed.status(), await handed.text()).toBe(201);
  await logIn(page, await joinAsViewer(request, owner), '/dashboard/projects');
  await page.getByLabel('Search projects by name').fill('nothing like it');
  await expect(page.getByText('No project fits')).toBeVisible();
  await page.getByLabel('Search projects by name').fill('RETURN');
  await page.getByRole('link', { name: 'Returns' }).click();
  await page.getByRole('tab', { name: 'Shared context' }).click();
  await expect(page.getByText('Handoff to Refund checker')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Add value' })).toBeHidden();
  await page.getByRole('button', { name: `handoff:${agent}`, exact: true }).click();
  const sheet = page.getByRole('dialog');
  await expect(sheet.getByRole('region', { name: 'Handoff', exact: true })).toContainText('Look at R-1 first.');
  await expect(sheet).toContainText('Test owner hands over to Refund checker');
  await expect(sheet.getByRole('button', { name: 'Edit' })).toBeHidden();
  await expect(sheet.getByRole('button', { name: 'Delete' })).toBeHidden();
  await page.keyboard.press('Escape');
  await expect(sheet).toBeHidden();
  await page.getByRole('tab', { name: 'Settings' }).click();
  await expect(page.getByLabel('Name')).toBeDisabled();
  await expect(page.getByRole('button', { name: 'Archive project…' })).toBeHidden();
  await page.goto('/dashboard/projects?create=new');
  await expect(page.getByRole('link', { name: 'Returns' })).toBeVisible();
  await expect(page.getByRole('dialog')).toBeHidden();

  const stranger = await (await browser.newContext()).newPage();
  await logIn(stranger, await createAccount(request), `/dashboard/projects/${project}?tab=context`);
  await expect(stranger.getByText('There is nothing at this address')).toBeVisible();
});
