import { Client, percentile } from '../lib/load.mjs';
import { linearAgent, prepareProduct } from '../lib/product.mjs';
import { startRuntime } from '../lib/runtime-server.mjs';

const SIDE_BY_SIDE = 50;
/** Pieces of text of each run, by the clock: 500 a second from all of them. */
const PACE = { frames: 100, every: 100 };
const LONGEST_MS = 120_000;

/**
 * @typedef {{ event_type: string, data: { at?: string, text?: string, proposal_status?: string } }} Frame
 * @typedef {{ delays: number[], text: string, endedAt: number, status: string }} Watched
 */

/**
 * Fifty refinements at once on a remote runtime that streams by the clock, each watched by a browser's socket: how much later
 * a frame comes than over a socket to the runtime itself, how soon after the run's end the proposal is stored, whether
 * streams are mixed, and how long the API takes to read and to decide them.
 *
 * @param {import('./bench.mjs').Bench} bench
 */
export async function refinements({ serveProduct, report }) {
  console.log(`\nRefinements: ${SIDE_BY_SIDE} at once, each watched`);
  const runtime = await startRuntime(PACE);
  const product = await serveProduct({
    outbound: [runtime.host],
    bindings: { DEEPAGENTS_RUNTIME_URL: runtime.url, DEEPAGENTS_RUNTIME_TOKEN: 'bench' },
  });
  const ours = new Client(product.url, 16);
  try {
    const { token, agentId } = await prepareProduct(product.url, linearAgent(10));
    const headers = { authorization: `Bearer ${token}` };
    /** @param {string} method @param {string} path @param {object} [body] */
    const call = async (method, path, body) => {
      const answer = await ours.send({
        method,
        path: `/api/v1${path}`,
        headers,
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      if (answer.status >= 300) throw new Error(`${path} answered ${answer.status}: ${answer.body}`);
      return { ...JSON.parse(answer.body), ms: answer.ms };
    };

    const direct = await Promise.all(
      Array.from({ length: SIDE_BY_SIDE }, (_, index) => watchRuntime(runtime.url, `marker-9${index}`)),
    );
    const floor = direct.flatMap(({ delays }) => delays);

    const started = await Promise.all(
      Array.from({ length: SIDE_BY_SIDE }, async (_, index) => {
        const marker = `marker-${index}`;
        const context = { model: 'openai/gpt-5-mini' };
        const made = await call('POST', `/agents/${agentId}/refinements`, { user_prompt: `Note ${marker}`, context });
        const { ticket } = await call('POST', `/refinements/${made.thread_id}/stream-ticket`);
        const url = `${product.url.replace('http', 'ws')}/api/ws/refinements/${made.thread_id}?ticket=${ticket}`;
        return { ...made, marker, watched: watch(url) };
      }),
    );
    const watched = await Promise.all(started.map(({ watched }) => watched));
    const delays = watched.flatMap((each) => each.delays);
    for (const share of [0.5, 0.95]) {
      const [added, bare] = [percentile(delays, share), percentile(floor, share)];
      console.log(`  p${share * 100}: ${added.toFixed(1)} ms through the proxy, ${bare.toFixed(1)} ms without it`);
    }
    const adds = percentile(delays, 0.5) - percentile(floor, 0.5);
    report('what the proxy adds to an event, median', adds, '< 5 ms', adds < 5, ' ms');
    const waits = watched.map(({ endedAt }, index) => endedAt - (runtime.ended.get(`marker-${index}`) ?? 0));
    const stored = percentile(waits, 1);
    console.log(`  stored after the end of the run: median ${percentile(waits, 0.5)} ms`);
    report('proposal stored after the end of its run, slowest', stored, '< 1 s', stored < 1000, ' ms');

    let mixed = 0;
    /** @type {number[]} */
    const reads = [];
    /** @type {number[]} */
    const decisions = [];
    for (const [index, { proposal_id, marker }] of started.entries()) {
      const { ms, status, generated_files } = await call('GET', `/proposals/${proposal_id}`);
      reads.push(ms);
      const text = watched[index]?.text ?? '';
      const own =
        text.split(`${marker} `).length - 1 === PACE.frames && text.split('marker-').length - 1 === PACE.frames;
      if (status !== 'ready' || generated_files['knowledge/bench.md'] !== `${marker}\n` || !own) mixed++;
    }
    for (const { proposal_id } of started) {
      decisions.push((await call('POST', `/proposals/${proposal_id}/reject`, { comment: 'bench' })).ms);
    }
    const lists = [];
    for (let round = 0; round < 50; round++) lists.push((await call('GET', '/proposals?limit=50')).ms);
    report('streams or proposals that hold what is another one’s', mixed, '0', mixed === 0);
    for (const [name, taken] of /** @type {const} */ ([
      ['reading a proposal', reads],
      ['a page of 50 proposals', lists],
      ['rejecting a proposal', decisions],
    ])) {
      const p95 = percentile(taken, 0.95);
      report(`${name}, p95`, p95, '< 100 ms', p95 < 100, ' ms');
    }
  } finally {
    ours.close();
    await product.stop();
    runtime.stop();
  }
}

/** A run that nobody stands before. @param {string} url @param {string} marker */
async function watchRuntime(url, marker) {
  const answer = await fetch(`${url}/deepagents-runtime/invoke`, {
    method: 'POST',
    body: JSON.stringify({ job_id: marker, input_payload: { prompt: marker, files: {} } }),
  });
  const { thread_id } = /** @type {{ thread_id: string }} */ (await answer.json());
  return watch(`${url.replace('http', 'ws')}/deepagents-runtime/stream/${thread_id}`);
}

/** Reads a stream to its end. @param {string} url @returns {Promise<Watched>} */
function watch(url) {
  return new Promise((resolve, reject) => {
    /** @type {Watched} */
    const watched = { delays: [], text: '', endedAt: 0, status: '' };
    const socket = new WebSocket(url);
    const late = setTimeout(() => reject(new Error(`${url} did not end`)), LONGEST_MS);
    const connected = { at: Number.POSITIVE_INFINITY };
    socket.onopen = () => {
      connected.at = Date.now();
    };
    socket.onerror = () => reject(new Error(`${url} failed`));
    socket.onmessage = ({ data }) => {
      const now = Date.now();
      const frame = /** @type {Frame} */ (JSON.parse(String(data)));
      if (frame.event_type === 'on_llm_stream') {
        watched.text += frame.data.text ?? '';
        // What was sent before is a replay.
        const at = Date.parse(frame.data.at ?? '');
        if (at > connected.at) watched.delays.push(now - at);
      }
      if (frame.event_type !== 'end') return;
      watched.endedAt = now;
      watched.status = frame.data.proposal_status ?? '';
      clearTimeout(late);
      resolve(watched);
    };
  });
}
