import { streamTicket, threadId } from '@agentflow/contracts';
import type { Context } from 'hono';
import { z } from 'zod';
import {
  REFINEMENT_STREAM_URL,
  refinementObject,
  WATCHER_HEADER,
  type Watcher,
} from '../../../../durable-objects/refinement/client.ts';
import { identify, requestContext, requireAccess } from '../../../platform/auth.ts';
import { actorOf, type Principal } from '../../../platform/context.ts';
import { ApiError, invalid, notFound, unauthenticated } from '../../../platform/errors.ts';
import { normalizeAddress } from '../../../platform/ip-networks.ts';
import { type AppEnv, createRouter, json, operation } from '../../../platform/router.ts';
import {
  signThreadTicket,
  type ThreadTicketClaims,
  TICKET_SECONDS,
  verifyThreadTicket,
} from '../../../platform/tokens.ts';
import { mayDecide, visibleThread } from '../access.ts';

const RETRY_SECONDS = 30;
/** How a browser's WebSocket brings an access token, which it can in no header of its own: as the protocol after this one. */
const TOKEN_PROTOCOL = 'agentflow.token';

const ticket = operation({
  method: 'post',
  path: '/refinements/{thread_id}/stream-ticket',
  operationId: 'createRefinementTicket',
  access: 'agents:read',
  tags: ['Refinements'],
  summary: 'Get a one-minute ticket for the WebSocket of a refinement',
  description:
    'For `/api/ws/refinements/{thread_id}?ticket=…&after=…`: an address ends up in logs, so no token that lives longer belongs into it.',
  request: { params: z.object({ thread_id: threadId }) },
  responses: { 200: { description: 'The ticket', content: json(streamTicket) } },
});

export const ticketRoutes = createRouter().openapi(ticket, async (c) => {
  const { principal, env, now } = requestContext(c);
  const claims = await claimsOf(c, principal, c.req.valid('param').thread_id);
  return c.json({ ticket: await signThreadTicket(env.AUTH_KEYS, claims, now()), expires_in: TICKET_SECONDS }, 200);
});

export const socketRoutes = createRouter();

/** Not in the OpenAPI document, which has no words for a WebSocket. */
socketRoutes.get('/ws/refinements/:thread_id', async (c) => {
  if (c.req.header('upgrade')?.toLowerCase() !== 'websocket') {
    throw new ApiError('malformed_request', 'Connect with a WebSocket.');
  }
  const { thread_id } = c.req.param();
  const claims = await watcherClaims(c, thread_id);
  const after = z.coerce.number().int().min(0).default(0).safeParse(c.req.query('after'));
  if (!after.success) throw invalid([{ path: 'after', message: 'must be a whole number from 0' }]);
  return openSocket(c, claims, after.data);
});

/** Throws `not_found` for a thread whose proposal the caller may not see. */
async function claimsOf(c: Context<AppEnv>, principal: Principal, thread_id: string): Promise<ThreadTicketClaims> {
  const { organization_id, held_to = null } = principal;
  const caller = actorOf(principal);
  const looking = { env: c.env, organizationId: organization_id, principal, actor: caller };
  const row = await visibleThread(looking, thread_id);
  return { organization_id, thread_id, caller, may_steer: mayDecide(looking, row), held_to };
}

/** By ticket, by the `Authorization` header, or by an access token among the protocols that the socket offers. */
async function watcherClaims(c: Context<AppEnv>, thread_id: string): Promise<ThreadTicketClaims> {
  const presented = c.req.query('ticket');
  if (presented !== undefined) return ticketClaims(c, presented, thread_id);
  const principal = await identify(c, { deferKey: false, anyAddress: false, heldKey: offeredToken(c) });
  if (principal.kind === 'unchecked_key') throw unauthenticated();
  requireAccess(principal, 'agents:read');
  if (principal.kind === 'external_agent') throw unauthenticated();
  if (!threadId.safeParse(thread_id).success) throw notFound('refinement', thread_id);
  return claimsOf(c, principal, thread_id);
}

async function ticketClaims(c: Context<AppEnv>, text: string, thread_id: string): Promise<ThreadTicketClaims> {
  const verified = await verifyThreadTicket(c.env.AUTH_KEYS, text, Date.now());
  if (!verified.ok || verified.claims.thread_id !== thread_id) throw unauthenticated('The ticket is not valid.');
  const { held_to } = verified.claims;
  if (held_to !== null && held_to !== normalizeAddress(c.var.ip)) {
    throw new ApiError('ip_not_allowed', 'The ticket was made for another address.');
  }
  return verified.claims;
}

function offeredToken(c: Context<AppEnv>): string | null {
  const offered = (c.req.header('sec-websocket-protocol') ?? '').split(',').map((each) => each.trim());
  const at = offered.indexOf(TOKEN_PROTOCOL);
  return at === -1 ? null : (offered[at + 1] ?? null);
}

async function openSocket(
  c: Context<AppEnv>,
  { organization_id, thread_id, caller, may_steer }: ThreadTicketClaims,
  after: number,
): Promise<Response> {
  const watcher: Watcher = { organization_id, caller, may_steer };
  const headers = new Headers({ upgrade: 'websocket', [WATCHER_HEADER]: encodeURIComponent(JSON.stringify(watcher)) });
  const object = refinementObject(c.env.REFINEMENT, thread_id);
  const response = await object.fetch(`${REFINEMENT_STREAM_URL}?after=${after}`, { headers });
  if (response.status === 404) throw notFound('refinement', thread_id);
  if (response.status === 429) {
    throw new ApiError('rate_limited', 'Too many connections watch this refinement already.', {
      headers: { 'Retry-After': String(RETRY_SECONDS) },
    });
  }
  if (offeredToken(c) === null) return response;
  // The client closes a socket that does not name one of the protocols that it offered (RFC 6455 §4.1).
  return new Response(null, {
    status: 101,
    webSocket: response.webSocket,
    headers: { 'Sec-WebSocket-Protocol': TOKEN_PROTOCOL },
  });
}
