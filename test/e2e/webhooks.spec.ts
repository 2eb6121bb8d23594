import { generateKeyPairSync, type KeyObject, sign } from 'node:crypto';
import type { AgentDefinition } from '@agentflow/contracts';
import { type APIRequestContext, expect, type Page, test } from '@playwright/test';
import { Webhook } from 'standardwebhooks';
import { type Account, createAccount, ECHO, inboxUrl, logIn, mockUrl, publishAgent } from './support.ts';

const ASKING: AgentDefinition = {
  nodes: [
    { id: 'start', type: 'trigger.manual', config: {} },
    { id: 'ask', type: 'human.approval', config: { message: 'Refund $120?' } },
  ],
  edges: [{ id: 'e', source: 'start', target: 'ask' }],
};

interface Received {
  readonly headers: Record<string, string>;
  readonly body: string;
}

async function received(inbox: string): Promise<readonly Received[]> {
  return (await (await fetch(mockUrl(`requests?of=${inbox}`))).json()) as Received[];
}

async function answerWith(inbox: string, status: number): Promise<void> {
  await fetch(mockUrl(`answer?of=${inbox}&status=${status}`));
}

async function run(request: APIRequestContext, { token }: Account, agentId: string): Promise<void> {
  const answer = await request.post(`/api/v1/agents/${agentId}/execute`, {
    headers: { Authorization: `Bearer ${token}`, Prefer: 'wait=30' },
    data: { input: { order: 7 } },
  });
  expect(answer.status(), await answer.text()).toBe(200);
}

/** Adds a webhook by its form. Gives the secret that is shown once. */
async function addWebhook(page: Page, url: string): Promise<string> {
  await page.getByLabel('Address').fill(url);
  await page.getByRole('button', { name: 'Chosen events' }).click();
  await page.getByLabel('Search events').fill('ended well');
  await page.getByRole('checkbox', { name: /^execution\.completed/ }).check();
  await expect(page.getByText('Body of execution.completed')).toBeVisible();
  await page.getByRole('button', { name: 'Sending' }).click();
  await page.getByLabel('Waits between attempts').fill('tomorrow');
  await expect(page.getByText('“tomorrow” is no wait')).toBeVisible();
  await page.getByLabel('Waits between attempts').fill('1h');
  await page.getByRole('button', { name: /^Headers/ }).click();
  await page.getByRole('button', { name: 'Add header' }).click();
  await page.getByLabel('Name of header 1').fill('X-Environment');
  await page.getByLabel('Value of header 1').fill('production');
  await page.getByRole('button', { name: 'Add webhook and show its secret' }).click();
  const secret = await page.getByTestId('webhook-secret').innerText();
  await page.keyboard.press('Escape');
  await expect(page.getByRole('button', { name: 'Done' })).toBeDisabled();
  await page.getByLabel('I have stored it').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('Nothing was sent yet')).toBeVisible();
  return secret;
}

test('a webhook from its secret to a delivery that failed and is replayed', async ({ page, request }) => {
  const inbox = `orders-${Date.now()}`;
  const account = await createAccount(request);
  const agentId = await publishAgent(request, account, { name: 'Echo', definition: ECHO });
  await logIn(page, account, '/dashboard/webhooks');
  await page.getByRole('link', { name: 'Add a webhook' }).click();
  await page.getByLabel('Address').fill('http://10.0.0.1/hooks');
  await page.getByRole('button', { name: 'Add webhook and show its secret' }).click();
  await expect(page.getByText('leads to a private or reserved address')).toBeVisible();
  const secret = await addWebhook(page, inboxUrl(inbox));

  await run(request, account, agentId);
  const row = page.getByRole('row', { name: /^Delivered execution\.completed/ });
  await row.getByRole('link').click();
  const sheet = page.getByRole('dialog', { name: 'Delivery' });
  await expect(sheet.getByText('webhook-signature: v1,')).toBeVisible();
  await expect(sheet.getByText('x-environment: ***')).toBeVisible();
  await expect(sheet.getByText('"Echo"', { exact: true })).toBeVisible();
  await expect(sheet.getByRole('listitem').filter({ hasText: '1.Delivered200' })).toBeVisible();
  await page.keyboard.press('Escape');
  const [first] = await received(inbox);
  expect(first?.headers['x-environment']).toBe('production');
  expect(new Webhook(secret).verify(first?.body ?? '', first?.headers ?? {})).toMatchObject({
    type: 'execution.completed',
    data: { agent_name: 'Echo' },
  });

  await answerWith(inbox, 500);
  await page.getByRole('button', { name: 'Send test event…' }).click();
  await page.getByRole('button', { name: 'Send', exact: true }).click();
  await expect(page.getByRole('region', { name: 'Result' }).getByText('It answered 500')).toBeVisible();
  await page.getByRole('button', { name: 'Close' }).last().click();
  await run(request, account, agentId);
  await expect(page.getByRole('row').filter({ hasText: 'Retryingexecution.completed' })).toContainText(
    /It answered 500\. Next attempt in (\d+ min|1 hr)/,
  );
  await answerWith(inbox, 200);
});

test('a failed delivery is replayed, and failed ones are recovered together', async ({ page, request }) => {
  const inbox = `once-${Date.now()}`;
  const account = await createAccount(request);
  const headers = { Authorization: `Bearer ${account.token}` };
  const agentId = await publishAgent(request, account, { name: 'Echo', definition: ECHO });
  await answerWith(inbox, 503);
  const made = await request.post('/api/v1/webhooks', {
    headers,
    data: { url: inboxUrl(inbox), events: ['execution.completed'], retry_seconds: [] },
  });
  const { id } = (await made.json()) as { id: string };
  await run(request, account, agentId);
  await logIn(page, account, `/dashboard/webhooks/${id}`);
  const failed = page.getByRole('row', { name: /^Failed execution\.completed/ });
  await expect(failed).toBeVisible();
  await answerWith(inbox, 200);
  await failed.getByRole('link').click();
  await page.getByRole('button', { name: 'Replay' }).click();
  await expect(page.getByRole('dialog').getByText('Delivered', { exact: true }).first()).toBeVisible();
  const ids = (await received(inbox)).map((each) => each.headers['webhook-id']);
  expect(ids.length).toBe(2);
  expect(new Set(ids).size).toBe(1);
  await page.keyboard.press('Escape');

  await page.getByRole('button', { name: 'More for this webhook' }).click();
  await page.getByRole('menuitem', { name: 'Recover failed deliveries…' }).click();
  await page.getByRole('button', { name: 'Send them again' }).click();
  await expect(page.getByText('Nothing has failed in this time')).toBeVisible();

  await answerWith(inbox, 410);
  await run(request, account, agentId);
  await expect(page.getByText('It answered that it is gone for good (410)')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Notifications, 1 unread' })).toBeVisible();
  await answerWith(inbox, 200);
  await page.getByRole('button', { name: 'Activate again' }).click();
  await expect(page.getByText('It answered that it is gone for good (410)')).toBeHidden();

  await page.getByRole('tab', { name: 'Signing' }).click();
  await page.getByRole('button', { name: 'Rotate…' }).click();
  await page.getByRole('button', { name: 'Rotate', exact: true }).click();
  await expect(page.getByTestId('webhook-secret')).toContainText('whsec_');
  await page.getByLabel('I have stored it').check();
  await page.getByRole('button', { name: 'Done' }).click();
  await expect(page.getByText('signs too until')).toBeVisible();

  await page.getByRole('tab', { name: 'Settings' }).click();
  await page.getByLabel('Description').fill('Of the order system');
  await page
    .getByRole('link', { name: 'Events', exact: true })
    .or(page.getByRole('link', { name: 'Audit' }))
    .click();
  await page.getByRole('button', { name: 'Keep it' }).click();
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Of the order system')).toBeVisible();

  await page.getByRole('button', { name: 'More for this webhook' }).click();
  await page.getByRole('menuitem', { name: 'Switch off' }).click();
  await expect(page.getByText('Off', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'More for this webhook' }).click();
  await page.getByRole('menuitem', { name: 'Delete…' }).click();
  await page.getByRole('button', { name: 'Delete webhook' }).click();
  await expect(page.getByText('Let your systems know')).toBeVisible();
});

test('a channel with a template, its preview, its test, and the event that it was told', async ({ page, request }) => {
  const inbox = `slack-${Date.now()}`;
  const account = await createAccount(request);
  const agentId = await publishAgent(request, account, { name: 'Echo', definition: ECHO });
  await logIn(page, account, '/dashboard/webhooks/channels');
  await page.getByRole('link', { name: 'Add a channel' }).click();
  await page.getByRole('button', { name: 'Add channel' }).click();
  await expect(page.getByText('Give it a name')).toBeVisible();
  await page.getByLabel('Name', { exact: true }).fill('Operations');
  await page.getByLabel('Webhook address').fill(`${inboxUrl(inbox)}/services/T0/B0/x`);
  await page.getByRole('checkbox', { name: /^Executions/ }).check();
  await page.getByRole('button', { name: 'Templates' }).click();
  await page.getByRole('button', { name: 'Failure' }).click();
  const template = page.getByLabel('Text of failure messages');
  await template.fill('{{event.data.');
  await expect(page.getByRole('alert')).toBeVisible();
  await template.fill('Look at ');
  await page.getByRole('button', { name: 'agent_name' }).click();
  await expect(template).toHaveValue('Look at {{event.data.agent_name}}');
  await expect(page.getByRole('region', { name: 'Message in Slack' }).getByText(/^Look at \w/)).toBeVisible();
  await page.getByRole('button', { name: 'Payload' }).click();
  await expect(page.getByText('"header"').first()).toBeVisible();
  await page.getByRole('button', { name: 'Add channel' }).click();

  await page.getByRole('button', { name: 'Send test…' }).click();
  await page.getByLabel('Message about').last().click();
  await page.getByRole('option', { name: 'Failure' }).click();
  await page.getByRole('button', { name: 'Send test', exact: true }).click();
  await expect(page.getByText('The test arrived at Operations')).toBeVisible();
  const dialog = page.getByRole('dialog');
  await expect(dialog.getByRole('region', { name: 'Message in Slack' }).getByText(/^Look at \w/)).toBeVisible();
  await dialog.getByRole('button', { name: 'Close' }).last().click();
  expect((await received(inbox))[0]?.body).toContain('Look at ');
  // What is secret goes back as it is shown, and stays.
  await expect(page.getByLabel('Webhook address')).toHaveValue(/\*\*\*/);
  await page.getByLabel('Name', { exact: true }).fill('Night shift');
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByRole('heading', { level: 1, name: 'Night shift' })).toBeVisible();

  await run(request, account, agentId);
  await expect.poll(async () => (await received(inbox)).length).toBeGreaterThan(1);
  await page.goto('/dashboard/events');
  await page.getByRole('link', { name: 'execution.completed' }).click();
  const told = page.getByRole('region', { name: 'Told to' });
  await told.getByRole('link', { name: 'Night shift' }).click();
  await expect(page).toHaveURL(/\/dashboard\/deliveries\/dlv_nch_/);
  await expect(page.getByText('Delivered', { exact: true }).first()).toBeVisible();
});

test('the bell tells of what waits, leads there, and forgets what is muted', async ({ page, request }) => {
  const account = await createAccount(request);
  const asks = await publishAgent(request, account, {
    name: 'Refunds',
    definition: ASKING,
  });
  await logIn(page, account, '/dashboard/agents');
  const bell = page.getByRole('button', { name: /^Notifications/ });
  await bell.click();
  await expect(page.getByText('Nothing asks for you')).toBeVisible();
  await page.keyboard.press('Escape');
  await expect(bell).toBeFocused();
  for (const _ of [1, 2]) {
    await request.post(`/api/v1/agents/${asks}/execute`, {
      headers: { Authorization: `Bearer ${account.token}` },
      data: { input: {} },
    });
  }
  await expect(page.getByRole('button', { name: 'Notifications, 2 unread' })).toBeVisible();
  await bell.click();
  const panel = page.getByRole('dialog', { name: 'Notifications' });
  await panel
    .getByRole('link', { name: /Refund \$120\?/ })
    .first()
    .click();
  await expect(page).toHaveURL(/\/dashboard\/approvals\?approval=/);
  await page.goto('/dashboard/notifications');
  await expect(page.getByText('1 unread', { exact: true })).toBeVisible();
  await page.getByRole('button', { name: 'Mark all read' }).click();
  await expect(page.getByText('All are read')).toBeVisible();
  await page.getByRole('tab', { name: 'Settings' }).click();
  const asked = page.getByRole('checkbox', { name: 'An execution waits for the decision of a person' });
  await asked.click();
  await expect(asked).not.toBeChecked();
  await page.getByRole('tab', { name: 'Inbox' }).click();
  await expect(page.getByText('Nothing asks for you')).toBeVisible();
});

test("an external agent's webhook is tested, and its call tells of the delivery", async ({ page, request }) => {
  const inbox = `robot-${Date.now()}`;
  const account = await createAccount(request);
  const agentId = await publishAgent(request, account, { name: 'Echo', definition: ECHO });
  const made = await request.post('/api/v1/external-agents', {
    headers: { Authorization: `Bearer ${account.token}` },
    data: {
      name: 'Robot',
      platform: 'custom',
      agents: [agentId],
      webhook_config: { platform: 'teams', webhook_url: inboxUrl(inbox) },
    },
  });
  const { id, api_key } = (await made.json()) as { id: string; api_key: string };
  await logIn(page, account, `/dashboard/external-agents/${id}?tab=settings`);
  await page.getByRole('button', { name: 'Send test' }).click();
  await expect(page.getByText('The test arrived at the webhook')).toBeVisible();
  await expect(page.getByRole('region', { name: 'Message in Microsoft Teams' })).toBeVisible();
  const called = await request.post(`/api/v1/external-agents/${id}/invoke`, {
    headers: { Authorization: `Bearer ${api_key}`, Prefer: 'wait=30' },
    data: { agent_id: agentId, input: {} },
  });
  const { invocation_id } = (await called.json()) as { invocation_id: string };
  await expect.poll(async () => (await received(inbox)).length).toBe(2);
  await page.goto(`/dashboard/external-agents/${id}?tab=invocations&invocation=${invocation_id}`);
  await page.getByRole('link', { name: 'Open the delivery' }).click();
  await expect(page).toHaveURL(new RegExp(`/dashboard/deliveries/dlv_${id}_`));
  await expect(page.getByRole('heading', { name: 'external_agent.invoked' })).toBeVisible();

  await answerWith(inbox, 410);
  await request.post(`/api/v1/external-agents/${id}/invoke`, {
    headers: { Authorization: `Bearer ${api_key}` },
    data: { agent_id: agentId, input: {} },
  });
  await expect
    .poll(async () => {
      const headers = { Authorization: `Bearer ${account.token}` };
      const read = await request.get(`/api/v1/external-agents/${id}`, { headers });
      return ((await read.json()) as { webhook_disabled: { reason: string } | null }).webhook_disabled?.reason;
    })
    .toBe('gone');
  await answerWith(inbox, 200);
  await page.goto(`/dashboard/external-agents/${id}?tab=settings`);
  await expect(page.getByText('It answered that it is gone for good (410)')).toBeVisible();
  await page.getByRole('button', { name: 'Activate again' }).click();
  await expect(page.getByText('Results are sent again')).toBeVisible();
  await expect(page.getByRole('button', { name: 'Activate again' })).toBeHidden();
});

/** A press of a button in Discord, signed as Discord signs it. */
async function press(request: APIRequestContext, callback: string, key: KeyObject, value: string): Promise<string> {
  const data = JSON.stringify({
    type: 3,
    id: '7',
    application_id: '4455',
    token: 'interaction',
    member: { user: { id: '314159', username: 'ada', global_name: null } },
    data: { custom_id: value, component_type: 2 },
  });
  const timestamp = String(Math.floor(Date.now() / 1000));
  const signature = sign(null, Buffer.from(timestamp + data), key).toString('hex');
  const headers = { 'x-signature-timestamp': timestamp, 'x-signature-ed25519': signature };
  const answer = await request.post(new URL(callback).pathname, {
    data,
    headers: { ...headers, 'content-type': 'application/json' },
  });
  expect(answer.status(), await answer.text()).toBe(200);
  return answer.text();
}

test('a button in a chat leads to the account it is linked to, and decides then', async ({ page, request }) => {
  const inbox = `discord-${Date.now()}`;
  const account = await createAccount(request);
  const headers = { Authorization: `Bearer ${account.token}` };
  const { publicKey, privateKey } = generateKeyPairSync('ed25519');
  const made = await request.post('/api/v1/notification-channels', {
    headers,
    data: {
      name: 'Refunds',
      config: {
        platform: 'discord',
        webhook_url: `${inboxUrl(inbox)}/api/webhooks/1/x`,
        public_key: publicKey.export({ type: 'spki', format: 'der' }).subarray(-32).toString('hex'),
      },
      events: ['approval.requested'],
      buttons: true,
    },
  });
  const { id, callback_url } = (await made.json()) as { id: string; callback_url: string };
  const asks = await publishAgent(request, account, { name: 'Refunds', definition: ASKING });
  await request.post(`/api/v1/agents/${asks}/execute`, { headers, data: { input: {} } });
  await expect.poll(async () => (await received(inbox)).length).toBe(1);
  const [, value = ''] = /"custom_id":"(approve:[^"]+)"/.exec((await received(inbox))[0]?.body ?? '') ?? [];
  const told = await press(request, callback_url, privateKey, value);
  const [link = ''] = /\/dashboard\/settings\/chat-accounts\?token=[^"\\\s]+/.exec(told) ?? [];

  await logIn(page, account, link);
  await expect(page.getByRole('heading', { name: 'Is ada on Discord you?' })).toBeVisible();
  await page.getByRole('button', { name: 'Yes, link it' }).click();
  await expect(page.getByRole('list', { name: 'Chat accounts' }).getByText('ada')).toBeVisible();
  await press(request, callback_url, privateKey, value);
  await page.goto('/dashboard/approvals?status=decided');
  await expect(page.getByText('Approved').first()).toBeVisible();

  await page.goto(`/dashboard/webhooks/channels/${id}?tab=settings`);
  await expect(page.getByText(callback_url)).toBeVisible();
  await page.goto('/dashboard/settings/chat-accounts');
  await page.getByRole('button', { name: 'Unlink…' }).click();
  await page.getByRole('button', { name: 'Unlink', exact: true }).click();
  await expect(page.getByText('No chat account is linked')).toBeVisible();
});
