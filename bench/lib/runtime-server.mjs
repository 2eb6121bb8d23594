import { createServer } from 'node:http';
import { WebSocketPeer } from '../../test/support/web-socket-peer.ts';

/**
 * A runtime of deep agents that streams by the clock: `frames` pieces of text, one every `every` milliseconds, each with the
 * time at which it was sent, then the files of its job with a note that names its thread, then the end.
 *
 * @typedef {{ url: string, host: string, ended: Map<string, number>, stop: () => void }} StreamingRuntime `ended`: when the end was sent, by the prompt of the job
 * @param {{ frames: number, every: number }} pace
 * @returns {Promise<StreamingRuntime>}
 */
export async function startRuntime({ frames, every }) {
  /** @type {Map<string, { prompt: string, files: Record<string, string> }>} */
  const threads = new Map();
  /** @type {Map<string, number>} */
  const ended = new Map();
  const server = createServer((request, response) => {
    let body = '';
    request.setEncoding('utf8');
    request.on('data', (chunk) => {
      body += chunk;
    });
    request.on('end', () => {
      if (request.method !== 'POST') {
        response.writeHead(request.method === 'DELETE' ? 204 : 404).end();
        return;
      }
      const { job_id, input_payload } = JSON.parse(body);
      threads.set(job_id, { prompt: JSON.stringify(input_payload), files: input_payload.files ?? {} });
      response.writeHead(202, { 'content-type': 'application/json' });
      response.end(JSON.stringify({ thread_id: job_id }));
    });
  });
  server.on('upgrade', (request, stream) => {
    const id = decodeURIComponent(new URL(request.url ?? '/', 'http://runtime').pathname.split('/').at(-1) ?? '');
    const thread = threads.get(id);
    if (thread === undefined) {
      stream.end('HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n');
      return;
    }
    const marker = /marker-[0-9]+/.exec(thread.prompt)?.[0] ?? id;
    const peer = new WebSocketPeer(request, stream);
    let seq = 0;
    /** @param {string} event_type @param {object} data */
    const send = (event_type, data) => peer.send(JSON.stringify({ seq: ++seq, event_type, data }));
    const timer = setInterval(() => {
      if (seq < frames) {
        send('on_llm_stream', { at: new Date().toISOString(), text: `${marker} `, offset: seq * (marker.length + 1) });
        return;
      }
      clearInterval(timer);
      send('on_state_update', { files: { ...thread.files, 'knowledge/bench.md': `${marker}\n` }, todos: [] });
      ended.set(marker, Date.now());
      send('end', { status: 'completed', result: { text: marker }, error: null });
      peer.close(1000);
    }, every);
    stream.on('close', () => clearInterval(timer));
  });
  await new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(undefined)));
  const { port } = /** @type {import('node:net').AddressInfo} */ (server.address());
  return {
    url: `http://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    ended,
    stop: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}
