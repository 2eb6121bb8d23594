import { randomBytes } from 'node:crypto';
import { connect } from 'node:net';

/**
 * A process of its own that holds many WebSockets and does as little as can be with what comes: it finds the time that an
 * event carries in the bytes of its frame, without decoding or parsing it. A client that does more is slower than the server,
 * and is measured instead of it. Tells `open` when all are connected, and at the end `done`.
 *
 * @typedef {{ url: string, headers: Record<string, string>, sockets: number }} Watch
 * @typedef {{ delays: number[], counts: number[], perSecond: number, cpuMs: number, seconds: number }} Watched delays in milliseconds, of
 *   events that happened when all were connected; so are `perSecond`, of events to one socket, and `cpuMs` within `seconds`
 */
const MARK = Buffer.from('"at":"');
const TIME_CHARACTERS = 24;

process.once('message', (/** @type {Watch} */ watch) => {
  void receive(watch).then((watched) => {
    process.send?.({ type: 'done', ...watched }, () => process.disconnect());
  });
});

/** @param {Watch} watch @returns {Promise<Watched>} */
async function receive({ url, headers, sockets }) {
  /** @type {number[]} */
  const delays = [];
  /** @type {number[]} */
  const counts = [];
  let connected = 0;
  /** What happened before is a replay. */
  let openAt = Number.POSITIVE_INFINITY;
  let cpu = process.cpuUsage();
  let started = performance.now();
  await Promise.all(
    Array.from({ length: sockets }, async (_, index) => {
      await new Promise((resolve) => setTimeout(resolve, index));
      let count = 0;
      await watch(url, headers, {
        opened: () => {
          connected++;
          if (connected < sockets) return;
          openAt = Date.now();
          process.send?.({ type: 'open' });
          cpu = process.cpuUsage();
          started = performance.now();
        },
        received: (payload) => {
          const mark = payload.indexOf(MARK);
          if (mark < 0) return;
          count++;
          const from = mark + MARK.length;
          const at = Date.parse(payload.toString('latin1', from, from + TIME_CHARACTERS));
          if (at >= openAt) delays.push(Date.now() - at);
        },
      });
      counts.push(count);
    }),
  );
  const { user, system } = process.cpuUsage(cpu);
  const seconds = (performance.now() - started) / 1000;
  return { delays, counts, perSecond: delays.length / sockets / seconds, cpuMs: (user + system) / 1000, seconds };
}

/**
 * One WebSocket (RFC 6455) that reads until the server closes it.
 *
 * @param {string} url @param {Record<string, string>} headers
 * @param {{ opened: () => void, received: (payload: Buffer) => void }} on
 * @returns {Promise<void>}
 */
function watch(url, headers, on) {
  const { hostname, port, pathname, search } = new URL(url);
  return new Promise((resolve, reject) => {
    const socket = connect(Number(port), hostname);
    socket.setNoDelay(true);
    /** @type {Buffer} */
    let held = Buffer.alloc(0);
    let open = false;
    const lines = [
      `GET ${pathname}${search} HTTP/1.1`,
      `Host: ${hostname}:${port}`,
      'Connection: Upgrade',
      'Upgrade: websocket',
      'Sec-WebSocket-Version: 13',
      `Sec-WebSocket-Key: ${randomBytes(16).toString('base64')}`,
      ...Object.entries(headers).map(([name, value]) => `${name}: ${value}`),
    ];
    socket.on('connect', () => socket.write(`${lines.join('\r\n')}\r\n\r\n`));
    socket.on('error', reject);
    socket.on('close', () => (open ? resolve() : reject(new Error('the server did not upgrade'))));
    socket.on('data', (chunk) => {
      held = held.length === 0 ? chunk : Buffer.concat([held, chunk]);
      if (!open) {
        const end = held.indexOf('\r\n\r\n');
        if (end < 0) return;
        if (!held.toString('latin1', 0, end).startsWith('HTTP/1.1 101')) {
          socket.destroy();
          return;
        }
        open = true;
        held = held.subarray(end + 4);
        on.opened();
      }
      for (let frame = frameOf(held); frame !== null; frame = frameOf(held)) {
        held = held.subarray(frame.length);
        if (frame.opcode === 1) on.received(frame.payload);
        else if (frame.opcode === 8) socket.end();
      }
    });
  });
}

/** The first whole frame, as a server sends it: never masked. @param {Buffer} bytes */
function frameOf(bytes) {
  if (bytes.length < 2) return null;
  const short = (bytes[1] ?? 0) & 127;
  const header = short === 126 ? 4 : short === 127 ? 10 : 2;
  if (bytes.length < header) return null;
  const size = short === 126 ? bytes.readUInt16BE(2) : short === 127 ? Number(bytes.readBigUInt64BE(2)) : short;
  const length = header + size;
  if (bytes.length < length) return null;
  return { opcode: (bytes[0] ?? 0) & 15, payload: bytes.subarray(header, length), length };
}
