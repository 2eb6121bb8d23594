import { createServer } from 'node:http';

/**
 * Receivers of deliveries, each on a port of its own, so that what one does is not held against the host of another. They
 * answer 204 after `wait` milliseconds; a dead one has no server behind its port.
 *
 * @typedef {{ id: string, at: number, body: string }} Arrival
 * @typedef {{ url: string, host: string, wait: number, dead: boolean, arrivals: Arrival[] }} Receiver
 * @param {readonly { wait: number, dead: boolean }[]} kinds
 * @returns {Promise<{ receivers: Receiver[], stop: () => void }>}
 */
export async function startReceivers(kinds) {
  const made = await Promise.all(kinds.map(startReceiver));
  return { receivers: made.map(({ receiver }) => receiver), stop: () => made.forEach(({ stop }) => void stop()) };
}

/** @param {{ wait: number, dead: boolean }} kind */
async function startReceiver({ wait, dead }) {
  /** @type {Arrival[]} */
  const arrivals = [];
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      arrivals.push({ id: String(request.headers['webhook-id'] ?? ''), at: Date.now(), body });
      const answer = () => response.writeHead(204).end();
      if (wait === 0) answer();
      else setTimeout(answer, wait);
    });
  });
  server.keepAliveTimeout = 600_000;
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  const stop = () => {
    server.closeAllConnections();
    server.close();
  };
  if (dead) stop();
  const host = `127.0.0.1:${port}`;
  return { receiver: { url: `http://${host}/hook`, host, wait, dead, arrivals }, stop };
}
