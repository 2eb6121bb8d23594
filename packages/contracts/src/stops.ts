import { z } from 'zod';
import { timestamp } from './common.ts';
import { stopId } from './ids.ts';

export const stopQuery = z.object({
  stop_running: z
    .enum(['true', 'false'])
    .default('true')
    .describe('Whether what runs is cancelled with everything that it started'),
});

/** One use of the kill switch: executions of a key, an external agent or a policy's subjects that were alive then. */
export const stop = z.object({
  stop_id: stopId,
  of: z.enum(['key', 'external_agent', 'policy']),
  subject_id: z.string(),
  status: z.enum(['stopping', 'stopped']),
  targeted: z.number().int().describe('Executions that were alive'),
  stopped: z.number().int().describe('Those of them that have ended since'),
  spent_usd: z.number().describe('What the targeted executions have cost, as far as they have ended'),
  created_at: timestamp,
  finished_at: timestamp.nullable(),
});
export type Stop = z.infer<typeof stop>;

/** Of a change that stops what runs, beside what was changed. */
export const stopCounts = stop.pick({ stop_id: true, targeted: true, stopped: true, spent_usd: true });
