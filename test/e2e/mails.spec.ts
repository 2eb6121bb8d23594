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
