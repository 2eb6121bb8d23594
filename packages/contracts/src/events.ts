import { z } from 'zod';
import { jsonValue, timestamp } from './common.ts';
import { EVENT_CATALOGUE, EVENT_TYPES, type EventType } from './event-catalogue.ts';
import { agentId, eventId, organizationId, projectId } from './ids.ts';
import { type Permission, permission } from './permissions.ts';

export const eventType = z.enum(EVENT_TYPES);

/** An event as it is listed, and as the body of a webhook: `timestamp` is when it happened. */
export const organizationEvent = z.object({
  id: eventId,
  type: eventType,
  version: z.number().int().describe("Of the schema of the type's data"),
  timestamp,
  organization_id: organizationId,
  data: z.record(z.string(), jsonValue),
});
export type OrganizationEvent = z.infer<typeof organizationEvent>;

export const eventFilter = z.object({
  type: z
    .string()
    .max(200)
    .optional()
    .describe('A type, an alias, or a family as in `execution.*`; several with commas'),
  agent_id: agentId.optional(),
  project_id: projectId.optional(),
  from: timestamp.optional(),
  to: timestamp.optional(),
});
export type EventFilter = z.infer<typeof eventFilter>;

export const eventTypeInfo = z.object({
  type: eventType,
  description: z.string(),
  version: z.number().int(),
  permission: permission.describe('What a caller needs to see events of the type'),
  notifies: z.boolean().describe('Whether the bell tells it to everybody who may see it and has not muted it'),
  state: z.enum(['active', 'reserved']).describe('`reserved`: can be subscribed to, and nothing tells it yet'),
  aliases: z.array(z.string()),
  schema: z.record(z.string(), jsonValue).describe("JSON Schema of the event's data"),
  example: z.record(z.string(), jsonValue),
});
export type EventTypeInfo = z.infer<typeof eventTypeInfo>;

/** Other names that a subscription may use; what is sent has the name on the right. */
export const EVENT_ALIASES: Readonly<Record<string, EventType>> = {
  'workflow.started': 'execution.started',
  'workflow.completed': 'execution.completed',
  'workflow.failed': 'execution.failed',
  'agent.started': 'execution.started',
  'agent.completed': 'execution.completed',
  'agent.failed': 'execution.failed',
};

/** The types that a pattern names: a type, an alias, a family as in `execution.*`, or `*` for all. None for nonsense. */
export function typesOf(pattern: string): EventType[] {
  if (pattern === '*') return [...EVENT_TYPES];
  if (!pattern.endsWith('.*')) return EVENT_TYPES.filter((type) => type === (EVENT_ALIASES[pattern] ?? pattern));
  const family = pattern.slice(0, -1);
  const named = EVENT_TYPES.filter((type) => type.startsWith(family));
  if (named.length > 0) return named;
  const aliased = Object.entries(EVENT_ALIASES).filter(([alias]) => alias.startsWith(family));
  return [...new Set(aliased.map(([, type]) => type))];
}

/** The types that patterns with commas between them name, or a problem in words where one of them names none. */
export function parseEventTypes(text: string): EventType[] | { readonly problem: string } {
  const types = new Set<EventType>();
  for (const pattern of text.split(',').map((each) => each.trim())) {
    const named = typesOf(pattern);
    if (named.length === 0) {
      return { problem: `names no event type: "${pattern.slice(0, 60)}". GET /event-types lists them.` };
    }
    for (const type of named) types.add(type);
  }
  return [...types];
}

/** Each pattern once, every one of which names something. */
export const eventPatterns = z
  .array(
    z
      .string()
      .trim()
      .max(80)
      .refine((pattern) => typesOf(pattern).length > 0, 'names no event type: GET /event-types lists them'),
  )
  .min(1)
  .max(60)
  .transform((patterns) => [...new Set(patterns)]);

/** Whose events are wanted; null for all. What has no agent or project is left out where one is asked for. */
export const eventScope = z.strictObject({
  agent_ids: z.array(agentId).min(1).max(200).nullable().default(null),
  project_ids: z.array(projectId).min(1).max(200).nullable().default(null),
});
export type EventScope = z.infer<typeof eventScope>;

/** The agent and the project that an event is about, where it is about one: what an `eventScope` and the filters of lists go by. */
export function subjectOf(data: Readonly<Record<string, unknown>>): {
  readonly agent_id: string | null;
  readonly project_id: string | null;
} {
  const { agent_id, project_id, scope, id } = data;
  const text = (value: unknown) => (typeof value === 'string' ? value : null);
  return {
    agent_id: text(agent_id) ?? (scope === 'agent' ? text(id) : null),
    project_id: text(project_id) ?? (scope === 'project' ? text(id) : null),
  };
}

/** The permission that shows events of a type. */
export function permissionOf(type: EventType): Permission {
  return EVENT_CATALOGUE[type].permission;
}
