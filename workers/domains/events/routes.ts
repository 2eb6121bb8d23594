import {
  describeEventTypes,
  eventFilter,
  eventId,
  eventTypeInfo,
  FEED_EVENT_TYPES,
  type FeedEventType,
  feedEvent,
  feedTypesFor,
  organizationEvent,
  page,
  pageQuery,
  parseFeedTypes,
  streamTicket,
} from '@agentflow/contracts';
import { z } from '@hono/zod-openapi';
import type { Context } from 'hono';
import { FEED_HEADERS, FEED_URL, organizationDesk } from '../../../durable-objects/organization/client.ts';
import { identify, isAllowed, requestContext, requireAccess } from '../../platform/auth.ts';
import { actorOf, type Caller } from '../../platform/context.ts';
import { ApiError, invalid, unauthenticated } from '../../platform/errors.ts';
import { normalizeAddress } from '../../platform/ip-networks.ts';
import { decodeCursor } from '../../platform/pagination.ts';
import { type AppEnv, createRouter, json, operation, refusal } from '../../platform/router.ts';
import { type FeedTicketClaims, signFeedTicket, TICKET_SECONDS, verifyFeedTicket } from '../../platform/tokens.ts';
import { listEvents, readEvent } from './list-events.ts';

const tags = ['Events'];
const RETRY_SECONDS = 30;

const feedQuery = z.object({
  types: z
    .string()
    .max(1000)
    .optional()
    .describe(
      'Types to be told, separated by commas: `execution.failed,approval.*`. Without it all that the caller may see.',
    ),
  after: z.coerce.number().int().min(0).optional().describe('The `seq` of the last event that was received'),
});

type FeedQuery = z.infer<typeof feedQuery>;

const ticket = operation({
  method: 'post',
  path: '/events/stream-ticket',
  operationId: 'createFeedTicket',
  tags,
  summary: "Get a one-minute ticket for the organization's live feed",
  description: 'For browsers, which can send no header with a WebSocket: it goes into `?ticket=`.',
  access: 'signed_in',
  responses: { 200: { description: 'The ticket', content: json(streamTicket) } },
});

const stream = operation({
  method: 'get',
  path: '/events/stream',
  operationId: 'followFeed',
  tags,
  summary: "Follow what changes the organization's lists",
  description: `A WebSocket, server-sent events with \`Accept: text/event-stream\`, or else the events that are kept. Each is
\`{"seq", "type", "at", "data"}\`. A reader begins with \`reset\`, which carries the \`seq\` to go on from; who comes back says what they had
(\`?after=\`, \`Last-Event-ID\`) and gets what they missed, or \`reset\` where that is not kept any more: then read again what you show. Events
of executions and approvals need \`executions:read\`, those of agents \`agents:read\`. After fifteen minutes the connection is closed
(WebSocket: 4401), to be made again. Browsers bring a ticket (\`?ticket=\`).`,
  access: 'signed_in',
  request: { query: feedQuery },
  responses: {
    200: {
      description: 'The events that are kept, or the stream',
      content: { ...json(z.object({ data: z.array(feedEvent) })), 'text/event-stream': { schema: z.string() } },
    },
    429: refusal('Too many connections watch the organization, or come from this caller', 'rate_limited'),
  },
});

const list = operation({
  method: 'get',
  path: '/events',
  operationId: 'listEvents',
  tags,
  summary: 'List events of the organization, newest first',
  description:
    'Those that the caller may see: `GET /event-types` names the permission of each type. Events are kept for 30 days, and what an external agent was answered stays with its invocation.',
  access: 'signed_in',
  request: { query: pageQuery.extend(eventFilter.shape) },
  responses: { 200: { description: 'A page of events', content: json(page(organizationEvent)) } },
});

const one = operation({
  method: 'get',
  path: '/events/{id}',
  operationId: 'getEvent',
  tags,
  summary: 'Read an event',
  access: 'signed_in',
  request: { params: z.object({ id: eventId }) },
  responses: { 200: { description: 'The event', content: json(organizationEvent) } },
});

const types = operation({
  method: 'get',
  path: '/event-types',
  operationId: 'listEventTypes',
  tags,
  summary: 'List the types of events, each with the JSON Schema of its data and an example',
  access: 'signed_in',
  responses: { 200: { description: 'Every type', content: json(z.object({ data: z.array(eventTypeInfo) })) } },
});

const presented = z.string().max(8000).optional();

export const eventRoutes = createRouter();

/** What OpenAPI has no words for: WebSockets, and browsers that authenticate with a ticket. Others go on to the operation. */
eventRoutes.get('/events/stream', async (c, next) => {
  const ticketText = presented.parse(c.req.query('ticket'));
  if (ticketText === undefined && !isUpgrade(c)) return next();
  const query = feedQuery.safeParse(c.req.query());
  const watcher = ticketText === undefined ? await credentialClaims(c) : await ticketClaims(c, ticketText);
  if (!query.success) {
    throw invalid(query.error.issues.map(({ path, message }) => ({ path: path.map(String).join('.'), message })));
  }
  return openFeed(c, watcher, query.data);
});

eventRoutes
  .openapi(list, async (c) => {
    const { limit, cursor, ...filter } = c.req.valid('query');
    return c.json(await listEvents(requestContext(c), filter, { before: decodeCursor(cursor), limit }), 200);
  })
  .openapi(types, (c) => c.json({ data: describeEventTypes() }, 200))
  .openapi(ticket, async (c) => {
    const { principal, now } = requestContext(c);
    const claims = claimsOf(principal);
    typesFor(claims, undefined);
    const token = await signFeedTicket(c.env.AUTH_KEYS, claims, now());
    return c.json({ ticket: token, expires_in: TICKET_SECONDS }, 200);
  })
  .openapi(stream, async (c) => {
    const { principal } = requestContext(c);
    return (await openFeed(c, claimsOf(principal), c.req.valid('query'))) as never;
  })
  // Behind the paths that are no ids.
  .openapi(one, async (c) => c.json(await readEvent(requestContext(c), c.req.valid('param').id), 200));

function isUpgrade(c: Context<AppEnv>): boolean {
  return c.req.header('upgrade')?.toLowerCase() === 'websocket';
}

async function credentialClaims(c: Context<AppEnv>): Promise<FeedTicketClaims> {
  const principal = await identify(c);
  if (principal.kind === 'unchecked_key') throw unauthenticated();
  requireAccess(principal, 'signed_in');
  return claimsOf(principal);
}

async function ticketClaims(c: Context<AppEnv>, text: string): Promise<FeedTicketClaims> {
  const verified = await verifyFeedTicket(c.env.AUTH_KEYS, text, Date.now());
  if (!verified.ok) throw unauthenticated('The ticket is not valid.');
  const { held_to } = verified.claims;
  if (held_to !== null && held_to !== normalizeAddress(c.var.ip)) {
    throw new ApiError('ip_not_allowed', 'The ticket was made for another address.');
  }
  return verified.claims;
}

function claimsOf(principal: Caller): FeedTicketClaims {
  const { organization_id, held_to = null } = principal;
  const types = feedTypesFor(FEED_EVENT_TYPES, (permission) => isAllowed(principal, permission));
  return { organization_id, caller: actorOf(principal).id, types, held_to };
}

/** The types that a reader asks for and may see. */
function typesFor(claims: FeedTicketClaims, text: string | undefined): FeedEventType[] {
  const wanted = text === undefined || text === '' ? [...FEED_EVENT_TYPES] : parseFeedTypes(text);
  if ('problem' in wanted) throw invalid([{ path: 'types', message: wanted.problem }]);
  const types = wanted.filter((type) => claims.types.includes(type));
  if (types.length === 0) throw new ApiError('forbidden', 'The credential may see none of these events.');
  return types;
}

async function openFeed(c: Context<AppEnv>, claims: FeedTicketClaims, query: FeedQuery): Promise<Response> {
  const headers = new Headers({
    [FEED_HEADERS.organization]: claims.organization_id,
    [FEED_HEADERS.caller]: claims.caller,
    [FEED_HEADERS.types]: typesFor(claims, query.types).join(','),
    accept: c.req.header('accept') ?? '',
  });
  if (isUpgrade(c)) headers.set('upgrade', 'websocket');
  const after = lastEventId(c) ?? query.after;
  const desk = organizationDesk(c.env.ORGANIZATION, claims.organization_id);
  const response = await desk.fetch(`${FEED_URL}${after === undefined ? '' : `?after=${after}`}`, { headers });
  if (response.status === 404) throw unauthenticated();
  if (response.status === 429) {
    throw new ApiError('rate_limited', 'Too many connections watch already.', {
      headers: { 'Retry-After': String(RETRY_SECONDS) },
    });
  }
  return response;
}

/** A reconnecting EventSource tells the last id it saw. */
function lastEventId(c: Context<AppEnv>): number | null {
  const header = c.req.header('last-event-id');
  return header !== undefined && /^\d{1,15}$/.test(header) ? Number(header) : null;
}
