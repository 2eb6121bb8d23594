import type { Usage } from '@agentflow/contracts';

type Counted = 'success' | 'error' | 'running' | 'throttled' | 'denied';

interface StatusLook {
  readonly status: Counted;
  readonly word: string;
  readonly colour: string;
}

/** From the bottom of a stack to its top. */
export const STATUSES: readonly StatusLook[] = [
  { status: 'success', word: 'Success', colour: 'var(--completed-solid)' },
  { status: 'running', word: 'Running', colour: 'var(--running-solid)' },
  { status: 'error', word: 'Error', colour: 'var(--failed-solid)' },
  { status: 'throttled', word: 'Throttled', colour: 'var(--waiting-solid)' },
  { status: 'denied', word: 'Denied', colour: 'var(--idle-solid)' },
];

/** Those that there are any of. */
export function presentStatuses(totals: Usage['totals']): readonly StatusLook[] {
  return STATUSES.filter(({ status }) => totals[status] > 0);
}
