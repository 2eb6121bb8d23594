import {
  EVENT_TYPES,
  type EventFilter,
  type EventType,
  eventType,
  type OrganizationEvent,
  parseEventTypes,
  permissionOf,
} from '@agentflow/contracts';
import { db } from '../../db/client.ts';
import { isAllowed, requireAccess } from '../../platform/auth.ts';
import type { RequestContext } from '../../platform/context.ts';
import { ApiError, invalid, notFound } from '../../platform/errors.ts';
import { pageOf } from '../../platform/pagination.ts';
import { type EventRow, findEvent, selectEvents } from './queries.ts';

/** A page of the events that the caller may see. Throws `validation_failed`, and `forbidden` where none is left to see. */
export async function listEvents(
  ctx: RequestContext,
  filter: EventFilter,
  page: { readonly before: string | undefined; readonly limit: number },
): Promise<{ data: OrganizationEvent[]; next_cursor: string | null }> {
  const { env, organizationId } = ctx;
  const rows = await selectEvents(db(env, organizationId), organizationId, typesFor(ctx, filter.type), filter, page);
  const { data, next_cursor } = pageOf(rows, page.limit);
  return { data: data.map((row) => present(organizationId, row)), next_cursor };
}

/** Throws `not_found`, and `forbidden` where its type needs a permission that the caller lacks. */
export async function readEvent(
  { env, organizationId, principal }: RequestContext,
  id: string,
): Promise<OrganizationEvent> {
  const row = await findEvent(db(env, organizationId), organizationId, id);
  // Of a type that another release knows, it is not there.
  const type = eventType.safeParse(row?.type);
  if (row === undefined || !type.success) throw notFound('event', id);
  requireAccess(principal, permissionOf(type.data));
  return present(organizationId, row);
}

function typesFor({ principal }: RequestContext, text: string | undefined): EventType[] {
  const wanted = text === undefined ? EVENT_TYPES : parseEventTypes(text);
  if ('problem' in wanted) throw invalid([{ path: 'type', message: wanted.problem }]);
  const types = wanted.filter((type) => isAllowed(principal, permissionOf(type)));
  if (types.length === 0) throw new ApiError('forbidden', 'The credential may see none of these events.');
  return types;
}

function present(organizationId: string, row: EventRow): OrganizationEvent {
  return {
    id: row.id,
    type: eventType.parse(row.type),
    version: row.version,
    timestamp: new Date(row.at).toISOString(),
    organization_id: organizationId,
    data: JSON.parse(row.data) as OrganizationEvent['data'],
  };
}
