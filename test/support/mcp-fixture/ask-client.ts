import type { JSONRPCMessage, ServerContext } from '@modelcontextprotocol/server';
import type { SessionSurface } from '../../../workers/doors/mcp/session-exchange.ts';

const pending = new Map<string, (result: unknown) => void>();

/** Asks the client of a session something, over the stream of the call, and waits for its answer. */
export async function askClient(
  surface: SessionSurface,
  ctx: ServerContext,
  method: string,
  params: Record<string, unknown>,
): Promise<unknown> {
  const id = crypto.randomUUID();
  const answer = new Promise((resolve) => pending.set(id, resolve));
  await surface.send({ jsonrpc: '2.0', id, method, params }, ctx.mcpReq.id);
  return answer;
}

/** An answer that came by another request. */
export async function takeAnswer(message: JSONRPCMessage): Promise<void> {
  if (!('id' in message) || !('result' in message)) return;
  pending.get(String(message.id))?.(message.result);
  pending.delete(String(message.id));
}
