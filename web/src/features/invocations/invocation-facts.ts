import type { Door, InvocationSummary } from '@agentflow/contracts';

/** Which way a call came in, as people know it. */
export const DOOR_WORDS: Record<Door, string> = { rest: 'REST', mcp: 'MCP', openai: 'OpenAI API' };

/** Refused calls never ran: they have samples instead of a lineage. */
export function isRefused({ status }: Pick<InvocationSummary, 'status'>): boolean {
  return status === 'throttled' || status === 'denied';
}

/** What a refusal asks of whoever is to lift it. */
const ADVICE: Readonly<Record<string, string>> = {
  rate_limited:
    'It called more often than its rate limits allow. Raise them in its settings, or let it wait as Retry-After says.',
  concurrency_limited:
    'As many of its executions ran as may run at once. Raise its greatest concurrency, or let it try again later.',
  budget_exceeded:
    'A budget that counts its calls is used up. Top it up or raise its limit, or wait for the next period.',
  policy_denied: 'A policy of the organization denies it. The dry run on the page of policies tells which one.',
  ip_not_allowed: 'It called from an address that is not on the allowlist of the organization.',
  external_agent_inactive: 'It is deactivated. Activate it on its page to let its calls through.',
  external_agent_mismatch: 'The call named another external agent than the one whose key it sent.',
  not_found: 'It asked for an agent that is not there, or that it may not call. Its settings say which ones it may.',
  agent_not_published: 'The agent has no published version yet.',
  agent_paused: 'The agent is paused.',
  agent_archived: 'The agent is archived.',
};

export function refusalAdvice(code: string | null): string | null {
  return code === null ? null : (ADVICE[code] ?? null);
}
