import { execFileSync } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import path from 'node:path';
import { buildUi } from '../../scripts/lib/build-ui.mjs';
import { Client, drive, median } from '../lib/load.mjs';
import { linearAgent, OBJECTS, prepareProduct } from '../lib/product.mjs';
import { bundle, serve } from '../lib/workerd.mjs';

/**
 * `npm run bench:peers`: the 10-step linear graph, ours through HTTP with authentication and admission, the others in their
 * own process without either, in turns. Install them first: `npm install` in bench/peers. PEERS_NODE names the Node to run
 * them on where better-sqlite3 was built for another one than this.
 */
const folder = import.meta.dirname;
if (!existsSync(path.join(folder, 'node_modules'))) {
  console.error('The peers are not installed: run npm install in bench/peers.');
  process.exit(1);
}
const ROUNDS = Number(process.env.BENCH_ROUNDS ?? 5);
const RUNS = Number(process.env.BENCH_RUNS ?? 400);
const CONCURRENCY = 32;

/** @param {string} script @returns {number} runs a second */
function peer(script) {
  const output = execFileSync(
    process.env.PEERS_NODE ?? process.execPath,
    [path.join(folder, script), String(RUNS), String(CONCURRENCY)],
    { encoding: 'utf8', stdio: ['ignore', 'pipe', 'inherit'] },
  );
  return JSON.parse(output.trim().split('\n').at(-1) ?? '').per_second;
}

await buildUi();
const product = await serve({
  folder: bundle('wrangler.toml', path.resolve(folder, '../../.local/bench/product')),
  script: 'index.js',
  objects: OBJECTS,
  bindings: {
    ENVIRONMENT: 'local',
    LOG_LEVEL: 'warn',
    AUTH_KEYS: `bench1:${randomBytes(48).toString('base64')}`,
    VAULT_KEYS: `bench1:${randomBytes(32).toString('base64')}`,
  },
});
try {
  const setup = await prepareProduct(product.url, linearAgent(10));
  const client = new Client(product.url, CONCURRENCY);
  const execute = () => ({
    method: 'POST',
    path: `/api/v1/agents/${setup.agentId}/execute`,
    headers: { authorization: `Bearer ${setup.token}`, prefer: 'wait=30' },
    body: '{"input":{"n":1}}',
  });
  await drive(client, 64, CONCURRENCY, execute, [200]);
  /** @type {{ langgraph: number[], mastra: number[] }} */
  const ratios = { langgraph: [], mastra: [] };
  for (let round = 0; round < ROUNDS; round++) {
    const langgraph = peer('langgraph.mjs');
    const ours = (await drive(client, RUNS, CONCURRENCY, execute, [200])).perSecond;
    const mastra = peer('mastra.mjs');
    ratios.langgraph.push(ours / langgraph);
    ratios.mastra.push(ours / mastra);
    console.log(
      `  ours ${ours.toFixed(0)} runs/s · LangGraph.js ${langgraph.toFixed(0)} · Mastra ${mastra.toFixed(0)}`,
    );
  }
  console.log(`To LangGraph.js, SQLite, sync: ${median(ratios.langgraph).toFixed(2)} (promised ≥ 1.5)`);
  console.log(`To Mastra, LibSQL: ${median(ratios.mastra).toFixed(2)} (promised > 1)`);
  client.close();
} finally {
  await product.stop();
}
