// How fluent the canvas is with 300 nodes in view: `npm run bench:canvas`. Prints frames a second while it is panned and while
// a node is dragged, beside those of an empty canvas in the same run, and the time to open.
import { chromium } from '@playwright/test';
import { apiClient, must } from './lib/api-client.mjs';
import { findBrowser } from './lib/browser.mjs';
import { buildUi } from './lib/build-ui.mjs';
import { startTestServer } from './lib/test-server.mjs';

const COLUMNS = 20;
const ROWS = 15;
const ROUNDS = 3;
const MOVES = 120;
const PROMISED = { fps: 50, openMs: 1500 };

/** Three hundred nodes of several kinds, in rows that a trigger begins. */
function wideDefinition() {
  const nodes = [];
  const edges = [];
  for (let row = 0; row < ROWS; row++) {
    for (let column = 0; column < COLUMNS; column++) {
      const id = `n${row}_${column}`;
      const position = { x: column * 320, y: row * 160 };
      if (row === 0 && column === 0) nodes.push({ id: 'start', type: 'trigger.manual', config: {}, position });
      else if (column % 5 === 1) {
        const conditions = { all: [{ field: '{{trigger.n}}', operator: 'equals', value: 1 }] };
        nodes.push({ id, type: 'logic.if', config: { conditions }, position });
      } else if (column % 5 === 2)
        nodes.push({ id, type: 'ai.chat', config: { prompt: '{{trigger.text}}' }, position });
      else nodes.push({ id, type: 'logic.transform', config: { expression: 'trigger' }, position });
      const before = column === 0 ? 'start' : row === 0 && column === 1 ? 'start' : `n${row}_${column - 1}`;
      if (row === 0 && column === 0) continue;
      const exit = column % 5 === 2 ? { source_handle: 'true' } : {};
      edges.push({ id: `to_${id}`, source: before, target: id, ...exit });
    }
  }
  return { nodes, edges };
}

/**
 * Frames that the page draws while something is moved in small steps.
 * @param {import('@playwright/test').Page} page
 * @param {(at: number) => Promise<unknown>} move
 */
async function framesWhile(page, move) {
  await page.evaluate(() => {
    const seen = { frames: 0, from: 0, to: 0, longest: 0 };
    Object.assign(globalThis, { seen });
    const count = (/** @type {number} */ now) => {
      if (seen.from === 0) seen.from = now;
      else seen.longest = Math.max(seen.longest, now - seen.to);
      seen.to = now;
      seen.frames++;
      requestAnimationFrame(count);
    };
    requestAnimationFrame(count);
  });
  for (let at = 0; at < MOVES; at++) await move(at);
  return page.evaluate(() => {
    const { seen } = /** @type {{ seen: { frames: number, from: number, to: number, longest: number } }} */ (
      /** @type {unknown} */ (globalThis)
    );
    return { fps: ((seen.frames - 1) * 1000) / (seen.to - seen.from), longestMs: seen.longest };
  });
}

/** @param {readonly number[]} values */
function median(values) {
  return values.toSorted((left, right) => left - right)[Math.floor(values.length / 2)] ?? 0;
}

/**
 * Opens the builder of an agent, pans its canvas and, where it has one, drags a node.
 * @param {import('@playwright/test').Browser} browser
 * @param {{ url: string, cookies: Parameters<import('@playwright/test').BrowserContext['addCookies']>[0], agentId: string, nodes: number }} what
 */
async function measure(browser, { url, cookies, agentId, nodes }) {
  const context = await browser.newContext({ baseURL: url, viewport: { width: 1600, height: 1000 } });
  await context.addCookies(cookies);
  await context.addInitScript(() => localStorage.setItem('agentflow.signed_in', '1'));
  const page = await context.newPage();
  // The code is there already, as for whoever opens a second agent.
  await page.goto('/dashboard/agents');
  await page.goto(`/dashboard/agents/${agentId}?tab=builder`);
  await page.getByRole('region', { name: 'Canvas' }).waitFor();
  await page.goto('/dashboard/agents');
  await page.getByRole('heading', { level: 1 }).waitFor();
  const began = performance.now();
  await page.goto(`/dashboard/agents/${agentId}?tab=builder`, { waitUntil: 'commit' });
  await page.waitForFunction(
    (count) =>
      document.querySelector('.react-flow__viewport') !== null &&
      document.querySelectorAll('.react-flow__node').length === count,
    nodes,
    { polling: 'raf' },
  );
  await page.evaluate(() => new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve))));
  const openMs = performance.now() - began;
  await page.waitForLoadState('networkidle');
  const canvas = await page.getByRole('region', { name: 'Canvas' }).boundingBox();
  if (canvas === null) throw new Error('the canvas can’t be seen');
  const centre = { x: canvas.x + canvas.width / 2, y: canvas.y + canvas.height - 24 };
  const swing = (/** @type {number} */ at) => Math.sin((at / MOVES) * Math.PI * 4) * 60;
  await page.mouse.move(centre.x, centre.y);
  await page.mouse.down();
  const pan = await framesWhile(page, (at) =>
    page.mouse.move(centre.x + swing(at), centre.y - Math.abs(swing(at)) / 2),
  );
  await page.mouse.up();
  let drag = null;
  const node = await page
    .locator('.react-flow__node')
    .nth(Math.floor(nodes / 2))
    .boundingBox({ timeout: 1000 })
    .catch(() => null);
  if (node !== null) {
    const grip = { x: node.x + node.width / 2, y: node.y + node.height / 3 };
    await page.mouse.move(grip.x, grip.y);
    await page.mouse.down();
    drag = await framesWhile(page, (at) => page.mouse.move(grip.x + swing(at), grip.y + swing(at) / 2));
    await page.mouse.up();
  }
  await context.close();
  return { openMs, pan, drag };
}

/** The server of the browser tests where one is up (scripts/serve-for-tests.mjs), else one of its own. */
async function openServer() {
  const { E2E_BASE_URL: url } = process.env;
  if (url !== undefined) return { url, stop: async () => {} };
  await buildUi();
  return startTestServer();
}

const server = await openServer();
const browser = await chromium.launch({
  executablePath: await findBrowser(),
  args: ['--no-sandbox', '--disable-gpu', '--no-first-run'],
});
try {
  const request = (await browser.newContext({ baseURL: server.url })).request;
  const email = `owner-${Date.now()}@example.com`;
  const signup = await request.post('/api/v1/auth/signup', {
    data: { organization_name: 'Canvas', name: 'Owner', email, password: 'a long enough pass phrase' },
  });
  const call = apiClient(server.url, (await signup.json()).access_token);
  const definition = wideDefinition();
  const full = must(await call('POST', '/agents', { name: 'Wide', definition }), 'Creating').id;
  const empty = must(await call('POST', '/agents', { name: 'Empty' }), 'Creating').id;
  /** @type {Awaited<ReturnType<typeof measure>>[][]} */
  const rounds = [];
  for (let round = 0; round < ROUNDS; round++) {
    const runs = [];
    for (const each of [
      { agentId: empty, nodes: 0 },
      { agentId: full, nodes: definition.nodes.length },
    ]) {
      // A session of its own: its cookie is replaced whenever it is used.
      const context = await browser.newContext({ baseURL: server.url });
      await context.request.post('/api/v1/auth/login', {
        headers: { 'X-AgentFlow-CSRF': '1' },
        data: { email, password: 'a long enough pass phrase' },
      });
      const { cookies } = await context.request.storageState();
      await context.close();
      runs.push(await measure(browser, { url: server.url, cookies, ...each }));
    }
    rounds.push(runs);
  }
  const of = (/** @type {(runs: Awaited<ReturnType<typeof measure>>[]) => number} */ figure) =>
    median(rounds.map(figure));
  const figures = {
    emptyFps: of(([bare]) => bare?.pan.fps ?? 0),
    panFps: of(([, wide]) => wide?.pan.fps ?? 0),
    dragFps: of(([, wide]) => wide?.drag?.fps ?? 0),
    openMs: of(([, wide]) => wide?.openMs ?? 0),
    emptyOpenMs: of(([bare]) => bare?.openMs ?? 0),
  };
  console.log(
    `${definition.nodes.length} nodes, ${definition.edges.length} edges, all in view; medians of ${ROUNDS} rounds`,
  );
  console.log(`empty canvas, panned   ${figures.emptyFps.toFixed(1)} frames/s`);
  console.log(`panned                 ${figures.panFps.toFixed(1)} frames/s (promised ${PROMISED.fps})`);
  console.log(`a node dragged         ${figures.dragFps.toFixed(1)} frames/s (promised ${PROMISED.fps})`);
  console.log(
    `opened                 ${figures.openMs.toFixed(0)} ms (promised ${PROMISED.openMs}); empty ${figures.emptyOpenMs.toFixed(0)} ms`,
  );
} finally {
  await browser.close();
  await server.stop();
}
