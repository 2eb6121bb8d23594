import { Client, percentile } from '../lib/load.mjs';
import { tickingAgent, watchExecution } from '../lib/product.mjs';
import { watchFromOutside } from '../lib/sockets.mjs';

/** From the answer to the start to the first event on the socket. @param {import('./bench.mjs').Bench} bench */
export async function firstEvent({ product, setup, report }) {
  console.log('\nFirst event on the socket after the start, 200 starts');
  const client = new Client(product.url, 1);
  const times = [];
  for (let index = 0; index < 200; index++) {
    const answer = await client.send({
      method: 'POST',
      path: `/api/v1/agents/${setup.agentId}/execute`,
      headers: { authorization: `Bearer ${setup.token}` },
      body: '{"input":{"n":1}}',
    });
    const started = performance.now();
    const { id } = JSON.parse(answer.body);
    // Node's client takes headers, which browsers do not: those use a ticket.
    const socket = new WebSocket(
      `${product.url.replace('http', 'ws')}/api/v1/executions/${id}/stream?after=0`,
      /** @type {any} */ ({ headers: { authorization: `Bearer ${setup.token}` } }),
    );
    await new Promise((resolve, reject) => {
      socket.addEventListener('message', resolve, { once: true });
      socket.addEventListener('error', () => reject(new Error('the socket failed')), { once: true });
    });
    times.push(performance.now() - started);
    socket.close();
  }
  const p95 = percentile(times, 0.95);
  report('first event after start, p95', p95, '< 50 ms', p95 < 50, ' ms');
  client.close();
}

/**
 * From the time that an event carries to its arrival, while one execution makes 20 events a second. The floor is a bare
 * object that sends as much. The sockets are held by a process of its own that parses nothing.
 *
 * @param {import('./bench.mjs').Bench} bench @param {number} sockets @param {number} promised milliseconds, p95
 */
export async function eventsToSockets({ product, floor, setup, slow, report }, sockets, promised) {
  const many = `${sockets} ${sockets === 1 ? 'socket' : 'sockets'}`;
  console.log(`\nEvents to ${many} of one execution`);
  const room = `watched-by-${sockets}`;
  const watched = watchFromOutside({ url: `${floor.url.replace('http', 'ws')}/watch/${room}`, headers: {}, sockets });
  await watched.open;
  await fetch(`${floor.url}/tick/${room}`, { method: 'POST' });
  const bare = await watched.done;
  const ours = await watchExecution(product.url, setup.token, tickingAgent(60, slow.beat), sockets);
  for (const [name, { delays, counts, cpuMs, seconds, perSecond }] of Object.entries({ ours, bare })) {
    console.log(
      `  ${name}: ${counts[0]} events to each, ${perSecond.toFixed(1)} a second; p50 ${percentile(delays, 0.5)} ms, p95 ${percentile(delays, 0.95)} ms; the receiver worked ${(cpuMs / 10 / seconds).toFixed(0)} % of the time`,
    );
  }
  const p95 = percentile(ours.delays, 0.95);
  const floorP95 = percentile(bare.delays, 0.95);
  const all = ours.counts.every((count) => count === ours.counts[0]);
  report(`event to ${many}, p95`, p95, `< ${promised} ms`, p95 < promised && all, ' ms');
  console.log(`    ${(p95 / Math.max(1, floorP95)).toFixed(2)} of the bare object's`);
}
