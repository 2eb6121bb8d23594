import type { AgentDefinition, CreatedExternalAgent, Invoked } from '@agentflow/contracts';
import { type APIRequestContext, expect, type Page, test } from '@playwright/test';
import { expectAccessible, expectFitsPhone, expectMarkupIsText, MARKUP } from './page-checks.ts';
import { type Account, createAccount, ECHO, inboxUrl, logIn, newEmail, publishAgent } from './support.ts';

async function startRun(
  page: Page,
  account: Account,
  agentId: string,
  input: unknown,
  project?: string,
): Promise<string> {
  const answer = await page.request.post(`/api/v1/agents/${agentId}/execute`, {
    headers: { Authorization: `Bearer ${account.token}`, Prefer: 'wait=30' },
    data: { input, project_id: project },
  });
  return ((await answer.json()) as { id: string }).id;
}

/** Waits until the list has as many executions: it follows what has happened. */
async function expectListed(
  request: APIRequestContext,
  { token }: Account,
  query: string,
  count: number,
): Promise<void> {
  await expect
    .poll(async () => {
      const list = await request.get(`/api/v1/executions${query}`, { headers: { Authorization: `Bearer ${token}` } });
      return ((await list.json()) as { data: unknown[] }).data.length;
    })
    .toBe(count);
}

test('signed out, every page is accessible', async ({ page, request }) => {
  for (const path of ['/login', '/signup']) {
    await page.goto(path);
    await expect(page.getByRole('heading', { level: 1 })).toBeVisible();
    await expectAccessible(page, path);
    await page.getByRole('button', { name: /^(Log in|Create account)$/ }).click();
    await expect(page.getByRole('alert').first()).toBeVisible();
    await expectAccessible(page, `${path} with errors`);
  }
  const owner = await createAccount(request);
  const invited = await request.post('/api/v1/org/members/invite', {
    headers: { Authorization: `Bearer ${owner.token}` },
    data: { email: newEmail(), role: 'viewer' },
  });
  const { link } = (await invited.json()) as { link: string };
  await page.goto(new URL(link).pathname);
  await expect(page.getByRole('button', { name: 'Create account and join' })).toBeVisible();
  await expectAccessible(page, 'an invitation');
  await page.goto('/invitations/nothing-that-was-ever-made');
  await expect(page.getByText('There is no such invitation')).toBeVisible();
  await expectAccessible(page, 'no invitation');
  await page.goto('/nowhere');
  await expect(page.getByText('There is nothing at this address')).toBeVisible();
  await expectAccessible(page, '/nowhere');
});

/** Visits pages by their address; each is there when its text is. */
async function expectPages(page: Page, pages: readonly (readonly [path: string, text: string])[]): Promise<void> {
  for (const [path, text] of pages) {
    await page.goto(path);
    await expect(page.getByText(text).first()).toBeVisible();
    await expectMarkupIsText(page, path);
    await expectAccessible(page, path);
    await expectFitsPhone(page);
  }
}

test('with nothing to show yet, every page is accessible', async ({ page, request }) => {
  await logIn(page, await createAccount(request));
  await expect(page.getByRole('heading', { name: /^Welcome(, .*)?$/ })).toBeVisible();
  await expectAccessible(page, 'first steps');
  await expectPages(page, [
    ['/dashboard/agents', 'Your first agent'],
    ['/dashboard/executions', 'Nothing has run yet'],
    ['/dashboard/projects', 'No projects yet'],
    ['/dashboard/proposals', 'Say what should be different'],
    ['/dashboard/external-agents', 'Let something outside call your agents'],
    ['/dashboard/external-agents/calls', 'Nothing has called yet'],
    ['/dashboard/webhooks', 'Let your systems know'],
    ['/dashboard/webhooks/channels', 'Tell people where they are'],
    ['/dashboard/notifications', 'Nothing asks for you'],
    ['/dashboard/settings/chat-accounts', 'No chat account is linked'],
    ['/dashboard/policies', 'No policies yet'],
    ['/dashboard/policies/new', 'It waits until the policy is complete.'],
    ['/dashboard/settings/api-keys', 'No API keys yet'],
    ['/dashboard/settings/teams', 'No teams yet'],
    ['/dashboard/settings/secrets', 'No secrets yet'],
    ['/dashboard/settings/network', 'Every address is allowed'],
    ['/dashboard/settings/rate-limits', 'By the plan'],
  ]);
});

/** Every text that an author can write is markup. */
const MARKED: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', name: `Start ${MARKUP}`, config: {} },
    {
      id: 'result',
      type: 'logic.transform',
      name: `Result ${MARKUP}`,
      config: { expression: `{ "received": trigger, "mark": "${MARKUP}" }` },
    },
  ],
  edges: [{ id: 'start_result', source: 'start', target: 'result' }],
  input_schema: {
    type: 'object',
    title: MARKUP,
    properties: { text: { type: 'string', title: MARKUP, description: MARKUP } },
  },
};

const ASKING: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', config: {} },
    {
      id: 'ask',
      type: 'human.form',
      name: `Refund ${MARKUP}`,
      config: {
        message: `Refund to {{trigger.who}}? ${MARKUP}`,
        schema: {
          type: 'object',
          properties: {
            why: { type: 'string', title: `Why ${MARKUP}`, description: MARKUP, enum: [MARKUP, 'other'] },
          },
        },
      },
    },
  ],
  edges: [{ id: 'start_ask', source: 'start', target: 'ask' }],
};

test('pages of agents and their executions are accessible, and show markup as text', async ({ page, request }) => {
  const account = await createAccount(request, `Acme ${MARKUP}`);
  const agentId = await publishAgent(request, account, {
    name: `Echo ${MARKUP}`,
    description: `Answers ${MARKUP}`,
    message: `First ${MARKUP}`,
    definition: MARKED,
  });
  const done = await startRun(page, account, agentId, { text: MARKUP, [MARKUP]: [1, 2.5, true, null] });
  const failing = await publishAgent(request, account, {
    name: 'Fails',
    definition: {
      nodes: [
        { id: 'start', type: 'trigger.manual', config: {} },
        { id: 'stop', type: 'logic.stop', config: { status: 'failed', message: `Not today ${MARKUP}` } },
      ],
      edges: [{ id: 'e', source: 'start', target: 'stop' }],
    },
  });
  const failed = await startRun(page, account, failing, {});
  const asking = await publishAgent(request, account, { name: `Asks ${MARKUP}`, definition: ASKING });
  await request.post(`/api/v1/agents/${asking}/execute`, {
    headers: { Authorization: `Bearer ${account.token}` },
    data: { input: { who: MARKUP } },
  });
  await expectListed(request, account, '', 3);
  await logIn(page, account);
  await expectPages(page, [
    ['/dashboard', 'Recent executions'],
    ['/dashboard/approvals', 'Refund'],
    ['/dashboard/agents', 'Echo'],
    ['/dashboard/agents?create=new', 'It starts as a small draft'],
    ['/dashboard/agents?create=template', 'Support ticket triage'],
    ['/dashboard/agents?create=import', 'Or paste its text'],
    ['/dashboard/templates', 'Feedback digest'],
    ['/dashboard/templates?template=refund-approval', 'PAYMENTS_API_TOKEN'],
    [`/dashboard/agents/${agentId}`, 'Run version 1'],
    [`/dashboard/agents/${agentId}?tab=builder`, 'Saved'],
    [`/dashboard/agents/${agentId}?tab=versions`, 'Live'],
    [`/dashboard/agents/${agentId}?tab=settings`, 'Archive agent…'],
    ['/dashboard/executions', 'Echo'],
    [`/dashboard/executions/${done}`, 'Timeline'],
    [`/dashboard/executions/${done}?tab=attempts`, 'Attempt 1'],
    [`/dashboard/executions/${failed}`, 'Not today'],
  ]);
  await page.goto('/dashboard/approvals');
  await page.getByRole('link', { name: /Refund to/ }).click();
  await expect(page.getByRole('dialog').getByLabel(/^Why/)).toBeVisible();
  await expectMarkupIsText(page, 'a question');
  await page.keyboard.press('Escape');
  await page.keyboard.press('Control+k');
  await expect(page.getByRole('option', { name: 'Run Echo' })).toBeVisible();
  await expectAccessible(page, 'command palette');
});

test('pages of policies are accessible, and show markup as text', async ({ page, request }) => {
  const account = await createAccount(request);
  const headers = { Authorization: `Bearer ${account.token}` };
  await publishAgent(request, account, { name: `Echo ${MARKUP}`, definition: ECHO });
  const windows = [{ days: ['mon', 'tue'], from: '22:00', to: '06:00' }];
  const made = await request.post('/api/v1/policies', {
    headers,
    data: {
      name: `Night ${MARKUP}`,
      description: `Nobody watches ${MARKUP}`,
      effect: 'deny',
      subjects: [
        { kind: 'user', roles: ['developer'] },
        { kind: 'external_agent', platforms: ['gemini'] },
      ],
      actions: ['execute', 'test'],
      resources: { tags: ['prod'] },
      conditions: {
        all: [
          { attribute: 'time', operator: 'within', value: { timezone: 'Europe/Berlin', windows } },
          { not: { attribute: 'input', path: 'text', operator: 'contains', value: MARKUP } },
          { any: [{ attribute: 'ip', operator: 'in', value: ['10.0.0.0/8'] }] },
          { attribute: 'platform', operator: 'in', value: ['chatgpt'] },
          { attribute: 'cost_estimate_usd', operator: 'gt', value: 0.5 },
        ],
      },
    },
  });
  const { id } = (await made.json()) as { id: string };
  await logIn(page, account);
  await expectPages(page, [
    ['/dashboard/policies', 'Night'],
    [`/dashboard/policies/${id}`, 'is not about this caller'],
    [`/dashboard/policies/${id}?tab=history`, 'Version 1'],
  ]);
  await page.goto(`/dashboard/policies/${id}`);
  await page.getByRole('button', { name: 'Delete…' }).click();
  await expect(page.getByRole('dialog')).toBeVisible();
  await expectMarkupIsText(page, 'a policy to delete');
  await expectAccessible(page, 'a policy to delete');
});

test('pages of projects are accessible, and show markup as text', async ({ page, request }) => {
  const account = await createAccount(request);
  const headers = { Authorization: `Bearer ${account.token}` };
  const agentId = await publishAgent(request, account, { name: 'Echo', definition: ECHO });
  const made = await request.post('/api/v1/projects', {
    headers,
    data: { name: `Returns ${MARKUP}`, description: `Of spring ${MARKUP}` },
  });
  const { id: project } = (await made.json()) as { id: string };
  await request.put(`/api/v1/context/${project}/plan`, {
    headers,
    data: { value: { goal: MARKUP, [MARKUP]: [1, null] } },
  });
  await request.post('/api/v1/handoffs', {
    headers,
    data: { to_agent_id: agentId, project_id: project, instructions: `Go on ${MARKUP}`, context: { [MARKUP]: MARKUP } },
  });
  await startRun(page, account, agentId, {}, project);
  await expectListed(request, account, `?project_id=${project}`, 1);
  await logIn(page, account);
  await expectPages(page, [
    ['/dashboard/projects', 'Returns'],
    ['/dashboard/projects?search=nothing', 'No project fits'],
    ['/dashboard/projects?create=new', 'Open projects have names of their own'],
    [`/dashboard/projects/${project}`, 'Echo'],
    [`/dashboard/projects/${project}?tab=context`, 'Handoff to Echo'],
    [`/dashboard/projects/${project}?tab=context&key=plan`, 'characters of JSON'],
    [`/dashboard/projects/${project}?tab=context&key=handoff:${agentId}`, 'What it needs to know'],
    [`/dashboard/projects/${project}?tab=context&key=gone`, 'This value is gone'],
    [`/dashboard/projects/${project}?tab=settings`, 'Archive project…'],
  ]);
  await page.getByRole('button', { name: 'Archive project…' }).click();
  await expectAccessible(page, 'archiving');
  await page.goto(`/dashboard/projects/${project}?tab=context`);
  await page.getByRole('button', { name: 'Add value' }).click();
  await page.getByRole('dialog').getByLabel('Key').fill('1 bad');
  await page.getByLabel('Value as JSON').fill('{');
  await page.getByRole('dialog').getByRole('button', { name: 'Add value' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expectAccessible(page, 'value dialog with errors');
});

test('pages of external agents are accessible, and show markup as text', async ({ page, request }) => {
  const account = await createAccount(request);
  const headers = { Authorization: `Bearer ${account.token}` };
  const agentId = await publishAgent(request, account, { name: `Echo ${MARKUP}`, definition: ECHO });
  const made = await request.post('/api/v1/external-agents', {
    headers,
    data: {
      name: `Robot ${MARKUP}`,
      platform: 'custom',
      description: MARKUP,
      agents: [agentId],
      webhook_config: { platform: 'slack', bot_token: 'xoxb-of-a-test', channel: MARKUP },
      rate_limits: { minute: 60, hour: 600, day: null, burst: 10 },
    },
  });
  const { id, api_key } = (await made.json()) as CreatedExternalAgent;
  const answer = await request.post(`/api/v1/external-agents/${id}/invoke`, {
    headers: { Authorization: `Bearer ${api_key}`, Prefer: 'wait=30' },
    data: { agent_id: agentId, input: { [MARKUP]: MARKUP } },
  });
  const called = (await answer.json()) as Invoked;
  await logIn(page, account);
  await expectPages(page, [
    ['/dashboard/external-agents', 'Robot'],
    ['/dashboard/external-agents?search=nothing', 'No external agent fits'],
    ['/dashboard/external-agents?create=new', 'Agents that it may call'],
    [`/dashboard/external-agents/${id}`, 'Connect it'],
    [`/dashboard/external-agents/${id}?tab=invocations`, 'Echo'],
    [`/dashboard/external-agents/${id}?tab=invocations&status=denied`, 'No call fits'],
    [`/dashboard/external-agents/${id}?tab=invocations&invocation=${called.invocation_id}`, 'Open the external agent'],
    [`/dashboard/external-agents/${id}?tab=usage`, 'Invocations over time'],
    [`/dashboard/external-agents/${id}?tab=usage&range=custom&from=2020-01-01&to=2020-01-02`, 'No calls in this time'],
    [`/dashboard/external-agents/${id}?tab=settings`, 'Fields that are not kept'],
    ['/dashboard/external-agents/calls', 'Robot'],
  ]);
  await page.goto(`/dashboard/external-agents/${id}?tab=settings`);
  await page.getByRole('button', { name: 'Delete external agent…' }).click();
  await expectAccessible(page, 'deleting an external agent');
  await page.goto(`/dashboard/external-agents/${id}`);
  await page.getByRole('button', { name: /^Rotate/ }).click();
  await page.getByRole('button', { name: 'Rotate key' }).click();
  await expect(page.getByTestId('api-key')).toBeVisible();
  await expectMarkupIsText(page, 'a shown key');
  await expectAccessible(page, 'a shown key');
  await expectFitsPhone(page);
  await page.goto('/dashboard/external-agents?create=new');
  const dialog = page.getByRole('dialog');
  await dialog.getByRole('radio', { name: 'Only these' }).check();
  for (const part of ['Limits', 'Webhook', 'Recording']) await dialog.getByRole('button', { name: part }).click();
  await dialog.getByLabel('A minute').fill('0');
  await dialog.getByRole('button', { name: 'Register and show its key' }).click();
  await expect(dialog.getByRole('alert').first()).toBeVisible();
  await expectAccessible(page, 'registering with errors');
});

test('pages of webhooks and channels are accessible, and show markup as text', async ({ page, request }) => {
  const account = await createAccount(request);
  const headers = { Authorization: `Bearer ${account.token}` };
  const inbox = `markup-${Date.now()}`;
  const agentId = await publishAgent(request, account, { name: `Echo ${MARKUP}`, definition: ECHO });
  const asking = await publishAgent(request, account, { name: `Asks ${MARKUP}`, definition: ASKING });
  const made = async (path: string, data: unknown) => {
    const answer = await request.post(`/api/v1${path}`, { headers, data });
    expect(answer.ok(), await answer.text()).toBe(true);
    return ((await answer.json()) as { id: string }).id;
  };
  const webhook = await made('/webhooks', {
    url: inboxUrl(inbox),
    description: `Orders ${MARKUP}`,
    events: ['*'],
    filter: { agent_ids: [agentId] },
    headers: { 'X-Mark': MARKUP },
  });
  const channel = await made('/notification-channels', {
    name: `Operations ${MARKUP}`,
    config: { platform: 'discord', webhook_url: `${inboxUrl(inbox)}/api/webhooks/1/x`, username: MARKUP },
    events: ['approval.*'],
    templates: { approval: `Look ${MARKUP} {{event.data.agent_name}}` },
  });
  const done = await startRun(page, account, agentId, { [MARKUP]: MARKUP });
  await request.post(`/api/v1/agents/${asking}/execute`, { headers, data: { input: { who: MARKUP } } });
  let delivery = '';
  await expect
    .poll(async () => {
      const list = await request.get(`/api/v1/webhooks/${webhook}/deliveries?status=delivered`, { headers });
      delivery = ((await list.json()) as { data: { id: string }[] }).data[0]?.id ?? '';
      return delivery;
    })
    .toContain('dlv_');
  await logIn(page, account);
  await expectPages(page, [
    ['/dashboard/webhooks', 'Orders'],
    ['/dashboard/webhooks/new', 'Body of execution.started'],
    [`/dashboard/webhooks/${webhook}`, 'execution.completed'],
    [`/dashboard/webhooks/${webhook}?delivery=${delivery}`, 'Headers of the answer'],
    [`/dashboard/webhooks/${webhook}?tab=settings`, 'Their values are stored sealed'],
    [`/dashboard/webhooks/${webhook}?tab=signing`, 'Verify in TypeScript'],
    ['/dashboard/webhooks/channels', 'Operations'],
    ['/dashboard/webhooks/channels/new?platform=teams', 'Workflows, now'],
    [`/dashboard/webhooks/channels/${channel}`, 'approval.requested'],
    [`/dashboard/webhooks/channels/${channel}?tab=settings`, 'Look <img'],
    ['/dashboard/events', 'execution.completed'],
    ['/dashboard/notifications', 'Refund'],
    ['/dashboard/notifications?tab=settings', 'What the bell tells you'],
    ['/dashboard/settings/chat-accounts?token=nonsense', 'its answer has a new link'],
  ]);
  await page.goto('/dashboard/events?type=execution.completed');
  await page.getByRole('link', { name: 'execution.completed' }).first().click();
  await expect(page.getByRole('region', { name: 'Told to' }).getByRole('link')).toBeVisible();
  await expectMarkupIsText(page, `the event of ${done}`);
  await expectAccessible(page, 'an event');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: /^Notifications/ }).click();
  await expect(page.getByRole('dialog', { name: 'Notifications' }).getByRole('link').nth(1)).toBeVisible();
  await expectMarkupIsText(page, 'the bell');
  await expectAccessible(page, 'the bell');
  await expectFitsPhone(page);
  await page.goto('/dashboard/webhooks/new');
  await page.getByRole('button', { name: 'Chosen events' }).click();
  for (const part of [/^Filter/, /^Headers/, /^Sending/]) await page.getByRole('button', { name: part }).click();
  await page.getByRole('button', { name: 'Add webhook and show its secret' }).click();
  await expect(page.getByText('Choose at least one event')).toBeVisible();
  await expectAccessible(page, 'a webhook with errors');
});

test('pages of the organization are accessible, and show markup as text', async ({ page, request }) => {
  const account = await createAccount(request, `Acme ${MARKUP}`);
  const headers = { Authorization: `Bearer ${account.token}` };
  await publishAgent(request, account, { name: `Echo ${MARKUP}`, definition: ECHO });
  const created = await request.post('/api/v1/org/teams', {
    headers,
    data: { name: `Night watch ${MARKUP}`, description: MARKUP },
  });
  await request.post('/api/v1/org/api-keys', { headers, data: { name: `Key ${MARKUP}`, scopes: ['agents:read'] } });
  await request.post('/api/v1/org/env-vars', { headers, data: { name: 'TOKEN', value: 'x', description: MARKUP } });
  const team = (await created.json()) as { id: string };
  await logIn(page, account);
  await expectPages(page, [
    ['/dashboard/settings/general', 'Everybody in the organization sees it'],
    ['/dashboard/settings/members', account.email],
    ['/dashboard/settings/members?invite=new', 'They get a link'],
    ['/dashboard/settings/teams', 'Night watch'],
    [`/dashboard/settings/teams/${team.id}`, 'Nobody is in this team yet'],
    ['/dashboard/settings/roles', 'Start executions of published agents'],
    ['/dashboard/settings/security', 'This session'],
    ['/dashboard/settings/secrets', 'Model providers'],
    ['/dashboard/settings/api-keys', 'Key'],
    ['/dashboard/audit', 'published version 1'],
    ['/dashboard/audit?action=nothing', 'No entry fits'],
    ['/goodbye?what=organization&name=Example', 'Example is erased'],
    ['/dashboard/nowhere', 'There is nothing at this address'],
  ]);
  await page.goto('/dashboard/settings/api-keys');
  await page.getByRole('button', { name: 'Create key' }).click();
  await expectAccessible(page, 'key dialog');
  await page.goto(`/dashboard/settings/teams/${team.id}`);
  await page.getByRole('button', { name: 'Add members' }).first().click();
  await expect(page.getByRole('option', { name: /Test owner/ })).toBeVisible();
  await expectAccessible(page, 'member picker');
});

test('dialogs of the settings are accessible', async ({ page, request }) => {
  await logIn(page, await createAccount(request), '/dashboard/settings/network');
  await page.getByRole('button', { name: 'Add network' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('alert')).toBeVisible();
  await expectAccessible(page, 'allowlist with errors');
  await page.getByRole('button', { name: 'Discard' }).click();
  await page.goto('/dashboard/settings/secrets');
  await page.getByRole('button', { name: 'Add secret' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Add secret' }).click();
  await expectAccessible(page, 'secret dialog with errors');
  await page.keyboard.press('Escape');
  await page.getByRole('button', { name: 'Set OpenAI', exact: true }).click();
  await expectAccessible(page, 'provider dialog');
  await page.goto('/dashboard/audit');
  await page.getByRole('button', { name: /created the organization/ }).click();
  await expectAccessible(page, 'audit entry');
});

test('dialogs that erase are accessible', async ({ page, request }) => {
  await logIn(page, await createAccount(request), '/dashboard/settings/general');
  await page.getByRole('button', { name: 'Erase organization…' }).click();
  await expect(page.getByText('This goes:')).toBeVisible();
  await expectAccessible(page, 'erasing the organization');
  await page.goto('/dashboard/settings/security');
  await page.getByRole('button', { name: 'Delete my account…' }).click();
  await expect(page.getByLabel('Type the e-mail address')).toBeVisible();
  await expectAccessible(page, 'deleting the account');
});
