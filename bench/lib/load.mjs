import http from 'node:http';

/**
 * Sends requests over keep-alive connections, a fixed number at a time.
 *
 * @typedef {{ status: number, headers: http.IncomingHttpHeaders, body: string, ms: number }} Answer
 * @typedef {{ method?: string, path: string, headers?: Record<string, string>, body?: string }} Call
 */
export class Client {
  /** @param {string} base @param {number} connections */
  constructor(base, connections) {
    this.base = new URL(base);
    this.agent = new http.Agent({ keepAlive: true, maxSockets: connections });
  }

  /** @param {Call} call @returns {Promise<Answer>} */
  send(call) {
    const started = performance.now();
    return new Promise((resolve, reject) => {
      const request = http.request(
        {
          agent: this.agent,
          host: this.base.hostname,
          port: this.base.port,
          path: call.path,
          method: call.method ?? 'GET',
          headers: {
            ...call.headers,
            ...(call.body === undefined
              ? {}
              : { 'content-type': 'application/json', 'content-length': Buffer.byteLength(call.body) }),
          },
        },
        (response) => {
          let body = '';
          response.setEncoding('utf8');
          response.on('data', (chunk) => {
            body += chunk;
          });
          response.on('error', reject);
          response.on('end', () =>
            resolve({
              status: response.statusCode ?? 0,
              headers: response.headers,
              body,
              ms: performance.now() - started,
            }),
          );
        },
      );
      request.on('error', (/** @type {NodeJS.ErrnoException} */ error) => {
        // The server closed a connection that was idle between two rounds.
        if (request.reusedSocket && error.code === 'ECONNRESET') this.send(call).then(resolve, reject);
        else reject(error);
      });
      request.end(call.body);
    });
  }

  close() {
    this.agent.destroy();
  }
}

/**
 * Runs `total` calls, `connections` at a time, and fails on any answer that is not expected.
 *
 * @param {Client} client @param {number} total @param {number} connections @param {(index: number) => Call} make
 * @param {number[]} expected statuses
 */
export async function drive(client, total, connections, make, expected) {
  /** @type {number[]} */
  const latencies = [];
  let next = 0;
  const started = performance.now();
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (next < total) {
        const answer = await client.send(make(next++));
        if (!expected.includes(answer.status))
          throw new Error(`answered ${answer.status}: ${answer.body.slice(0, 300)}`);
        latencies.push(answer.ms);
      }
    }),
  );
  const seconds = (performance.now() - started) / 1000;
  return { seconds, perSecond: total / seconds, latencies };
}

/** @param {readonly number[]} values @param {number} share */
export function percentile(values, share) {
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.ceil(sorted.length * share) - 1)] ?? Number.NaN;
}

/** @param {readonly number[]} values */
export const median = (values) => percentile(values, 0.5);
