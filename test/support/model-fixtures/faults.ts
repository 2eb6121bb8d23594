import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';

/**
 * A model server that fails on purpose. The first part of a path names the fault, a token after `~` the test that
 * looks at what arrived: `/slow~abc/v1/chat/completions`. `GET /seen/abc` tells requests and connections that the
 * caller closed early.
 */
interface Seen {
  readonly requests: { path: string; headers: IncomingMessage['headers']; body: string }[];
  closed: number;
}

type Wire = 'openai' | 'anthropic' | 'gemini';

function wireOf(path: string): Wire {
  if (path.includes('/messages')) return 'anthropic';
  return path.includes(':streamGenerateContent') || path.includes(':generateContent') ? 'gemini' : 'openai';
}

const OPENAI_CHUNK = { id: 'chatcmpl-1', object: 'chat.completion.chunk', created: 1, model: 'm' };

function openaiDelta(content: string): string {
  const chunk = {
    ...OPENAI_CHUNK,
    choices: [{ index: 0, delta: { role: 'assistant', content }, finish_reason: null }],
  };
  return `data: ${JSON.stringify(chunk)}\n\n`;
}

/** The beginning of a streamed answer with one piece of text, and nothing that ends it. */
function openedStream(wire: Wire, content: string): string {
  if (wire === 'openai') return openaiDelta(content);
  if (wire === 'gemini') {
    return `data: ${JSON.stringify({ candidates: [{ content: { role: 'model', parts: [{ text: content }] }, index: 0 }] })}\n\n`;
  }
  const message = {
    id: 'msg_1',
    type: 'message',
    role: 'assistant',
    model: 'm',
    content: [],
    stop_reason: null,
    usage: { input_tokens: 9, output_tokens: 1 },
  };
  const events = [
    { type: 'message_start', message },
    { type: 'content_block_start', index: 0, content_block: { type: 'text', text: '' } },
    { type: 'content_block_delta', index: 0, delta: { type: 'text_delta', text: content } },
  ];
  return events.map((event) => `event: ${event.type}\ndata: ${JSON.stringify(event)}\n\n`).join('');
}

function chatCompletion(content: string, extra: object = {}): object {
  return {
    id: 'chatcmpl-1',
    object: 'chat.completion',
    created: 1,
    model: 'm',
    choices: [{ index: 0, message: { role: 'assistant', content }, finish_reason: 'stop' }],
    ...extra,
  };
}

function errorBody(wire: Wire, type: string, message: string): object {
  if (wire === 'anthropic') return { type: 'error', error: { type, message } };
  if (wire === 'gemini') return { error: { code: 400, status: type.toUpperCase(), message } };
  return { error: { message, type, code: type, param: null } };
}

function send(
  response: ServerResponse,
  status: number,
  body: object | string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers });
  response.end(typeof body === 'string' ? body : JSON.stringify(body));
}

function answerFault(fault: string, wire: Wire, response: ServerResponse): void {
  const status = Number(fault);
  if (Number.isInteger(status) && status >= 400) {
    const types: Record<number, string> = {
      401: 'authentication_error',
      404: 'not_found_error',
      429: 'rate_limit_error',
      529: 'overloaded_error',
    };
    const headers: Record<string, string> = status === 429 ? { 'retry-after': '7' } : {};
    // A vendor that repeats the key in its message, as some do.
    send(
      response,
      status,
      errorBody(wire, types[status] ?? 'invalid_request_error', 'Refused: sk-test-0123456789abcdef is not welcome'),
      headers,
    );
    return;
  }
  const streamed = { 'content-type': 'text/event-stream', 'cache-control': 'no-store' };
  switch (fault) {
    case 'retry-date':
      send(response, 503, errorBody(wire, 'overloaded_error', 'Busy'), {
        'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT',
      });
      return;
    case '429-openai':
      send(response, 429, errorBody(wire, 'rate_limit_error', 'Slow down'), {
        'x-ratelimit-remaining-requests': '59',
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '6m0s',
      });
      return;
    case '429-anthropic':
      send(response, 429, errorBody(wire, 'rate_limit_error', 'Slow down'), {
        'anthropic-ratelimit-input-tokens-remaining': '0',
        'anthropic-ratelimit-input-tokens-reset': '2026-10-21T07:28:45Z',
      });
      return;
    case 'quota':
      send(response, 429, errorBody(wire, 'insufficient_quota', 'You exceeded your current quota'));
      return;
    case 'filtered':
      send(response, 400, errorBody(wire, 'content_policy_violation', 'Rejected by the safety system'));
      return;
    case 'bad-key':
      send(response, 400, {
        error: { code: 400, status: 'INVALID_ARGUMENT', message: 'API key not valid. Please pass a valid API key.' },
      });
      return;
    case 'malformed':
      send(response, 200, '{"choices": [{"mess');
      return;
    case 'empty':
      send(response, 200, chatCompletion('', { usage: { prompt_tokens: 5, completion_tokens: 0, total_tokens: 5 } }));
      return;
    case 'no-usage':
      send(response, 200, chatCompletion('Twelve chars'));
      return;
    case 'html':
      send(response, 502, '<html>Bad gateway</html>', { 'content-type': 'text/html' });
      return;
    case 'stalled':
      return;
    case 'slow':
      response.writeHead(200, streamed);
      response.write(openedStream(wire, 'Once upon a time'));
      return;
    case 'cut':
      response.writeHead(200, streamed);
      response.write(openedStream(wire, 'Once upon a time'), () => response.destroy());
      return;
    case 'unfinished':
      response.writeHead(200, streamed);
      response.end(openedStream(wire, 'Once upon a time'));
      return;
    case 'overloaded-stream':
      response.writeHead(200, streamed);
      response.write(openedStream(wire, 'Once'));
      response.end(
        `event: error\ndata: ${JSON.stringify({ type: 'error', error: { type: 'overloaded_error', message: 'Overloaded' } })}\n\n`,
      );
      return;
    default:
      send(
        response,
        200,
        chatCompletion('fine', { usage: { prompt_tokens: 1, completion_tokens: 1, total_tokens: 2 } }),
      );
      return;
  }
}

export function createFaultServer(): Server {
  const seen = new Map<string, Seen>();
  return createServer((request, response) => {
    const path = request.url ?? '/';
    const looked = /^\/seen\/([\w-]+)$/.exec(path)?.[1];
    if (looked !== undefined) {
      send(response, 200, seen.get(looked) ?? { requests: [], closed: 0 });
      return;
    }
    const [, fault = '', token] = /^\/([\w-]+)(?:~([\w-]+))?\//.exec(path) ?? [];
    let body = '';
    request.on('data', (piece: Buffer) => {
      body += piece.toString();
    });
    request.on('end', () => {
      if (token !== undefined) {
        const entry = seen.get(token) ?? { requests: [], closed: 0 };
        entry.requests.push({ path, headers: request.headers, body });
        seen.set(token, entry);
        response.on('close', () => {
          if (!response.writableFinished) entry.closed++;
        });
      }
      answerFault(fault, wireOf(path), response);
    });
  });
}
