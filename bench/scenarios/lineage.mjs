import { addInvocations } from '../lib/invocation-rows.mjs';
import { Client, drive, percentile } from '../lib/load.mjs';

const ROWS = Number(process.env.BENCH_INVOCATIONS ?? 100_000);
const REQUESTS = 400;

/**
 * The list of invocations by each of its filters, and lineages, while D1 holds a hundred thousand calls with their
 * executions.
 *
 * @param {import('./bench.mjs').Bench} bench
 */
export async function readInvocations({ product, setup, report }) {
  console.log(`\nInvocations with ${ROWS.toLocaleString('en')} of them in D1, one request after the other`);
  const { ids, externalAgents } = await addInvocations(product.database, setup, ROWS);
  const client = new Client(product.url, 1);
  const headers = { authorization: `Bearer ${setup.token}` };
  const day = (/** @type {number} */ ago) => new Date(Date.now() - ago * 24 * 3_600_000).toISOString();
  const queries = [
    '',
    `external_agent_id=${externalAgents[3]}`,
    'status=throttled',
    `agent_id=${setup.agentId}`,
    'error_code=rate_limited',
    'door=mcp',
    `from=${day(20)}&to=${day(19)}`,
    `external_agent_id=${externalAgents[7]}&status=throttled&door=rest`,
  ];
  const list = (/** @type {number} */ index) => ({
    path: `/api/v1/invocations?${queries[index % queries.length]}`,
    headers,
  });
  // Those that led to most come first.
  const lineage = (/** @type {number} */ index) => ({ path: `/api/v1/invocations/${ids[index]}/lineage`, headers });
  const longest = () => ({ path: '/api/v1/invocations?limit=100', headers });
  await drive(client, 2 * queries.length, 1, list, [200]);
  await drive(client, 10, 1, lineage, [200]);
  const lists = await drive(client, REQUESTS, 1, list, [200]);
  const lineages = await drive(client, Math.min(REQUESTS, ids.length), 1, lineage, [200]);
  const long = await drive(client, 100, 1, longest, [200]);
  console.log(`  a page of 100: p95 ${percentile(long.latencies, 0.95).toFixed(2)} ms`);
  const listed = percentile(lists.latencies, 0.95);
  const traced = percentile(lineages.latencies, 0.95);
  report('a page of invocations, p95', listed, '< 50 ms', listed < 50, ' ms');
  report('a lineage, p95', traced, '< 50 ms', traced < 50, ' ms');
  client.close();
}
