import { type JsonValue, LIMITS } from '@agentflow/contracts';
import { depthWithin } from '../../json-depth.ts';
import type { EnginePorts, StepContext, StepError } from '../../ports.ts';
import { retryAfterMs } from '../retry-after.ts';

/*
 * A client of MCP's Streamable HTTP transport (https://modelcontextprotocol.io/specification/2025-11-25/basic/transports),
 * for tools alone. It stands on the engine's HTTP port, so that addresses are guarded, answers bounded, and secrets put in
 * and taken out as for every other request. Each step opens a session of its own: a session does not outlive a crash.
 */

const PROTOCOL_VERSION = '2025-11-25';
/** Earlier ones that know initialize, tools/list and tools/call as they are used here. */
const KNOWN_VERSIONS = [PROTOCOL_VERSION, '2025-06-18', '2025-03-26'];
const CLIENT = { name: 'agentflow', version: '1' };
const MAX_PAGES = 20;
export const MAX_MCP_TOOLS = 128;

export interface McpServer {
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

export interface McpTool {
  readonly name: string;
  readonly description: string;
  readonly parameters: Record<string, JsonValue>;
}

export type McpResult<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly error: StepError };

type JsonObject = { [key: string]: JsonValue };

function isObject(value: JsonValue | undefined): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

class McpFailure extends Error {
  readonly error: StepError;

  constructor(error: StepError) {
    super(error.message);
    this.error = error;
  }
}

function fail(code: string, message: string, retryable = false, wait?: number): never {
  throw new McpFailure({ code, message, retryable, ...(wait === undefined ? {} : { retry_after_ms: wait }) });
}

/** Messages of a body: one, a batch of them, or the events of a stream that are complete. */
function messagesIn(body: string, stream: boolean): JsonValue[] {
  const texts = stream
    ? body
        .replace(/\r\n?/g, '\n')
        .split('\n\n')
        .slice(0, -1)
        .map((event) =>
          event
            .split('\n')
            .filter((line) => line.startsWith('data:'))
            .map((line) => line.slice('data:'.length).replace(/^ /, ''))
            .join('\n'),
        )
        .filter((text) => text !== '')
    : [body];
  return texts.flatMap((text): JsonValue[] => {
    const message = JSON.parse(text) as JsonValue;
    return Array.isArray(message) ? message : [message];
  });
}

/** The answer to request `id`; what else a server sends is nothing that was asked for. */
function answerTo(id: number, body: string, stream: boolean): JsonObject | undefined {
  return messagesIn(body, stream).find(
    (message): message is JsonObject =>
      isObject(message) && message.id === id && ('result' in message || 'error' in message),
  );
}

function isAnswered(id: number, body: string): boolean {
  // A stream is looked at only when an event has ended: most of its pieces end none.
  if (!/\n\r?\n$/.test(body)) return false;
  try {
    return answerTo(id, body, true) !== undefined;
  } catch {
    return false;
  }
}

class Session {
  private readonly server: McpServer;
  private readonly context: StepContext;
  private readonly ports: EnginePorts;
  private id: string | null = null;
  private version: string | null = null;
  private lastId = 0;

  constructor(server: McpServer, context: StepContext, ports: EnginePorts) {
    this.server = server;
    this.context = context;
    this.ports = ports;
  }

  async open(): Promise<void> {
    const params = { protocolVersion: PROTOCOL_VERSION, capabilities: {}, clientInfo: CLIENT };
    const result = await this.request('initialize', params, 'initialize');
    const version = result.protocolVersion;
    if (typeof version !== 'string' || !KNOWN_VERSIONS.includes(version)) {
      fail(
        'mcp_protocol',
        `The server speaks a version of MCP that is not known here: ${JSON.stringify(version ?? null).slice(0, 40)}.`,
      );
    }
    this.version = version;
    await this.post({ jsonrpc: '2.0', method: 'notifications/initialized' }, null, 'initialized');
  }

  /** @param key of its own for each request of a step, so that a receiver can tell them apart; null for the step's */
  async request(method: string, params: JsonObject, key: string | null): Promise<JsonObject> {
    const id = ++this.lastId;
    const { body, headers } = await this.post({ jsonrpc: '2.0', id, method, params }, id, key);
    const stream = (headers['content-type'] ?? '').trim().toLowerCase().startsWith('text/event-stream');
    let answer: JsonObject | undefined;
    try {
      answer = answerTo(id, body, stream);
    } catch {
      fail('mcp_protocol', `The server answered ${method} with what is not JSON.`);
    }
    if (answer === undefined)
      fail('mcp_no_answer', `The server ended its answer to ${method} without a result.`, stream);
    if (method === 'initialize') this.id = headers['mcp-session-id'] ?? null;
    if (answer.error !== undefined) {
      const { code = null, message = null } = isObject(answer.error) ? answer.error : {};
      fail(
        'mcp_error',
        `The server refused ${method}: ${String(message).slice(0, 1000)} (${String(code).slice(0, 20)}).`,
      );
    }
    if (!isObject(answer.result)) fail('mcp_protocol', `The server’s result of ${method} is not an object.`);
    if (!depthWithin(answer.result, LIMITS.json_depth)) {
      fail('mcp_protocol', `The server’s result of ${method} nests too deeply.`);
    }
    return answer.result;
  }

  /** Tells the server that the session is over. Nobody waits for its answer: what was asked for is there. */
  close(): void {
    if (this.id === null) return;
    const { url } = this.server;
    const request = { method: 'DELETE', url, headers: this.headers(), body: null, idempotency_key: this.key('close') };
    void this.ports.http.request(request, { signal: this.context.signal });
  }

  private key(name: string | null): string {
    return name === null ? this.context.idempotency_key : `${this.context.idempotency_key}:${name}`;
  }

  private headers(): Record<string, string> {
    const own = {
      'content-type': 'application/json',
      accept: 'application/json, text/event-stream',
      ...(this.id === null ? {} : { 'mcp-session-id': this.id }),
      ...(this.version === null ? {} : { 'mcp-protocol-version': this.version }),
    };
    const given = Object.entries(this.server.headers).filter(([name]) => !Object.hasOwn(own, name.toLowerCase()));
    return { ...Object.fromEntries(given), ...own };
  }

  private async post(message: JsonObject, id: number | null, key: string | null) {
    const request = {
      method: 'POST',
      url: this.server.url,
      headers: this.headers(),
      body: JSON.stringify(message),
      idempotency_key: this.key(key),
    };
    const { signal } = this.context;
    const enough = (body: string) => id !== null && isAnswered(id, body);
    const response = await this.ports.http.request(request, { signal, enough });
    if (!response.ok) throw new McpFailure(response.error);
    const entries = Object.entries(response.headers).map(([name, value]): [string, string] => [
      name.toLowerCase(),
      value,
    ]);
    const headers: Record<string, string> = Object.fromEntries(entries);
    const { status, body } = response;
    if (status >= 400) {
      const again = [404, 408, 425, 429].includes(status) || status >= 500;
      // 404 says that the session is gone; without one, that there is no server.
      const retryable = again && (status !== 404 || this.id !== null);
      const excerpt = body.trim().slice(0, 300);
      const wait = retryable ? retryAfterMs(headers) : undefined;
      fail('mcp_status', `The MCP server answered ${status}${excerpt === '' ? '.' : `: ${excerpt}`}`, retryable, wait);
    }
    if (response.truncated && !isAnswered(id ?? 0, body)) {
      fail('mcp_answer_too_large', 'The answer of the MCP server is larger than what is read.');
    }
    return { body, headers };
  }
}

async function within<T>(session: Session, work: () => Promise<T>): Promise<McpResult<T>> {
  try {
    await session.open();
    return { ok: true, value: await work() };
  } catch (thrown) {
    if (thrown instanceof McpFailure) return { ok: false, error: thrown.error };
    throw thrown;
  } finally {
    session.close();
  }
}

/** Tools that a server offers, page by page; one that can't be described to a model is left out. */
export function listTools(server: McpServer, context: StepContext, ports: EnginePorts): Promise<McpResult<McpTool[]>> {
  const session = new Session(server, context, ports);
  return within(session, async () => {
    const tools: McpTool[] = [];
    const seen = new Set<string>();
    let cursor: string | null = null;
    for (let page = 0; page < MAX_PAGES && tools.length < MAX_MCP_TOOLS; page++) {
      const result = await session.request('tools/list', cursor === null ? {} : { cursor }, `list ${page}`);
      if (!Array.isArray(result.tools)) fail('mcp_protocol', 'The server’s list of tools is not a list.');
      for (const tool of result.tools) {
        const read = toolOf(tool);
        if (read !== null && !tools.some(({ name }) => name === read.name)) tools.push(read);
      }
      const next = result.nextCursor;
      if (typeof next !== 'string' || seen.has(next)) break;
      seen.add(next);
      cursor = next;
    }
    return tools.slice(0, MAX_MCP_TOOLS);
  });
}

function toolOf(tool: JsonValue): McpTool | null {
  if (!isObject(tool) || typeof tool.name !== 'string' || tool.name === '' || tool.name.length > 200) return null;
  const { inputSchema, description } = tool;
  if (!isObject(inputSchema) || inputSchema.type !== 'object') return null;
  return { name: tool.name, description: typeof description === 'string' ? description : '', parameters: inputSchema };
}

/** What a tool gives: its data where it has some, else its text; other content is named. */
export function callTool(
  server: McpServer,
  name: string,
  given: JsonValue,
  context: StepContext,
  ports: EnginePorts,
): Promise<McpResult<JsonValue>> {
  const session = new Session(server, context, ports);
  return within(session, async () => {
    const result = await session.request('tools/call', { name, arguments: given }, null);
    const text = (Array.isArray(result.content) ? result.content : []).map(contentText).join('\n');
    if (result.isError === true) fail('mcp_tool_failed', text === '' ? 'The tool failed.' : text.slice(0, 2000));
    if (isObject(result.structuredContent)) return result.structuredContent;
    if (!Array.isArray(result.content)) fail('mcp_protocol', 'The server’s result of the tool has no content.');
    return text;
  });
}

function contentText(part: JsonValue): string {
  if (!isObject(part)) return '';
  if (part.type === 'text' && typeof part.text === 'string') return part.text;
  if (isObject(part.resource) && typeof part.resource.text === 'string') return part.resource.text;
  const kind = typeof part.type === 'string' ? part.type.slice(0, 40) : 'unknown';
  const place = typeof part.uri === 'string' ? ` ${part.uri.slice(0, 500)}` : '';
  return `[${kind}${place}]`;
}
