import type { ExternalOperation } from '@agentflow/contracts';

/** What an operation lets a client do, as the end of “It may …”. */
export const OPERATION_WORDS: Readonly<Record<ExternalOperation, string>> = {
  invoke: 'run agents',
  read: 'read what it has run',
  cancel: 'cancel what it has run',
  approve: 'answer approvals of what it has run, by whoever sits at it',
};
