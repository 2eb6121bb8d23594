import { z } from 'zod';
import { plan } from './accounts.ts';
import { role } from './permissions.ts';

/** The most that a window may allow: more than this is no limit but a slip of the keyboard. */
const MOST = { minute: 100_000, hour: 1_000_000, day: 10_000_000 } as const;
const WINDOWS = ['day', 'hour', 'minute'] as const;

function quota(window: keyof typeof MOST) {
  return z.number().int().min(1).max(MOST[window]);
}

const burst = z
  .number()
  .int()
  .min(1)
  .max(MOST.minute)
  .describe("How many of a minute's may come at once; all of them without it");

function checkBurst(limits: { minute: number | null; burst?: number | undefined }, problem: (message: string) => void) {
  if (limits.burst === undefined) return;
  if (limits.minute === null) problem('says how much of the limit of a minute may come at once, and there is none');
  else if (limits.burst > limits.minute) problem(`is more than the ${limits.minute} of a minute`);
}

/**
 * How much one subject may do: by the minute as a steady rate with a burst (GCRA), by the hour and the day in calendar
 * windows (UTC). null: not limited. A wider window never allows less than a narrower one.
 */
export const rateLimits = z
  .strictObject({
    minute: quota('minute').nullable().default(null),
    hour: quota('hour').nullable().default(null),
    day: quota('day').nullable().default(null),
    burst: burst.optional(),
  })
  .superRefine((limits, context) => {
    const problem = (field: string, message: string) => context.addIssue({ code: 'custom', path: [field], message });
    checkBurst(limits, (message) => problem('burst', message));
    let wider: (typeof WINDOWS)[number] | null = null;
    for (const window of WINDOWS) {
      const most = limits[window];
      if (most === null) continue;
      const bound = wider === null ? null : limits[wider];
      if (wider !== null && bound !== null && most > bound) {
        problem(window, `allows more than the whole ${wider} (${bound})`);
      }
      wider = window;
    }
  });

/** Reads are counted in memory, and so by the minute alone. */
export const readLimits = z
  .strictObject({ minute: quota('minute'), burst: burst.optional() })
  .superRefine((limits, context) =>
    checkBurst(limits, (message) => context.addIssue({ code: 'custom', path: ['burst'], message })),
  );

export const setOrganizationRateLimitsRequest = z.strictObject({
  per_key: rateLimits.nullable().default(null).describe('Starts by each API key'),
  per_user: rateLimits.nullable().default(null).describe('Starts by each signed-in person'),
  per_role: z.partialRecord(role, rateLimits).default({}).describe('Starts by all who have a role, together'),
  per_ip: rateLimits.nullable().default(null).describe('Starts from each address (of IPv6: from each /64 network)'),
  starts_per_user: rateLimits
    .nullable()
    .default(null)
    .describe("Executions that each signed-in person may start; null: the plan's own"),
  reads_per_key: readLimits.nullable().default(null).describe('Requests of each API key that start nothing'),
});

export const organizationRateLimits = setOrganizationRateLimitsRequest.extend({
  plan: z
    .object({
      name: plan,
      keys_per_hour: z.number().int().nullable().describe('Starts by all API keys and external agents together'),
      person_per_hour: z.number().int().nullable().describe('Starts by each signed-in person'),
      starts_per_user_per_minute: z.number().int().nullable().describe('Where `starts_per_user` is null'),
    })
    .describe('What the plan limits besides; null: nothing'),
});

export type RateLimits = z.infer<typeof rateLimits>;
export type ReadLimits = z.infer<typeof readLimits>;
export type SetOrganizationRateLimitsRequest = z.infer<typeof setOrganizationRateLimitsRequest>;
export type OrganizationRateLimits = z.infer<typeof organizationRateLimits>;
