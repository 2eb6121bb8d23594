import type { Context } from 'hono';
import { identify, requireAccess } from '../../platform/auth.ts';
import { ApiError, unauthenticated } from '../../platform/errors.ts';
import { normalizeAddress } from '../../platform/ip-networks.ts';
import type { AppEnv } from '../../platform/router.ts';
import { type StreamCaller, verifyTicket } from '../../platform/tokens.ts';
import { streamCallerOf } from './stream-caller.ts';

interface StreamAccess {
  readonly organization_id: string;
  /** null where the ticket lets its holder read, and no more. */
  readonly caller: StreamCaller | null;
}

/** Who may open the stream of an execution: by a ticket for it in the query, or as on every other route. Throws 401 and 403. */
export async function streamAccess(c: Context<AppEnv>, executionId: string): Promise<StreamAccess> {
  const presented = c.req.query('ticket');
  if (presented !== undefined) return ticketAccess(c, executionId, presented);
  const principal = await identify(c);
  if (principal.kind === 'unchecked_key') throw unauthenticated();
  requireAccess(principal, 'executions:read');
  if (principal.kind === 'external_agent')
    throw new ApiError('forbidden', 'The key of an external agent cannot do this.');
  return { organization_id: principal.organization_id, caller: streamCallerOf(principal) };
}

async function ticketAccess(c: Context<AppEnv>, executionId: string, presented: string): Promise<StreamAccess> {
  const verified = await verifyTicket(c.env.AUTH_KEYS, presented, Date.now());
  if (!verified.ok || verified.claims.execution_id !== executionId) {
    throw unauthenticated('The stream ticket is not valid.');
  }
  const { held_to, organization_id, caller = null } = verified.claims;
  if (held_to !== null && held_to !== normalizeAddress(c.var.ip)) {
    throw new ApiError('ip_not_allowed', 'The stream ticket was made for another address.');
  }
  return { organization_id, caller };
}
