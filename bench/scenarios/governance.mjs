import { Client, drive, median, percentile } from '../lib/load.mjs';
import { linearAgent, publish } from '../lib/product.mjs';

const CONNECTIONS = 32;

/**
 * Requests of the organization's owner, each answer as JSON.
 *
 * @param {Client} client @param {string} token
 */
function asOwner(client, token) {
  /** @param {string} method @param {string} path @param {object} [body] */
  return async (method, path, body) => {
    const answer = await client.send({
      method,
      path: `/api/v1${path}`,
      headers: { authorization: `Bearer ${token}` },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
    });
    if (answer.status >= 300) throw new Error(`${method} ${path} answered ${answer.status}: ${answer.body}`);
    return answer.body === '' ? null : JSON.parse(answer.body);
  };
}

/** @param {ReturnType<typeof asOwner>} ask @param {string} name @param {object} [fields] */
function register(ask, name, fields = {}) {
  return ask('POST', '/external-agents', { name, platform: 'custom', ...fields });
}

/** @param {{ id: string, api_key: string }} caller @param {string} agentId @param {Record<string, string>} [headers] */
function invoke(caller, agentId, headers = {}) {
  return () => ({
    method: 'POST',
    path: `/api/v1/external-agents/${caller.id}/invoke`,
    headers: { authorization: `Bearer ${caller.api_key}`, ...headers },
    body: JSON.stringify({ agent_id: agentId, input: { n: 1 } }),
  });
}

/** Calls that are refused before anything runs, to a bare script that makes one object call. @param {import('./bench.mjs').Bench} bench */
export async function refusedCalls({ product, floor, slow, setup, rounds, reads, report }) {
  console.log(`\nRefused calls of external agents, ${CONNECTIONS} connections, ${rounds} × ${reads}`);
  const ours = new Client(product.url, CONNECTIONS);
  const bare = new Client(floor.url, CONNECTIONS);
  const ask = asOwner(ours, setup.token);
  const throttled = await register(ask, 'Throttled', { rate_limits: { day: 1 } });
  const denied = await register(ask, 'Denied');
  await ask('POST', '/policies', {
    name: 'Bench: denied',
    effect: 'deny',
    priority: 1,
    subjects: [{ kind: 'external_agent', ids: [denied.id] }],
    actions: ['*'],
    resources: { agents: ['*'] },
  });
  const broke = await brokeAgent(ours, ask, setup.token, slow.model);
  const kinds = [
    { name: '429 by rate', caller: throttled, agentId: setup.agentId, status: 429 },
    { name: '403 by policy', caller: denied, agentId: setup.agentId, status: 403 },
    { name: '429 by budget', caller: broke, agentId: setup.agentId, status: 429 },
  ];
  await ours.send(invoke(throttled, setup.agentId)());
  const check = () => ({
    method: 'POST',
    path: `/refuse/${setup.organizationId}`,
    headers: { authorization: `Bearer ${throttled.api_key}` },
    body: '{"n":1}',
  });
  await drive(bare, 500, CONNECTIONS, check, [429]);
  for (const { name, caller, agentId, status } of kinds) {
    const refused = invoke(caller, agentId);
    await drive(ours, 300, CONNECTIONS, refused, [status]);
    const ratios = [];
    for (let round = 0; round < rounds; round++) {
      const a = await drive(ours, reads, CONNECTIONS, refused, [status]);
      const b = await drive(bare, reads, CONNECTIONS, check, [429]);
      ratios.push(a.perSecond / b.perSecond);
      console.log(`  ${name}: ${a.perSecond.toFixed(0)}/s against ${b.perSecond.toFixed(0)}/s of the bare script`);
    }
    report(`${name} to a bare refusal`, median(ratios), '≥ 0.7', median(ratios) >= 0.7);
  }
  ours.close();
  bare.close();
}

/**
 * An external agent whose budget is used up: the model it used has a price, and its one call cost all that there was.
 *
 * @param {Client} client @param {ReturnType<typeof asOwner>} ask @param {string} token @param {string} modelUrl
 */
async function brokeAgent(client, ask, token, modelUrl) {
  const broke = await register(ask, 'Broke');
  await ask('PUT', '/org/provider-keys/custom', { base_url: modelUrl });
  await ask('PUT', '/models/prices', {
    model: 'custom/bench',
    input_usd_per_million: 1,
    output_usd_per_million: 1,
  });
  const spending = await publish(client, token, 'Spending', {
    nodes: [
      { id: 'start', type: 'trigger.manual', config: {} },
      {
        id: 'sum',
        type: 'ai.summarize',
        config: { model: 'custom/bench', prompt: 'The printer is out of paper.' },
      },
    ],
    edges: [{ id: 'e', source: 'start', target: 'sum' }],
  });
  await ask('PUT', `/external-agents/${broke.id}/budget`, { limit_usd: 10, period: 'total' });
  const answer = await client.send(invoke(broke, spending, { prefer: 'wait=30' })());
  if (answer.status !== 200) throw new Error(`the spending call answered ${answer.status}: ${answer.body}`);
  const budget = `/external-agents/${broke.id}/budget`;
  const deadline = performance.now() + 10_000;
  while (!((await ask('GET', budget)).data[0].spent_usd > 0)) {
    if (performance.now() > deadline) throw new Error('the spending call has cost nothing');
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
  await ask('PUT', budget, { limit_usd: 0.000001, period: 'total' });
  return broke;
}

/** Allowed calls, counted until their rows are in D1, to a bare script that makes the same two object calls. @param {import('./bench.mjs').Bench} bench */
export async function allowedCalls({ product, floor, setup, rounds, runs, report }) {
  console.log(`\nAllowed calls of external agents, one step each, ${CONNECTIONS} connections, ${rounds} × ${runs}`);
  const ours = new Client(product.url, CONNECTIONS);
  const bare = new Client(floor.url, CONNECTIONS);
  const ask = asOwner(ours, setup.token);
  const agentId = await publish(ours, setup.token, 'One step', linearAgent(1));
  const caller = await governed(ask, 'Allowed');
  const floorToken = (await bare.send({ path: '/token' })).body;
  const run = () => ({
    method: 'POST',
    path: `/run/${setup.organizationId}/${setup.agentId}?steps=1`,
    headers: { authorization: `Bearer ${floorToken}` },
    body: '{"n":1}',
  });
  /** @param {Client} client @param {() => import('../lib/load.mjs').Call} make @param {import('@cloudflare/workers-types').D1Database} database @param {number} total */
  const measure = async (client, make, database, total) => {
    const before = await ended(database);
    const started = performance.now();
    await drive(client, total, CONNECTIONS, make, [200]);
    while ((await ended(database)) < before + total) await new Promise((resolve) => setTimeout(resolve, 5));
    return total / ((performance.now() - started) / 1000);
  };
  const call = invoke(caller, agentId, { prefer: 'wait=30' });
  await measure(ours, call, product.database, 64);
  await measure(bare, run, floor.database, 64);
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    const a = await measure(ours, call, product.database, runs);
    const b = await measure(bare, run, floor.database, runs);
    ratios.push(a / b);
    console.log(`  ${a.toFixed(0)} calls/s against ${b.toFixed(0)} runs/s of the bare script`);
  }
  report('allowed call to the bare script', median(ratios), '≥ 0.7', median(ratios) >= 0.7);
  ours.close();
  bare.close();
}

/** An external agent under every kind of governance, none of which refuses it. @param {ReturnType<typeof asOwner>} ask @param {string} name */
async function governed(ask, name) {
  const caller = await register(ask, name, { rate_limits: { minute: 100_000, hour: 1_000_000 } });
  await ask('PUT', `/external-agents/${caller.id}/budget`, { limit_usd: 1000, period: 'month' });
  await ask('POST', '/policies', {
    name: `Bench: ${name}`,
    effect: 'allow',
    priority: 1,
    subjects: [{ kind: 'external_agent', ids: [caller.id] }],
    actions: ['invoke'],
    resources: { agents: ['*'] },
  });
  return caller;
}

/** @param {import('@cloudflare/workers-types').D1Database} database */
async function ended(database) {
  const row = await database.prepare("SELECT count(*) AS n FROM executions WHERE status = 'completed'").first();
  return Number(row?.n ?? 0);
}

/**
 * What governance and lineage add to a start: calls of an external agent and starts with an API key in turns, one after the
 * other, of the same agent.
 *
 * @param {import('./bench.mjs').Bench} bench
 */
export async function governanceAdds({ product, setup, report }) {
  console.log('\nA call of a governed external agent beside a start with an API key, 500 of each in turns');
  const client = new Client(product.url, 1);
  const ask = asOwner(client, setup.token);
  const agentId = await publish(client, setup.token, 'Compared', linearAgent(1));
  const caller = await governed(ask, 'Compared');
  const { key } = await ask('POST', '/org/api-keys', { name: 'Compared', scopes: ['agents:execute'] });
  const start = () => ({
    method: 'POST',
    path: `/api/v1/agents/${agentId}/execute`,
    headers: { authorization: `Bearer ${key}`, prefer: 'wait=30' },
    body: '{"input":{"n":1}}',
  });
  const call = invoke(caller, agentId, { prefer: 'wait=30' });
  /** @type {number[]} */
  const calls = [];
  /** @type {number[]} */
  const starts = [];
  for (let index = 0; index < 510; index++) {
    for (const [make, times] of /** @type {const} */ ([
      [call, calls],
      [start, starts],
    ])) {
      const answer = await client.send(make());
      if (answer.status !== 200) throw new Error(`answered ${answer.status}: ${answer.body.slice(0, 300)}`);
      if (index >= 10) times.push(answer.ms);
    }
  }
  const adds = median(calls) - median(starts);
  console.log(`  a call takes ${median(calls).toFixed(2)} ms at the median, a start ${median(starts).toFixed(2)} ms`);
  report('governance and lineage add, at the median', adds, '< 5 ms', adds < 5, ' ms');
  client.close();
}

const AGENTS = 100;
const CALLS_A_SECOND = 50;
const SECONDS = 20;

/** A hundred external agents that call as they please: sent by the clock, whether or not earlier ones are answered. @param {import('./bench.mjs').Bench} bench */
export async function openLoop({ product, setup, report }) {
  console.log(`\n${AGENTS} external agents, ${CALLS_A_SECOND} calls a second together for ${SECONDS} s`);
  const client = new Client(product.url, 200);
  const ask = asOwner(client, setup.token);
  const agentId = await publish(client, setup.token, 'Shared', linearAgent(1));
  const callers = [];
  for (let index = 0; index < AGENTS; index++) {
    callers.push(await register(ask, `Agent ${index}`, { rate_limits: { minute: 600 } }));
  }
  const before = await recorded(product.database);
  const total = CALLS_A_SECOND * SECONDS;
  const began = performance.now();
  /** @type {Promise<number>[]} */
  const sent = [];
  for (let index = 0; index < total; index++) {
    const due = began + (index * 1000) / CALLS_A_SECOND;
    const wait = due - performance.now();
    if (wait > 0) await new Promise((resolve) => setTimeout(resolve, wait));
    const caller = callers[index % AGENTS];
    sent.push(
      client.send(invoke(caller, agentId)()).then((answer) => {
        if (answer.status !== 202) throw new Error(`answered ${answer.status}: ${answer.body.slice(0, 300)}`);
        return performance.now() - due;
      }),
    );
  }
  const latencies = await Promise.all(sent);
  const p95 = percentile(latencies, 0.95);
  const deadline = performance.now() + 30_000;
  while ((await recorded(product.database)) < before + total && performance.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
  const counted = (await recorded(product.database)) - before;
  console.log(`  median ${median(latencies).toFixed(1)} ms, longest ${Math.max(...latencies).toFixed(0)} ms`);
  report(`answer of ${AGENTS} external agents, p95`, p95, '< 50 ms', p95 < 50, ' ms');
  report('calls recorded, of those made', counted / total, '= 1', counted === total);
  client.close();
}

/** @param {import('@cloudflare/workers-types').D1Database} database */
async function recorded(database) {
  const row = await database.prepare("SELECT sum(count) AS n FROM invocations WHERE status <> 'running'").first();
  return Number(row?.n ?? 0);
}
