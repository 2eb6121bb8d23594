import { z } from 'zod';

/** Prefix of each kind of identifier. An id is `<prefix>_<26 characters of Crockford base32>`, time-ordered like a ULID. */
export const ID_PREFIXES = {
  organization: 'org',
  user: 'usr',
  session: 'ses',
  agent: 'agt',
  execution: 'exe',
  apiKey: 'key',
  externalAgent: 'ext',
  invocation: 'inv',
  policy: 'pol',
  stop: 'stp',
  event: 'evt',
  webhook: 'whk',
  notificationChannel: 'nch',
  invitation: 'ivt',
  team: 'tem',
  project: 'prj',
  shadowRun: 'shr',
  proposal: 'prp',
  thread: 'thr',
  proposalComment: 'pcm',
  handoff: 'hof',
  approval: 'apr',
  lease: 'lea',
  audit: 'aud',
  cost: 'cst',
  request: 'req',
} as const;

export type IdKind = keyof typeof ID_PREFIXES;

const ID_BODY = '[0-9a-hjkmnp-tv-z]{26}';

/** Schema of one kind of id: rejects other prefixes, wrong length and characters outside Crockford base32. */
export function idSchema(kind: IdKind) {
  return z.string().regex(new RegExp(`^${ID_PREFIXES[kind]}_${ID_BODY}$`), `must be an id like ${ID_PREFIXES[kind]}_…`);
}

export const organizationId = idSchema('organization');
export const userId = idSchema('user');
export const agentId = idSchema('agent');
export const executionId = idSchema('execution');
export const invitationId = idSchema('invitation');
export const projectId = idSchema('project');
export const handoffId = idSchema('handoff');
export const teamId = idSchema('team');
export const apiKeyId = idSchema('apiKey');
export const externalAgentId = idSchema('externalAgent');
export const invocationId = idSchema('invocation');
export const policyId = idSchema('policy');
export const stopId = idSchema('stop');
export const eventId = idSchema('event');
export const webhookId = idSchema('webhook');
export const notificationChannelId = idSchema('notificationChannel');

/** One event's way to one target: named by both, so that it is made once. `dlv_<the target's id>_<body of the event's id>` */
export const deliveryId = z
  .string()
  .regex(new RegExp(`^dlv_[a-z]{3}_${ID_BODY}_${ID_BODY}$`), 'must be an id like dlv_whk_…_…');
