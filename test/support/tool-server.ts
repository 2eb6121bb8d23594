import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { TestProject } from 'vitest/node';
import { EffectLedger } from './effect-ledger.ts';
import { ScriptedModel, type ScriptedTurn } from './scripted-model.ts';

declare module 'vitest' {
  export interface ProvidedContext {
    toolServerUrl: string;
  }
}

/** One call as the server saw it. */
export interface SeenCall {
  readonly method: string;
  readonly path: string;
  readonly idempotency_key: string;
  readonly body: string;
  readonly headers: Record<string, string>;
}

/**
 * The outside world of the tests: a real HTTP server whose answers the tests hold back and count.
 * - `/gate/<name>` answers once `/open/<name>` has been called; `/waiting/<name>` answers when a call is held there.
 * - `/effect/…` is the ledger of effect-ledger.ts; `/effects/<name>` lists what it made, `/held/<name>` what it holds, and
 *   `/drop/<name>` ends that without an answer.
 * - `/flaky/<name>/<n>` answers 503 with Retry-After 0 to the first n calls.
 * - `/reflect/<code>` answers with that status and everything that it was sent: URL, headers, body, and `authorization` again
 *   in a header and, without its scheme, in OpenAI's form of an error.
 * - `/status/<code>`, `/echo`, `/big`, `/redirect?to=`.
 * - `/v1/chat/completions` speaks OpenAI's streaming format: `Once upon `, then, after `/open/<model>`, `a time.` with usage.
 *   A model whose name begins with `down` breaks off after `Once upon `.
 * - `/script/<model>` takes the turns of a scripted model, which answers at the same place and at `/v1/messages`.
 * - `/ended/<model>` answers once a stream of that model was closed by its client.
 * - `/calls/<prefix>` lists what was seen under a path.
 */
/** One chunk of OpenAI's chat completion stream. */
function chunk(model: string, content: string, usage?: Record<string, number>): string {
  const choice = {
    index: 0,
    delta: content === '' ? {} : { role: 'assistant', content },
    finish_reason: content === '' ? 'stop' : null,
  };
  const value = {
    id: 'c1',
    object: 'chat.completion.chunk',
    created: 1,
    model,
    choices: [choice],
    ...(usage === undefined ? {} : { usage }),
  };
  return `data: ${JSON.stringify(value)}\n\n`;
}

export default async function startToolServer(project: TestProject): Promise<() => Promise<void>> {
  const calls: SeenCall[] = [];
  const held = new Map<string, ServerResponse[]>();
  const open = new Set<string>();
  const watchers = new Map<string, ServerResponse[]>();
  const failures = new Map<string, number>();
  const streams = new Map<string, () => void>();
  const cut = new Set<string>();
  const scripted = new ScriptedModel();
  const ledger = new EffectLedger();

  const json = (response: ServerResponse, value: unknown, status = 200, headers: Record<string, string> = {}) => {
    response.writeHead(status, { 'content-type': 'application/json', ...headers });
    response.end(JSON.stringify(value));
  };

  async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '/', 'http://tools');
    const [, action = '', name = '', detail = ''] = url.pathname.split('/');
    let body = '';
    request.setEncoding('utf8');
    for await (const chunk of request) body += chunk;
    if (!['open', 'waiting', 'ended', 'calls', 'script', 'effects', 'held', 'drop'].includes(action)) {
      calls.push({
        method: request.method ?? '',
        path: url.pathname,
        idempotency_key: String(request.headers['idempotency-key'] ?? ''),
        body,
        headers: Object.fromEntries(Object.entries(request.headers).map(([key, value]) => [key, String(value)])),
      });
    }
    switch (action) {
      case 'gate':
        if (open.has(name)) return json(response, { gate: name });
        held.set(name, [...(held.get(name) ?? []), response]);
        for (const watcher of watchers.get(name)?.splice(0) ?? []) json(watcher, { held: true });
        return;
      case 'open':
        open.add(name);
        if (streams.has(name)) streams.get(name)?.();
        else for (const each of held.get(name)?.splice(0) ?? []) if (!each.destroyed) json(each, { gate: name });
        return json(response, {});
      case 'waiting':
        if ((held.get(name) ?? []).some((each) => !each.destroyed)) return json(response, { held: true });
        watchers.set(name, [...(watchers.get(name) ?? []), response]);
        return;
      case 'effect':
        return ledger.answer(url.pathname, request, response);
      case 'effects':
        return json(response, ledger.effectsOf(name));
      case 'held':
        return json(response, ledger.heldOf(name));
      case 'drop':
        ledger.drop(name);
        return json(response, {});
      case 'calls':
        return json(
          response,
          calls.filter((call) => call.path.startsWith(`/${url.pathname.slice('/calls/'.length)}`)),
        );
      case 'script':
        scripted.set(name, JSON.parse(body) as ScriptedTurn[]);
        return json(response, {});
      case 'v1': {
        const { model } = JSON.parse(body) as { model: string };
        if (scripted.knows(model)) return scripted.answer(request, response, body);
        response.writeHead(200, { 'content-type': 'text/event-stream' });
        response.on('close', () => {
          if (response.writableFinished) return;
          cut.add(model);
          for (const watcher of watchers.get(`ended ${model}`)?.splice(0) ?? []) json(watcher, { ended: true });
        });
        if (model.startsWith('down')) {
          response.write(chunk(model, 'Once upon '), () => response.destroy());
          return;
        }
        response.write(chunk(model, 'Once upon '));
        streams.set(model, () => {
          response.write(chunk(model, 'a time.'));
          response.write(chunk(model, '', { prompt_tokens: 11, completion_tokens: 5, total_tokens: 16 }));
          response.end('data: [DONE]\n\n');
        });
        for (const watcher of watchers.get(model)?.splice(0) ?? []) json(watcher, { held: true });
        held.set(model, [response]);
        return;
      }
      case 'ended':
        if (cut.has(name)) return json(response, { ended: true });
        watchers.set(`ended ${name}`, [response]);
        return;
      case 'flaky': {
        const failed = failures.get(name) ?? 0;
        if (failed >= Number(detail)) return json(response, { after: failed });
        failures.set(name, failed + 1);
        return json(response, { error: 'try later' }, 503, { 'retry-after': '0' });
      }
      case 'status':
        return json(response, { status: Number(name) }, Number(name));
      case 'reflect': {
        const { authorization = '' } = request.headers;
        const error = { message: `Refused ${authorization.split(' ').at(-1)}`, type: 'refused' };
        const seen = { url: request.url, headers: request.headers, body, error };
        return json(response, seen, Number(name), { 'x-echo': authorization });
      }
      case 'redirect':
        response.writeHead(302, { location: url.searchParams.get('to') ?? '/' });
        response.end();
        return;
      case 'big':
        response.writeHead(200, { 'content-type': 'text/plain' });
        response.end('x'.repeat(3 * 1024 * 1024));
        return;
      default:
        return json(response, { method: request.method, path: url.pathname, body });
    }
  }

  const server = createServer((request, response) => {
    answer(request, response).catch(() => response.destroy());
  });
  const port = Number(process.env.TOOL_SERVER_PORT);
  // A connection that is closed while a request is on its way makes the runtime send it again.
  server.keepAliveTimeout = 600_000;
  await new Promise<void>((resolve) => server.listen(port, '127.0.0.1', resolve));
  project.provide('toolServerUrl', `http://127.0.0.1:${port}`);
  return () =>
    new Promise((resolve) => {
      server.closeAllConnections();
      server.close(() => resolve());
    });
}
