import { z } from 'zod';
import { timestamp } from './common.ts';

/** How long executions are kept after their end, in days. */
export const RETENTION_DAYS = [30, 90, 365] as const;

const days = z
  .union(RETENTION_DAYS.map((each) => z.literal(each)))
  .nullable()
  .describe('Days after their end; null: without limit');

/** After so many days the payloads of invocations move to the archive, unless something else is chosen. */
export const INVOCATION_ARCHIVE_DAYS = 90;
const archiveDays = z.number().int().min(1).max(3650);

/** What is left out stays as it is. */
export const setRetentionRequest = z.strictObject({
  days: days.optional(),
  invocation_archive_days: archiveDays
    .optional()
    .describe('After so many days the payloads of invocations move to the archive, from which they are still read'),
});
export const retention = z.object({
  days,
  next_deletion_at: timestamp
    .nullable()
    .describe('When executions are deleted next: at least 24 hours after the last change; null when none will be'),
  executions: z.number().int().describe('How many will be too old by then'),
  invocation_archive_days: archiveDays,
});

export type SetRetentionRequest = z.infer<typeof setRetentionRequest>;
export type RetentionDays = (typeof RETENTION_DAYS)[number] | null;
export type Retention = z.infer<typeof retention>;
