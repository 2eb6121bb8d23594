import { z } from 'zod';
import { timestamp } from './common.ts';

/** How a day of an organization goes. Tests are left out of the runs, and cost what they cost. */
export const organizationOverview = z.object({
  from: timestamp.describe('Where the day begins'),
  runs: z.number().int(),
  runs_before: z.number().int().describe('In the same part of the day before'),
  runs_by_hour: z.array(z.number().int()).describe('Runs that began in each hour since `from`, up to now'),
  completed: z.number().int(),
  failed: z.number().int(),
  cancelled: z.number().int(),
  running: z.number().int().describe('Executions that run now, whenever they began'),
  queued: z.number().int(),
  waiting: z.number().int(),
  cost_usd: z.number(),
  cost_usd_before: z.number().describe('In the same part of the day before'),
});
export type OrganizationOverview = z.infer<typeof organizationOverview>;
