import { z } from 'zod';
import { agentStatus } from './agents.ts';
import { approvalSummary } from './approvals.ts';
import { jsonValue, timestamp } from './common.ts';
import { EVENT_TYPES, type EventType } from './event-catalogue.ts';
import { executionSummary } from './executions.ts';
import { agentId } from './ids.ts';
import type { Permission } from './permissions.ts';

const EXECUTION_TYPES = [
  'execution.queued',
  'execution.started',
  'execution.waiting',
  'execution.resumed',
  'execution.completed',
  'execution.failed',
  'execution.cancelled',
] as const;
const APPROVAL_TYPES = [
  'approval.requested',
  'approval.approved',
  'approval.denied',
  'approval.expired',
  'approval.cancelled',
] as const;
const AGENT_TYPES = [
  'agent.created',
  'agent.published',
  'agent.activated',
  'agent.paused',
  'agent.archived',
  'agent.updated',
] as const;

type Listed = (typeof EXECUTION_TYPES | typeof APPROVAL_TYPES | typeof AGENT_TYPES)[number];
const LISTED: readonly string[] = [...EXECUTION_TYPES, ...APPROVAL_TYPES, ...AGENT_TYPES];
/** Events that change none of the lists above, as they are told to everybody else. */
const NOTICE_TYPES = EVENT_TYPES.filter((type): type is Exclude<EventType, Listed> => !LISTED.includes(type)) as [
  Exclude<EventType, Listed>,
  ...Exclude<EventType, Listed>[],
];

export const FEED_EVENT_TYPES = [...EXECUTION_TYPES, ...APPROVAL_TYPES, ...AGENT_TYPES, ...NOTICE_TYPES] as const;
export type FeedEventType = (typeof FEED_EVENT_TYPES)[number];

/** What may see each kind of event: the permission that reads the lists which it changes. */
const FEED_PERMISSIONS: Readonly<Record<string, Permission>> = {
  execution: 'executions:read',
  approval: 'executions:read',
  agent: 'agents:read',
  external_agent: 'external_agents:read',
  budget: 'governance:read',
  project: 'governance:read',
  proposal: 'agents:read',
  webhook: 'webhooks:read',
  channel: 'webhooks:read',
  member: 'members:read',
  billing: 'org:manage',
};

/** The types among `wanted` that a caller may see. */
export function feedTypesFor(
  wanted: readonly FeedEventType[],
  allows: (permission: Permission) => boolean,
): FeedEventType[] {
  return wanted.filter((type) => {
    const permission = FEED_PERMISSIONS[type.split('.')[0] ?? ''];
    return permission !== undefined && allows(permission);
  });
}

/** An execution as its organization's desk knows it: whole where it tells the start, a wait or the end. */
export const feedExecution = executionSummary.partial().required({ id: true, agent_id: true, status: true });
export type FeedExecution = z.infer<typeof feedExecution>;

export const feedApproval = approvalSummary.pick({
  id: true,
  execution_id: true,
  agent_id: true,
  agent_name: true,
  node_name: true,
  step_id: true,
  kind: true,
  title: true,
  status: true,
  requested_at: true,
});
export type FeedApproval = z.infer<typeof feedApproval>;

export const feedAgent = z.object({
  id: agentId,
  name: z.string(),
  status: agentStatus,
  live_version: z.number().int().nullable(),
});
export type FeedAgent = z.infer<typeof feedAgent>;

/** What a feed event tells, before it has a number. */
export const feedFact = z.discriminatedUnion('type', [
  z.object({ type: z.enum(EXECUTION_TYPES), data: z.object({ execution: feedExecution }) }),
  z.object({ type: z.enum(APPROVAL_TYPES), data: z.object({ approval: feedApproval }) }),
  z.object({ type: z.enum(AGENT_TYPES), data: z.object({ agent: feedAgent }) }),
  z.object({ type: z.enum(NOTICE_TYPES), data: z.object({ event: z.record(z.string(), jsonValue) }) }),
  z.object({
    type: z.literal('reset').describe('What came before is not known here: read again what you show'),
    data: z.object({}),
  }),
]);
export type FeedFact = z.infer<typeof feedFact>;

/** One event of an organization. `seq` only grows, and gaps mean nothing: they are what was left out for this reader. */
export const feedEvent = z.intersection(z.object({ seq: z.number().int(), at: timestamp }), feedFact);
export type FeedEvent = z.infer<typeof feedEvent>;

const FEED_TYPE_NAMES: readonly string[] = FEED_EVENT_TYPES;

/** `execution.failed,approval.*` as the types that it names; a problem in words where it names one that is not there. */
export function parseFeedTypes(text: string): FeedEventType[] | { readonly problem: string } {
  const types = new Set<FeedEventType>();
  for (const name of text.split(',').map((each) => each.trim())) {
    const named = FEED_EVENT_TYPES.filter((type) =>
      name.endsWith('.*') ? type.startsWith(name.slice(0, -1)) : type === name,
    );
    if (named.length === 0) {
      return { problem: `names no event type: "${name.slice(0, 60)}". There are ${FEED_TYPE_NAMES.join(', ')}.` };
    }
    for (const type of named) types.add(type);
  }
  return [...types];
}
