import { expect, test } from '@playwright/test';
import { createAccount, logInByForm, mockUrl, publishAgent, release, stepRow } from './support.ts';

/** Where the same build is served as a Pages project, in front of the same Worker. */
test.use({ baseURL: process.env.E2E_PAGES_URL });

test('the UI as a Pages project reaches the Worker behind it, sockets included', async ({ page, request }) => {
  const hold = `pages-${process.pid}-${Date.now()}`;
  const account = await createAccount(request);
  const agentId = await publishAgent(request, account, {
    name: 'Behind Pages',
    definition: {
      nodes: [
        { id: 'start', type: 'trigger.manual', name: 'Start', config: {} },
        { id: 'ask', type: 'action.http', name: 'Ask', config: { method: 'GET', url: mockUrl(`?hold=${hold}`) } },
      ],
      edges: [{ id: 'start_ask', source: 'start', target: 'ask' }],
    },
  });
  await logInByForm(page, account);
  await page.goto(`/dashboard/agents/${agentId}`);
  await page.getByRole('button', { name: 'Run version 1' }).click();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await expect(stepRow(page, 'ask')).toHaveAttribute('data-status', 'running');
  await page.reload();
  await expect(page.getByText('Live', { exact: true })).toBeVisible();
  await release(hold);
  await expect(stepRow(page, 'ask')).toHaveAttribute('data-status', 'completed');
});

test('Pages and the Worker answer alike', async ({ request }) => {
  const worker = process.env.E2E_BASE_URL ?? '';
  const asked = ['/', '/dashboard/agents/agt_x', '/api/v1/agents', '/api/nothing', '/mcp', '/docs/errors', '/version'];
  for (const path of asked) {
    const [here, there] = [await request.get(path), await request.get(worker + path)];
    expect.soft(here.status(), path).toBe(there.status());
    for (const name of ['content-type', 'content-security-policy', 'x-content-type-options', 'x-frame-options']) {
      expect.soft(here.headers()[name], `${name} of ${path}`).toBe(there.headers()[name]);
    }
  }
});
