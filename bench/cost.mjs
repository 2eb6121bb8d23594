import { randomBytes } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { costTable } from './lib/cost-table.mjs';
import { Client, drive } from './lib/load.mjs';
import { linearAgent, OBJECTS, prepareProduct } from './lib/product.mjs';
import { cpuMs } from './lib/runtime-process.mjs';
import { bundle, serve } from './lib/workerd.mjs';

/**
 * `node bench/cost.mjs [--write]`: what a million executions of the 10-step linear graph cost on Cloudflare. All that is billed is
 * counted while the product runs on workerd (bench/worker/counted.ts); `--write` puts the table into docs/cost.md.
 */
const STEPS = 10;
const EXECUTIONS = 200;
const TABLE = /(?<=<!-- table -->\n)[\s\S]*(?=<!-- \/table -->)/;
const root = path.resolve(import.meta.dirname, '..');
const counted = await serve({
  folder: bundle('bench/worker/counted.toml', path.join(root, '.local/bench/counted')),
  script: 'counted.js',
  objects: OBJECTS,
  bindings: {
    ENVIRONMENT: 'local',
    LOG_LEVEL: 'warn',
    AUTH_KEYS: `bench1:${randomBytes(48).toString('base64')}`,
    VAULT_KEYS: `bench1:${randomBytes(32).toString('base64')}`,
  },
});
try {
  const { token, agentId } = await prepareProduct(counted.url, linearAgent(STEPS));
  const client = new Client(counted.url, 1);
  const made = await client.send({
    method: 'POST',
    path: '/api/v1/org/api-keys',
    headers: { authorization: `Bearer ${token}` },
    body: JSON.stringify({ name: 'Cost', scopes: ['agents:execute'] }),
  });
  const { key } = JSON.parse(made.body);
  const start = () => ({
    method: 'POST',
    path: `/api/v1/agents/${agentId}/execute`,
    headers: { authorization: `Bearer ${key}` },
    body: '{"input":{"n":1}}',
  });
  await drive(client, 50, 1, start, [202]);
  await settled();
  const { 'd1.bytes': bytesBefore = 0 } = await counts('DELETE');
  const cpuBefore = cpuMs();
  await drive(client, EXECUTIONS, 1, start, [202]);
  const cpu = cpuMs() - cpuBefore;
  await settled();
  const sums = await counts('GET');
  client.close();
  /** @param {string} name */
  const each = (name) => (sums[name] ?? 0) / EXECUTIONS;
  if ((sums['other.requests'] ?? 0) > 0) throw new Error('an object was asked that the table does not know');
  const table = costTable(
    {
      'worker.requests': each('worker.requests'),
      'worker.cpu_ms': cpu / EXECUTIONS,
      'desk.requests': each('desk.requests'),
      'desk.rows_read': each('desk.rows_read'),
      'desk.rows_written': each('desk.rows_written'),
      'desk.active_ms': each('desk.active_ms'),
      'execution.requests': each('execution.requests'),
      'execution.rows_read': each('execution.rows_read'),
      'execution.rows_written': each('execution.rows_written'),
      'execution.active_ms': each('execution.active_ms'),
      'execution.bytes': sums['execution.bytes'] ?? 0,
      alarms: ['execution', 'desk'].reduce(
        (sum, name) => sum + each(`${name}.setAlarm`) + each(`${name}.deleteAlarm`),
        0,
      ),
      'd1.rows_read': each('d1.rows_read'),
      'd1.rows_written': each('d1.rows_written'),
      'd1.bytes': ((sums['d1.bytes'] ?? 0) - bytesBefore) / EXECUTIONS,
      'r2.class_a': each('r2.class_a'),
      'r2.class_b': each('r2.class_b'),
    },
    STEPS + 1,
  );
  console.log(table);
  if (process.argv.includes('--write')) {
    const file = path.join(root, 'docs/cost.md');
    writeFileSync(
      file,
      readFileSync(file, 'utf8').replace(TABLE, () => `${table}\n`),
    );
  }
} finally {
  await counted.stop();
}

/** @param {'GET' | 'DELETE'} method `DELETE` begins anew @returns {Promise<Record<string, number>>} */
async function counts(method) {
  return (await fetch(`${counted.url}/counted`, { method })).json();
}

/** Until every execution has told its end, and nothing has been counted for a while. */
async function settled() {
  const open = "SELECT count(*) AS n FROM executions WHERE status <> 'completed'";
  let last = '';
  for (;;) {
    const row = await counted.database.prepare(open).first();
    const now = JSON.stringify(await counts('GET'));
    if (Number(row?.n) === 0 && now === last) return;
    last = now;
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
}
