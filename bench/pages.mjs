// `npm run bench:pages`: how soon pages show what they are about, in headless Chromium against the real server, each with an
// empty cache. Prints the medians of their largest contentful paint, its ratio to a page without scripts of the same
// server, and how far things moved while they loaded.
import { randomBytes } from 'node:crypto';
import { chromium } from '@playwright/test';
import { apiClient, must } from '../scripts/lib/api-client.mjs';
import { findBrowser } from '../scripts/lib/browser.mjs';
import { buildUi } from '../scripts/lib/build-ui.mjs';
import { startTestServer } from '../scripts/lib/test-server.mjs';
import { median } from './lib/load.mjs';
import { linearAgent } from './lib/product.mjs';

const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const PROMISED_MS = 1500;
const PLAIN = '/docs/errors';
const PUBLIC = ['/login', '/signup'];

/** Runs in the page, before its own scripts. */
function watchPaints() {
  const seen = { paint: 0, shift: 0 };
  Object.assign(globalThis, { paints: seen });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.paint = entry.startTime;
  }).observe({ type: 'largest-contentful-paint', buffered: true });
  new PerformanceObserver((list) => {
    for (const entry of list.getEntries()) seen.shift += /** @type {{ value?: number }} */ (entry).value ?? 0;
  }).observe({ type: 'layout-shift', buffered: true });
}

await buildUi();
const server = await startTestServer();
const browser = await chromium.launch({ executablePath: await findBrowser(), args: ['--no-sandbox', '--disable-gpu'] });
try {
  const account = { email: 'owner@example.com', password: randomBytes(12).toString('hex') };
  const signup = await apiClient(server.url)('POST', '/auth/signup', {
    organization_name: 'Example organization',
    name: 'Owner',
    ...account,
  });
  const call = apiClient(server.url, must(signup, 'Signing up').access_token);
  const agent = { name: 'Ten steps', definition: linearAgent(10) };
  const id = must(await call('POST', '/agents', agent), 'Creating an agent').id;
  must(await call('POST', `/agents/${id}/publish`, {}), 'Publishing');
  const execution = must(await call('POST', `/agents/${id}/execute`, { input: { n: 1 } }), 'Starting', [202]).id;
  const signedIn = [
    '/dashboard',
    '/dashboard/agents',
    `/dashboard/agents/${id}`,
    '/dashboard/executions',
    `/dashboard/executions/${execution}`,
    '/dashboard/approvals',
  ];

  /** @param {string} path @param {boolean} withSession */
  const visit = async (path, withSession) => {
    const context = await browser.newContext({ baseURL: server.url, viewport: { width: 1280, height: 800 } });
    try {
      if (withSession) {
        await context.request.post('/api/v1/auth/login', { headers: { 'X-AgentFlow-CSRF': '1' }, data: account });
        await context.addInitScript(() => localStorage.setItem('agentflow.signed_in', '1'));
      }
      const page = await context.newPage();
      await page.addInitScript(watchPaints);
      await page.goto(path);
      await page.waitForLoadState('networkidle');
      return await page.evaluate(() => /** @type {any} */ (globalThis).paints);
    } finally {
      await context.close();
    }
  };

  await visit(PLAIN, false);
  let missed = 0;
  for (const path of [...PUBLIC, ...signedIn]) {
    const plain = [];
    const paints = [];
    const shifts = [];
    for (let round = 0; round < ROUNDS; round++) {
      plain.push((await visit(PLAIN, false)).paint);
      const { paint, shift } = await visit(path, signedIn.includes(path));
      paints.push(paint);
      shifts.push(shift);
    }
    const paint = median(paints);
    if (paint > PROMISED_MS) missed++;
    const name = path.replace(id, '{agent}').replace(execution, '{execution}');
    console.log(
      `${name.padEnd(34)} ${paint.toFixed(0).padStart(5)} ms (promised ${PROMISED_MS}) · ${(paint / median(plain)).toFixed(1)} times a plain page · moved ${median(shifts).toFixed(3)}`,
    );
  }
  console.log(missed === 0 ? 'Every page keeps its promise.' : `${missed} pages are late.`);
} finally {
  await browser.close();
  await server.stop();
}
