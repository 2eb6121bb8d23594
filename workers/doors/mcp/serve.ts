import { createMcpHandler, isLegacyRequest, type McpServerFactory } from '@modelcontextprotocol/server';
import { KEEP_ALIVE_MS } from '../shared/run-watch.ts';
import { type SessionHost, serveSession } from './session-exchange.ts';

/** What answers the requests of one caller. */
export interface McpHost {
  /** A server for one request of the current revision. */
  readonly current: McpServerFactory;
  /** Its calls may take minutes: they are answered by a stream, which comments keep open. */
  readonly longCalls: boolean;
  readonly session: SessionHost;
}

/** Serves one request at /mcp, whichever revision it is of. */
export async function serveMcp(host: McpHost, request: Request, body: unknown): Promise<Response> {
  if (request.method !== 'POST' || (await isLegacyRequest(request, body)))
    return serveSession(host.session, request, body);
  const isCall = typeof body === 'object' && body !== null && 'method' in body && body.method === 'tools/call';
  const responseMode = host.longCalls && isCall ? 'sse' : 'auto';
  const handler = createMcpHandler(host.current, { legacy: 'reject', responseMode, keepAliveMs: KEEP_ALIVE_MS });
  return handler.fetch(request, { parsedBody: body });
}
