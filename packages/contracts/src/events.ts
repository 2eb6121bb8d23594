import { z } from 'zod';
import { jsonValue, timestamp } from './common.ts';
import { eventId } from './ids.ts';

/** What happened and is told to people and systems; each is kept and listed. */
export const EVENT_TYPES = [
  'external_agent.throttled',
  'external_agent.suspicious',
  'external_agent.key_revoked',
  'external_agent.stopped',
  'budget.threshold_reached',
  'budget.overrun',
  'project.budget_exceeded',
] as const;
export const eventType = z.enum(EVENT_TYPES);
export type EventType = z.infer<typeof eventType>;

export const organizationEvent = z.object({
  id: eventId,
  type: eventType,
  at: timestamp,
  data: z.record(z.string(), jsonValue),
});
export type OrganizationEvent = z.infer<typeof organizationEvent>;

export const eventFilter = z.object({ type: eventType.optional() });
