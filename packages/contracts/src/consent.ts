import { z } from 'zod';
import { displayName } from './common.ts';
import { externalOperation } from './external-agents.ts';
import { agentId, externalAgentId } from './ids.ts';

/** The query of an authorization request, as the client has sent the browser with it. */
const authorizationQuery = z.string().min(1).max(8000);

export const consentQuery = z.object({
  request: authorizationQuery.describe('The query of /oauth/authorize, without the question mark'),
});

/** What a client wants, as it says itself: nobody has checked its name. */
export const consentDetails = z.object({
  client_id: z.string(),
  client_name: z.string(),
  client_uri: z.string().nullable(),
  redirect_host: z.string().describe('Where the access is sent to'),
  redirect_is_local: z.boolean().describe('To a program on the own computer, which may be any'),
});
export type ConsentDetails = z.infer<typeof consentDetails>;

export const consentDecisionRequest = z
  .strictObject({
    request: authorizationQuery,
    decision: z.enum(['approve', 'deny']),
    external_agent_id: externalAgentId.optional().describe('The external agent that the client acts as'),
    new_external_agent: z
      .strictObject({
        name: displayName,
        agents: z.array(agentId).min(1).max(200).nullable().default(null),
        operations: z.array(externalOperation).min(1).max(4).default(['invoke', 'read', 'cancel']),
      })
      .optional()
      .describe('Or one that is made for it'),
  })
  .refine(
    ({ decision, external_agent_id: one, new_external_agent: other }) =>
      decision === 'deny' || (one === undefined) !== (other === undefined),
    { path: ['external_agent_id'], message: 'give either external_agent_id or new_external_agent' },
  );
export type ConsentDecisionRequest = z.infer<typeof consentDecisionRequest>;

export const consentDecided = z.object({ redirect_to: z.string().describe('Back to the client') });
