import { z } from 'zod';
import { jsonValue } from './common.ts';

/**
 * Every error code the API can answer with, its HTTP status and its title. `detail` says what happened in the case at
 * hand; the code is what programs branch on, so codes are never renamed.
 */
export const ERROR_CODES = {
  malformed_json: { status: 400, title: 'The request body is not valid JSON' },
  malformed_request: { status: 400, title: 'The request could not be read' },
  unauthenticated: { status: 401, title: 'A valid credential is required' },
  invalid_credentials: { status: 401, title: 'E-mail or password is wrong' },
  token_expired: { status: 401, title: 'The token has expired' },
  plan_limit_reached: { status: 402, title: "The plan's limit has been reached" },
  forbidden: { status: 403, title: 'The permission for this is missing' },
  no_organization: { status: 403, title: 'The person belongs to no organization' },
  external_agent_inactive: { status: 403, title: 'The external agent is deactivated' },
  external_agent_mismatch: { status: 403, title: 'The key belongs to another external agent' },
  policy_denied: { status: 403, title: 'A policy of the organization denies this' },
  ip_not_allowed: { status: 403, title: "The client address is not on the organization's allowlist" },
  wrong_person: { status: 403, title: 'This is for another person' },
  csrf_failed: { status: 403, title: 'The CSRF header is missing' },
  not_found: { status: 404, title: 'Not found' },
  method_not_allowed: { status: 405, title: 'The method is not supported here' },
  conflict: { status: 409, title: 'The request conflicts with the current state' },
  email_taken: { status: 409, title: 'The e-mail address is already registered' },
  name_taken: { status: 409, title: 'The name is already in use' },
  already_member: { status: 409, title: 'The person is already a member' },
  limit_reached: { status: 409, title: 'There are as many as there may be' },
  agent_ambiguous: { status: 409, title: 'Several agents have this name' },
  agent_not_published: { status: 409, title: 'The agent has no published version' },
  agent_paused: { status: 409, title: 'The agent is paused' },
  agent_archived: { status: 409, title: 'The agent is archived' },
  last_owner: { status: 409, title: 'An organization needs an owner' },
  stopped: { status: 409, title: 'What was to be started has been stopped' },
  execution_finished: { status: 409, title: 'The execution has already ended' },
  approval_decided: { status: 409, title: 'The approval is not pending any more' },
  approval_changed: { status: 409, title: 'Something else waits to be approved than what was shown' },
  approval_ambiguous: { status: 409, title: 'Several steps wait for a decision' },
  proposal_decided: { status: 409, title: 'The proposal is not waiting for a decision any more' },
  proposal_changed: { status: 409, title: 'The approval is for other bytes than those that result' },
  draft_moved: { status: 409, title: 'The draft has changed since the proposal was made' },
  idempotency_in_progress: { status: 409, title: 'A request with this Idempotency-Key is still in progress' },
  link_expired: { status: 410, title: 'The link has expired' },
  invitation_gone: { status: 410, title: 'The invitation can no longer be accepted' },
  precondition_failed: { status: 412, title: 'The object has changed since it was read' },
  payload_too_large: { status: 413, title: 'The request body is too large' },
  unsupported_media_type: { status: 415, title: 'The content type is not supported' },
  validation_failed: { status: 422, title: 'The request is not valid' },
  definition_invalid: { status: 422, title: 'The agent definition has problems' },
  idempotency_key_reused: { status: 422, title: 'The Idempotency-Key was used with another request' },
  rate_limited: { status: 429, title: 'Too many requests' },
  budget_exceeded: { status: 429, title: 'A budget is used up' },
  concurrency_limited: { status: 429, title: 'Too many executions are running' },
  internal_error: { status: 500, title: 'Something went wrong on our side' },
  mail_not_configured: { status: 503, title: 'This installation cannot send mail' },
  upstream_unavailable: { status: 503, title: 'A service this needs is not available' },
} as const satisfies Record<string, { status: number; title: string }>;

export type ErrorCode = keyof typeof ERROR_CODES;

export const errorCode = z.enum(Object.keys(ERROR_CODES) as [ErrorCode, ...ErrorCode[]]);

export const fieldError = z.object({
  path: z.string().describe('Where the problem is, as a dotted path: `nodes.2.config.prompt`'),
  message: z.string(),
});
export type FieldError = z.infer<typeof fieldError>;

/** RFC 9457 problem details, as every error of the API is answered (`application/problem+json`). */
export const problem = z.object({
  type: z.string(),
  title: z.string(),
  status: z.number().int(),
  detail: z.string(),
  code: errorCode,
  request_id: z.string(),
  errors: z.array(fieldError).optional(),
  merge: jsonValue.optional().describe('With `draft_moved`: a ProposalMerge'),
});
export type Problem = z.infer<typeof problem>;
