import { Client, drive, percentile } from '../lib/load.mjs';
import { linearAgent, prepareProduct } from '../lib/product.mjs';
import { startReceivers } from '../lib/receivers.mjs';

const EVENTS = 500;
const STARTS_AT_ONCE = 16;
const SINGLE_RUNS = 60;
const SLOW_MS = 300;
const LONGEST_MS = 180_000;
/** Ten answer at once, five of them in order; two more and in order; one is slow; two are dead. */
const KINDS = [
  ...Array.from({ length: 17 }, (_, index) => ({ wait: 0, dead: false, ordered: index < 5 })),
  { wait: SLOW_MS, dead: false, ordered: false },
  { wait: 0, dead: true, ordered: false },
  { wait: 0, dead: true, ordered: true },
];

/**
 * Ends of executions to webhooks: how soon the first delivery comes, and 500 events to 20 targets, two of them dead and one
 * slow, against a bare script that posts the same bodies to the same receivers.
 *
 * @param {import('./bench.mjs').Bench} bench
 */
export async function deliveries({ floor, serveProduct, report }) {
  console.log(`\nDeliveries: ${EVENTS} ends of executions to ${KINDS.length} targets, two of them dead and one slow`);
  const { receivers, stop } = await startReceivers(KINDS);
  const product = await serveProduct({ outbound: receivers.map(({ host }) => host) });
  const bare = new Client(floor.url, 1);
  const ours = new Client(product.url, STARTS_AT_ONCE);
  try {
    const setup = await prepareProduct(product.url, linearAgent(1));
    const headers = { authorization: `Bearer ${setup.token}` };
    const start = () => ({
      method: 'POST',
      path: `/api/v1/agents/${setup.agentId}/execute`,
      headers,
      body: '{"input":{"n":1}}',
    });
    const [first] = receivers;
    if (first === undefined) throw new Error('there is no receiver');
    await subscribe(ours, headers, [first], [KINDS[0]?.ordered === true]);
    await firstDeliveries(ours, start, first, report);

    const others = receivers.slice(1);
    await subscribe(
      ours,
      headers,
      others,
      KINDS.slice(1).map(({ ordered }) => ordered),
    );
    for (const { arrivals } of receivers) arrivals.length = 0;
    const began = Date.now();
    await drive(ours, EVENTS, STARTS_AT_ONCE, start, [202]);
    const started = Date.now();
    const alive = receivers.filter(({ dead }) => !dead);
    await until(() => alive.every(({ arrivals }) => distinct(arrivals) >= EVENTS));
    const ended = Math.max(...alive.map(({ arrivals }) => arrivals.at(-1)?.at ?? began));
    const seconds = (ended - began) / 1000;
    const rate = (alive.length * EVENTS) / seconds;
    const lost = alive.reduce((sum, { arrivals }) => sum + EVENTS - distinct(arrivals), 0);
    const doubled = alive.reduce((sum, { arrivals }) => sum + arrivals.length - distinct(arrivals), 0);
    const orders = alive
      .filter((_, index) => KINDS[index]?.ordered)
      .map(({ arrivals }) => arrivals.map(({ id }) => id).join());
    console.log(
      `  ${alive.length * EVENTS} deliveries in ${seconds.toFixed(1)} s, the starts took ${((started - began) / 1000).toFixed(1)} s; ${doubled} came twice`,
    );
    report('deliveries a second, executions included', rate, '≥ 150', rate >= 150);
    report('lost deliveries to targets that live', lost, '0', lost === 0);
    report('orders that targets in order saw', new Set(orders).size, '1', new Set(orders).size === 1);

    const bodies = alive[0]?.arrivals.slice(0, EVENTS).map(({ body }) => body) ?? [];
    const call = {
      method: 'POST',
      path: '/deliver',
      body: JSON.stringify({ urls: alive.map(({ url }) => url), bodies }),
    };
    const posting = performance.now();
    const answer = await bare.send(call);
    if (answer.status !== 204) throw new Error(`the bare script answered ${answer.status}: ${answer.body}`);
    const bareRate = (alive.length * bodies.length * 1000) / (performance.now() - posting);
    console.log(`  ${bareRate.toFixed(0)}/s of the bare script: ${(rate / bareRate).toFixed(2)}`);
  } finally {
    ours.close();
    bare.close();
    await product.stop();
    stop();
  }
}

/** @param {Client} ours @param {Record<string, string>} headers @param {import('../lib/receivers.mjs').Receiver[]} receivers @param {boolean[]} ordered */
async function subscribe(ours, headers, receivers, ordered) {
  for (const [index, { url }] of receivers.entries()) {
    const fields = { url, events: ['execution.completed'], ordered: ordered[index] };
    const made = await ours.send({ method: 'POST', path: '/api/v1/webhooks', headers, body: JSON.stringify(fields) });
    if (made.status !== 201) throw new Error(`the webhook was answered ${made.status}: ${made.body}`);
  }
}

/**
 * From the end of an execution to its first delivery, one after the other.
 *
 * @param {Client} ours @param {() => import('../lib/load.mjs').Call} start @param {import('../lib/receivers.mjs').Receiver} receiver
 * @param {import('./bench.mjs').Report} report
 */
async function firstDeliveries(ours, start, { arrivals }, report) {
  for (let run = 1; run <= SINGLE_RUNS; run++) {
    await ours.send(start());
    await until(() => arrivals.length >= run);
  }
  const waits = arrivals.map(({ at, body }) => at - Date.parse(JSON.parse(body).data.finished_at));
  const p95 = percentile(waits, 0.95);
  console.log(`  first delivery after the end of an execution: median ${percentile(waits, 0.5)} ms`);
  report('end of an execution to its first delivery, p95', p95, '< 500 ms', p95 < 500, ' ms');
}

/** @param {import('../lib/receivers.mjs').Arrival[]} arrivals */
const distinct = (arrivals) => new Set(arrivals.map(({ id }) => id)).size;

/** @param {() => boolean} holds */
async function until(holds) {
  const deadline = Date.now() + LONGEST_MS;
  while (!holds()) {
    if (Date.now() > deadline) throw new Error(`it did not happen within ${LONGEST_MS / 1000} s`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}
