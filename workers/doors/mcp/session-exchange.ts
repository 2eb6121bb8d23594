import {
  type ClientCapabilities,
  isInitializeRequest,
  isJSONRPCErrorResponse,
  isJSONRPCNotification,
  isJSONRPCResultResponse,
  type JSONRPCMessage,
  type JSONRPCRequest,
  type Server,
  WebStandardStreamableHTTPServerTransport,
} from '@modelcontextprotocol/server';
import { KEEP_ALIVE_MS } from '../shared/run-watch.ts';
import { type McpSession, signSession, verifySession } from './sessions.ts';

/** The revisions that have sessions; the current one has none, and is served request by request. */
export const SESSION_PROTOCOL_VERSIONS = ['2025-11-25', '2025-06-18', '2025-03-26'];
const SESSION_HEADER = 'mcp-session-id';

/** What serves a request of a session. */
export interface SessionHost {
  readonly authKeys: string;
  /** Who calls: a session is good for them alone. */
  readonly caller: string;
  /** A server that serves one request. */
  server(surface: SessionSurface): Server;
  /** A client's answer to a request of ours, which came by another request than the one it belongs to. */
  answered(message: JSONRPCMessage): Promise<void>;
  /** The client wants no answer to this request of its session any more. */
  cancelled(nonce: string, requestId: string | number): Promise<void>;
}

/** What a request of a session knows of its client, and how the client is asked something. */
export interface SessionSurface {
  readonly capabilities: ClientCapabilities;
  /** Of the session: a request's id is unique in it. */
  readonly nonce: string;
  /** Sends a request of ours on the stream of the request that it belongs to. */
  send(request: JSONRPCRequest, relatedTo: string | number): Promise<void>;
}

/**
 * Serves one request of the revisions before 2026-07-28. Each POST gets a server and a transport of its own; what has to
 * be known from one to the next is in the signed session id. There is no stream of its own to open (GET) and nothing to
 * delete: 405 for both, as the specification allows.
 */
export async function serveSession(host: SessionHost, request: Request, body: unknown): Promise<Response> {
  if (request.method !== 'POST') return rejection(405, -32_000, 'Method not allowed.', { Allow: 'POST' });
  const messages = Array.isArray(body) ? body : [body];
  const opening = messages.find((message) => isInitializeRequest(message));
  const session =
    opening === undefined ? await sessionOf(host, request) : newSession(host, opening.params.capabilities);
  if (session instanceof Response) return session;
  for (const message of messages) {
    if (isJSONRPCResultResponse(message) || isJSONRPCErrorResponse(message)) await host.answered(message);
    else if (isJSONRPCNotification(message) && message.method === 'notifications/cancelled') {
      const id = (message.params as { requestId?: unknown } | undefined)?.requestId;
      if (typeof id === 'string' || typeof id === 'number') await host.cancelled(session.nonce, id);
    }
  }
  const response = await exchange(host, session, request, body);
  if (opening !== undefined && response.ok) {
    response.headers.set(SESSION_HEADER, await signSession(host.authKeys, session, Date.now()));
  }
  return response;
}

function newSession({ caller }: SessionHost, capabilities: ClientCapabilities): McpSession {
  return { nonce: crypto.randomUUID(), caller, elicitation: capabilities.elicitation };
}

async function sessionOf({ authKeys, caller }: SessionHost, request: Request): Promise<McpSession | Response> {
  const token = request.headers.get(SESSION_HEADER);
  if (token === null) return rejection(400, -32_000, 'Bad Request: Mcp-Session-Id header is required');
  // The client begins a new session on a 404.
  return (await verifySession(authKeys, token, caller, Date.now())) ?? rejection(404, -32_001, 'Session not found');
}

async function exchange(host: SessionHost, session: McpSession, request: Request, body: unknown): Promise<Response> {
  const transport = new WebStandardStreamableHTTPServerTransport({
    supportedProtocolVersions: SESSION_PROTOCOL_VERSIONS,
    keepAliveMs: KEEP_ALIVE_MS,
  });
  const server = host.server({
    capabilities: session.elicitation === undefined ? {} : { elicitation: session.elicitation },
    nonce: session.nonce,
    send: (message, relatedRequestId) => transport.send(message, { relatedRequestId }),
  });
  await server.connect(transport);
  request.signal.addEventListener('abort', () => void server.close(), { once: true });
  const response = await transport.handleRequest(request, { parsedBody: body });
  return closing(response, () => server.close());
}

/** The same answer, which tells when its reader has gone away: the transport would work on for nobody. */
function closing(response: Response, close: () => Promise<void>): Response {
  const reader = response.body?.getReader();
  if (reader === undefined) return new Response(null, response);
  const body = new ReadableStream<Uint8Array>({
    pull: async (controller) => {
      const { done, value } = await reader.read();
      if (done) controller.close();
      else controller.enqueue(value);
    },
    cancel: async (reason) => {
      await close();
      await reader.cancel(reason);
    },
  });
  return new Response(body, response);
}

export function rejection(
  status: number,
  code: number,
  message: string,
  headers: Record<string, string> = {},
): Response {
  return Response.json({ jsonrpc: '2.0', error: { code, message }, id: null }, { status, headers });
}
