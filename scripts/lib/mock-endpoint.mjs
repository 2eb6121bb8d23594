import { createServer } from 'node:http';
import { setTimeout as delay } from 'node:timers/promises';
import { ScriptedModel } from '../../test/support/scripted-model.ts';

const LONGEST_DELAY_MS = 60_000;
const LONGEST_BODY = 1024 * 1024;
const COMPLETION = {
  id: 'c',
  object: 'chat.completion',
  created: 1,
  model: 'm',
  choices: [{ index: 0, finish_reason: 'stop', message: { role: 'assistant', content: '{"label":"yes"}' } }],
  usage: { prompt_tokens: 10, completion_tokens: 5, total_tokens: 15 },
};

/**
 * A server for agents to call in tests. It answers every request with what it got, as JSON; `?delay_ms=` makes it slow,
 * `?status=` makes it fail, `?hold=<name>` makes it wait until somebody asks for `/release?name=<name>`. At
 * `/inbox/<name>` it keeps what it gets, for `/requests?of=<name>`, and answers as `/answer?of=<name>&status=` has said. At
 * `/v1/chat/completions` it is a language model that classifies everything as `yes`, with ten tokens in and five out. Below
 * `/scripts/<name>` are language models that say what has been posted to `/scripts/<name>`, turn by turn; one that is held goes on
 * after `/release?name=`.
 * @returns {Promise<{ url: string, host: string, stop: () => Promise<void> }>} `host` is `127.0.0.1:<port>`.
 */
export async function startMockEndpoint() {
  /** @type {Map<string, () => void>} */
  const held = new Map();
  /** @type {Map<string, { status: number, requests: object[] }>} */
  const inboxes = new Map();
  const inbox = (/** @type {string} */ name) => {
    const found = inboxes.get(name) ?? { status: 200, requests: [] };
    inboxes.set(name, found);
    return found;
  };
  const scripted = new ScriptedModel();
  const server = createServer(async (request, response) => {
    const url = new URL(request.url ?? '/', 'http://mock.invalid');
    let body = '';
    for await (const chunk of request) if (body.length < LONGEST_BODY) body += chunk;
    const wait = Math.min(LONGEST_DELAY_MS, Number(url.searchParams.get('delay_ms') ?? 0) || 0);
    if (wait > 0) await delay(wait);
    const hold = url.searchParams.get('hold');
    if (hold !== null)
      await Promise.race([
        new Promise((release) => held.set(hold, () => release(undefined))),
        delay(LONGEST_DELAY_MS, undefined, { ref: false }),
      ]);
    if (url.pathname === '/release') {
      const name = url.searchParams.get('name') ?? '';
      held.get(name)?.();
      scripted.release(name);
    }
    const [, script, asked] = /^\/scripts\/([\w-]+)(\/.+)?$/.exec(url.pathname) ?? [];
    if (script !== undefined && asked === undefined) {
      scripted.set(script, JSON.parse(body));
      return void response.end('{}');
    }
    if (script !== undefined)
      return scripted.answer(request, response, JSON.stringify({ ...JSON.parse(body), model: script }));
    const named = inbox(/^\/inbox\/([\w-]+)/.exec(url.pathname)?.[1] ?? url.searchParams.get('of') ?? '');
    const status = url.pathname.startsWith('/inbox/') ? named.status : Number(url.searchParams.get('status') ?? 200);
    if (url.pathname.startsWith('/inbox/')) named.requests.push({ headers: request.headers, body });
    if (url.pathname === '/requests') return void response.end(JSON.stringify(named.requests));
    if (url.pathname === '/answer') {
      named.status = status;
      return void response.end('{}');
    }
    response.writeHead(status >= 200 && status < 600 ? status : 400, { 'content-type': 'application/json' });
    if (url.pathname === '/v1/chat/completions') return void response.end(JSON.stringify(COMPLETION));
    response.end(JSON.stringify({ method: request.method, path: url.pathname, headers: request.headers, body }));
  });
  await new Promise((resolve, reject) => {
    server.once('error', reject);
    server.listen(0, '127.0.0.1', () => resolve(undefined));
  });
  const address = server.address();
  if (typeof address !== 'object' || address === null) throw new Error('a TCP server has an address with a port');
  const host = `127.0.0.1:${address.port}`;
  return {
    url: `http://${host}`,
    host,
    stop: () =>
      new Promise((resolve) => {
        server.closeAllConnections();
        server.close(() => resolve());
      }),
  };
}
