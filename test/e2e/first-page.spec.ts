import { gzipSync } from 'node:zlib';
import { expect, type Page, test } from '@playwright/test';
import { createAccount, ECHO, logIn, publishAgent } from './support.ts';

const MOST_BYTES = 250 * 1024;

/** The scripts that the page asks for, with what each weighs on the way, in bytes. */
function scriptsOf(page: Page): Map<string, Promise<number>> {
  const scripts = new Map<string, Promise<number>>();
  page.on('response', (answer) => {
    if (answer.request().resourceType() !== 'script' || answer.status() !== 200) return;
    scripts.set(
      answer.url(),
      answer.body().then((body) => gzipSync(body).length),
    );
  });
  return scripts;
}

test('the first page comes with little script, and the builder with its own', async ({ page, request }) => {
  const account = await createAccount(request);
  const agentId = await publishAgent(request, account, { name: 'Echo', definition: ECHO });
  const scripts = scriptsOf(page);
  await logIn(page, account);
  await page.waitForLoadState('networkidle');
  const first = new Set(scripts.keys());
  const bytes = (await Promise.all(scripts.values())).reduce((sum, each) => sum + each, 0);
  expect(first.size).toBeGreaterThan(0);
  expect(bytes).toBeLessThanOrEqual(MOST_BYTES);

  await page.goto(`/dashboard/agents/${agentId}?tab=builder`);
  await expect(page.getByRole('toolbar', { name: 'Builder' })).toBeVisible();
  expect([...scripts.keys()].filter((url) => !first.has(url)).length).toBeGreaterThan(0);
  console.log(`first page: ${(bytes / 1024).toFixed(0)} KB of script, gzip`);
});
