import { Client, drive, median, percentile } from '../lib/load.mjs';
import { askingAgent, parallelAgent, publish } from '../lib/product.mjs';

/** Counted until the last row is in D1, so that work after the answer counts too. @param {import('./bench.mjs').Bench} bench */
export async function tenSteps({ product, floor, setup, rounds, runs, report }) {
  console.log(`\n10-step execution (auth, admit, start, run, settle, D1 row), 32 connections, ${rounds} × ${runs}`);
  const ours = new Client(product.url, 32);
  const bare = new Client(floor.url, 32);
  const floorToken = (await bare.send({ path: '/token' })).body;
  const execute = () => ({
    method: 'POST',
    path: `/api/v1/agents/${setup.agentId}/execute`,
    headers: { authorization: `Bearer ${setup.token}`, prefer: 'wait=30' },
    body: '{"input":{"n":1}}',
  });
  const run = () => ({
    method: 'POST',
    path: `/run/${setup.organizationId}/${setup.agentId}`,
    headers: { authorization: `Bearer ${floorToken}` },
    body: '{"n":1}',
  });
  /** @param {Client} client @param {() => import('../lib/load.mjs').Call} make @param {import('@cloudflare/workers-types').D1Database} database @param {number} total */
  const measure = async (client, make, database, total) => {
    const before = await count(database);
    const started = performance.now();
    await drive(client, total, 32, make, [200]);
    while ((await count(database)) < before + total) await new Promise((resolve) => setTimeout(resolve, 5));
    return total / ((performance.now() - started) / 1000);
  };
  await measure(ours, execute, product.database, 64);
  await measure(bare, run, floor.database, 64);
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    const a = await measure(ours, execute, product.database, runs);
    const b = await measure(bare, run, floor.database, runs);
    ratios.push(a / b);
    console.log(`  ${a.toFixed(0)} runs/s against ${b.toFixed(0)} runs/s of the bare script`);
  }
  report('10-step execution to the bare script', median(ratios), '≥ 0.7', median(ratios) >= 0.7);
  ours.close();
  bare.close();
}

/** @param {import('@cloudflare/workers-types').D1Database} database */
async function count(database) {
  const row = await database.prepare("SELECT count(*) AS n FROM executions WHERE status = 'completed'").first();
  return Number(row?.n ?? 0);
}

/** @param {import('./bench.mjs').Bench} bench */
export async function parallelBranches({ product, setup, slow, report }) {
  console.log('\n50 parallel branches, each one call of 100 ms, 10 runs one after the other');
  const client = new Client(product.url, 1);
  const agentId = await publish(client, setup.token, 'Parallel', parallelAgent(50, slow.url));
  const execute = () => ({
    method: 'POST',
    path: `/api/v1/agents/${agentId}/execute`,
    headers: { authorization: `Bearer ${setup.token}`, prefer: 'wait=30' },
    body: '{"input":{}}',
  });
  await drive(client, 2, 1, execute, [200]);
  const { latencies } = await drive(client, 10, 1, execute, [200]);
  const middle = median(latencies);
  report('50 branches of a 100 ms call', middle, '< 400 ms', middle < 400, ' ms');
  client.close();
}

/**
 * An execution of 20 steps that waits for a person, out of memory: from the decision's request to the next step's begin.
 * What wakes is what was stored, so that an eviction, a deployment and a crash cost the same.
 *
 * @param {import('./bench.mjs').Bench} bench
 */
export async function resumeAfterEviction({ product, setup, report }) {
  console.log('\nNext step after a decision, 100 executions of 20 steps that were evicted, and 100 that were not');
  const client = new Client(product.url, 1);
  const headers = { authorization: `Bearer ${setup.token}` };
  const agentId = await publish(client, setup.token, 'Asking', askingAgent(20));
  /** @param {import('../lib/load.mjs').Call} call */
  const ask = async (call) => {
    const answer = await client.send({ ...call, headers });
    if (answer.status >= 300) throw new Error(`${call.path} answered ${answer.status}: ${answer.body}`);
    return JSON.parse(answer.body);
  };
  /** @param {string} id @param {string} type @param {string} node */
  const eventOf = async (id, type, node) => {
    for (;;) {
      const { data } = await ask({ path: `/api/v1/executions/${id}/events?limit=1000` });
      const found = data.find((/** @type {any} */ event) => event.type === type && event.node_id === node);
      if (found !== undefined) return found;
    }
  };
  /** @type {{ evicted: number[], live: number[] }} */
  const times = { evicted: [], live: [] };
  for (let index = 0; index < 200; index++) {
    const evicted = index % 2 === 0;
    const { id } = await ask({ method: 'POST', path: `/api/v1/agents/${agentId}/execute`, body: '{"input":{"n":1}}' });
    await eventOf(id, 'step.waiting', 'ask');
    if (evicted) await product.evict('ExecutionObject', id);
    const asked = Date.now();
    await ask({ method: 'POST', path: `/api/v1/executions/${id}/approve`, body: '{"decision":"approve"}' });
    const begun = await eventOf(id, 'step.started', 'after');
    times[evicted ? 'evicted' : 'live'].push(Date.parse(begun.at) - asked);
  }
  client.close();
  const p95 = percentile(times.evicted, 0.95);
  console.log(`  in memory: p95 ${percentile(times.live, 0.95)} ms`);
  report('next step of an evicted execution, p95', p95, '< 50 ms', p95 < 50, ' ms');
}
