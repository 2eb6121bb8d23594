import { z } from 'zod';
import { jsonObject, pageQuery, timestamp } from './common.ts';
import { idSchema } from './ids.ts';

export const auditActorType = z.enum(['user', 'api_key', 'external_agent', 'system']);

/** One change, as it was made: who, what, on what, from where. */
export const auditEntry = z.object({
  id: idSchema('audit'),
  at: timestamp,
  actor: z.object({
    type: auditActorType,
    id: z.string(),
    name: z.string().nullable().describe('null when the person or key is no longer known'),
  }),
  action: z.string().describe('`<resource>.<what happened>`, as in `agent.published`'),
  resource: z.object({ type: z.string(), id: z.string() }),
  details: jsonObject,
  ip: z.string(),
  user_agent: z.string(),
  request_id: z.string(),
});

export const auditQuery = pageQuery.extend({
  actor_id: z.string().max(64).optional(),
  action: z.string().max(64).optional().describe('Whole, or up to a dot: `agent` finds `agent.published`'),
  resource_type: z.string().max(64).optional(),
  resource_id: z.string().max(128).optional(),
  from: timestamp.optional(),
  to: timestamp.optional(),
});

export type AuditEntry = z.infer<typeof auditEntry>;
export type AuditQuery = z.infer<typeof auditQuery>;
