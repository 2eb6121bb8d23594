import type { ErrorCode } from '@agentflow/contracts';
import { refusal } from '../../platform/router.ts';

/** Why a start that was asked for rightly is not made now. */
export const NOT_STARTED = [
  'agent_not_published',
  'agent_paused',
  'agent_archived',
  'stopped',
] as const satisfies readonly ErrorCode[];

/** Limits that a start can meet. */
const THROTTLED = ['rate_limited', 'budget_exceeded', 'concurrency_limited'] as const satisfies readonly ErrorCode[];

/** What admission refuses, for `responses` of operations that start executions. */
export const startRefusals = {
  403: refusal('The permission is missing, the address is not allowed, or a policy denies it', 'policy_denied'),
  409: refusal('The agent cannot run now', ...NOT_STARTED),
  429: refusal('A rate limit, a budget or the number of running executions is reached', ...THROTTLED),
};
