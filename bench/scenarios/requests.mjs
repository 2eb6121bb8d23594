import { Client, drive, median, percentile } from '../lib/load.mjs';
import { insert } from '../lib/rows.mjs';

/** @param {import('./bench.mjs').Bench} bench */
export async function readOneAgent({ product, floor, setup, rounds, reads, report }) {
  console.log(`\nAuthenticated GET of one agent, 16 connections, ${rounds} × ${reads}`);
  const ours = new Client(product.url, 16);
  const bare = new Client(floor.url, 16);
  const get = () => ({ path: `/api/v1/agents/${setup.agentId}`, headers: { authorization: `Bearer ${setup.token}` } });
  const read = () => ({ path: `/agents/${setup.organizationId}/${setup.agentId}` });
  await drive(ours, 500, 16, get, [200]);
  await drive(bare, 500, 16, read, [200]);
  const ratios = [];
  for (let round = 0; round < rounds; round++) {
    const a = await drive(ours, reads, 16, get, [200]);
    const b = await drive(bare, reads, 16, read, [200]);
    ratios.push(a.perSecond / b.perSecond);
    console.log(`  ${a.perSecond.toFixed(0)}/s against ${b.perSecond.toFixed(0)}/s of the bare route`);
  }
  report('GET of one agent to a bare D1 read', median(ratios), '≥ 0.8', median(ratios) >= 0.8);
  ours.close();
  bare.close();
}

/** The whole round trip of a route that does nothing but check the token is an upper bound of the check. @param {import('./bench.mjs').Bench} bench */
export async function tokenValidation({ product, setup, report }) {
  console.log('\nToken validation, 1,000 requests one after the other');
  const client = new Client(product.url, 1);
  const call = () => ({ path: '/api/v1/node-types', headers: { authorization: `Bearer ${setup.token}` } });
  const { latencies } = await drive(client, 1000, 1, call, [200]);
  const anonymous = await drive(client, 1000, 1, () => ({ path: '/health' }), [200]);
  const p95 = percentile(latencies, 0.95);
  console.log(`  an anonymous request: p95 ${percentile(anonymous.latencies, 0.95).toFixed(2)} ms`);
  report('request with a token, p95', p95, '< 10 ms', p95 < 10, ' ms');
  client.close();
}

/** The same with an API key: the token's request plus one call to the organization's desk. @param {import('./bench.mjs').Bench} bench */
export async function keyCheck({ product, setup, report }) {
  console.log('\nAPI key check at the desk, 1,000 requests one after the other');
  const client = new Client(product.url, 1);
  const made = await client.send({
    method: 'POST',
    path: '/api/v1/org/api-keys',
    headers: { authorization: `Bearer ${setup.token}` },
    body: JSON.stringify({ name: 'Bench', scopes: ['agents:read'] }),
  });
  const { key } = JSON.parse(made.body);
  const call = () => ({ path: '/api/v1/node-types', headers: { authorization: `Bearer ${key}` } });
  const { latencies } = await drive(client, 1000, 1, call, [200]);
  const p95 = percentile(latencies, 0.95);
  report('request with an API key, p95', p95, '< 10 ms', p95 < 10, ' ms');
  client.close();
}

/**
 * Reads go on while fifty people sign in at once. The floor is the same read without them. Hashing a password takes its
 * share of the machine whatever is done: what is promised is that the others keep a part, and wait for a hash or two.
 *
 * @param {import('./bench.mjs').Bench} bench
 */
export async function loginStorm({ product, setup, report }) {
  console.log('\nReads while 50 people sign in at once, 4 connections');
  const readers = new Client(product.url, 4);
  const people = new Client(product.url, 50);
  const emails = await addPeople(product.database, setup, 50);
  const get = () => ({ path: `/api/v1/agents/${setup.agentId}`, headers: { authorization: `Bearer ${setup.token}` } });
  await drive(readers, 300, 4, get, [200]);
  const quiet = await drive(readers, 1000, 4, get, [200]);
  let done = false;
  const storm = Promise.all(
    emails.map((email) =>
      people.send({
        method: 'POST',
        path: '/api/v1/auth/login',
        body: JSON.stringify({ email, password: setup.password }),
      }),
    ),
  ).finally(() => {
    done = true;
  });
  /** @type {number[]} */
  const latencies = [];
  const started = performance.now();
  await Promise.all(
    Array.from({ length: 4 }, async () => {
      while (!done) {
        const { status, ms } = await readers.send(get());
        if (status !== 200) throw new Error(`a read answered ${status}`);
        latencies.push(ms);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  const signedIn = (await storm).filter(({ status }) => status === 200).length;
  const perSecond = latencies.length / seconds;
  const ratio = perSecond / quiet.perSecond;
  const longest = Math.max(...latencies);
  console.log(
    `  ${signedIn} signed in within ${seconds.toFixed(1)} s; ${perSecond.toFixed(0)} reads/s against ${quiet.perSecond.toFixed(0)}/s`,
  );
  report('reads while 50 sign in, to reads before', ratio, '≥ 0.25', ratio >= 0.25 && signedIn === 50);
  report('longest read while 50 sign in', longest, '< 1000 ms', longest < 1000, ' ms');
  readers.close();
  people.close();
}

/**
 * Members with the owner's password, straight into D1: hashing it for each would take longer than the measurement.
 *
 * @param {import('@cloudflare/workers-types').D1Database} database @param {{ organizationId: string, email: string }} setup @param {number} total
 */
async function addPeople(database, setup, total) {
  const owner = /** @type {Record<string, unknown>} */ (
    await database.prepare('SELECT * FROM users WHERE email = ?').bind(setup.email).first()
  );
  const emails = Array.from({ length: total }, (_, index) => `person-${index}-${setup.email}`);
  await database.batch(
    emails.flatMap((email, index) => {
      const id = `${String(owner.id).slice(0, -3)}${String(index).padStart(3, '0')}`;
      const membership = { organization_id: setup.organizationId, user_id: id, role: 'viewer', created_at: Date.now() };
      return [insert(database, 'users', { ...owner, id, email }), insert(database, 'memberships', membership)];
    }),
  );
  return emails;
}
