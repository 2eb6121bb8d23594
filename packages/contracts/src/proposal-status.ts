import { z } from 'zod';

export const PROPOSAL_STATUSES = [
  'generating',
  'ready',
  'failed',
  'approved',
  'rejected',
  'superseded',
  'expired',
] as const;
export const proposalStatus = z.enum(PROPOSAL_STATUSES);
export type ProposalStatus = z.infer<typeof proposalStatus>;
