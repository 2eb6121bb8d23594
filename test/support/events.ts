import { env } from 'cloudflare:workers';
import { EVENT_EXAMPLES, type EventData, type EventType } from '@agentflow/contracts';
import type { LoggedEvent } from '../../durable-objects/organization/client.ts';
import { db } from '../../workers/db/client.ts';
import { projectEvents } from '../../workers/domains/events/index.ts';
import { newId } from '../../workers/platform/ids.ts';

let seq = 0;

/** An event as a desk logs it: the type's example, unless said. */
export function logged<T extends EventType>(type: T, data: Partial<EventData<T>> = {}, at = Date.now()): LoggedEvent {
  return {
    seq: ++seq,
    id: newId('event', at),
    type,
    at,
    data: { ...EVENT_EXAMPLES[type], ...data } as LoggedEvent['data'],
  };
}

/** Lists events as the organization's desk does. */
export function listEvents(owner: { readonly organization_id: string }, events: readonly LoggedEvent[]): Promise<void> {
  return projectEvents(db(env, owner.organization_id), owner.organization_id, events);
}
