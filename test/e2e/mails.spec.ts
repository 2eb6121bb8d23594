import { expect, test } from '@playwright/test';
import { createAccount, newEmail } from './support.ts';

test('a machine without a mail service shows what it would have sent, and its links work', async ({
  page,
  request,
  context,
}) => {
  const owner = await createAccount(request, 'Harbour');
  const email = newEmail();
  const answer = await request.post('/api/v1/org/members/invite', {
    headers: { Authorization: `Bearer ${owner.token}` },
    data: { email, role: 'editor' },
  });
  expect(answer.status(), await answer.text()).toBe(201);
  await page.goto('/dev/mails');
  const mail = page.getByRole('article').filter({ hasText: `to ${email}` });
  await expect(mail.getByRole('heading')).toHaveText('Invitation to “Harbour” on AgentFlow');
  await mail.getByText('As text').click();
  await expect(mail.locator('pre')).toContainText('/invitations/');
  const opened = context.waitForEvent('page');
  await mail.frameLocator('iframe').getByRole('link', { name: 'Accept the invitation' }).click();
  await expect((await opened).getByRole('heading', { level: 1 })).toContainText('Harbour');
});

test('a notification channel by e-mail writes to members, each in a mail of their own', async ({ page, request }) => {
  const owner = await createAccount(request, 'Lighthouse');
  const headers = { Authorization: `Bearer ${owner.token}` };
  const config = { platform: 'email', to: [owner.email] };
  const templates = { failure: 'Look at {{event.data.agent_name}} <b>now</b>' };
  const data = { name: 'Night shift', config, templates, events: ['execution.failed'] };
  const made = await request.post('/api/v1/notification-channels', { headers, data });
  expect(made.status(), await made.text()).toBe(201);
  const { id } = await made.json();
  const tested = await request.post(`/api/v1/notification-channels/${id}/test`, { headers, data: { kind: 'failure' } });
  expect(tested.status(), await tested.text()).toBe(200);
  expect((await tested.json()).delivery).toMatchObject({ status: 'delivered' });
  await page.goto('/dev/mails');
  const mail = page.getByRole('article').filter({ hasText: `to ${owner.email}` });
  await expect(mail.getByRole('heading')).toHaveText('Invoice reader has failed');
  await expect(mail.frameLocator('iframe').getByText('Look at Invoice reader <b>now</b>')).toBeVisible();
});
