import { z } from 'zod';

const MOST = 10_000_000;
const limit = z.number().int().min(1).max(MOST).nullable();

/** Calls a minute (with `burst` at once), an hour and a day, each null for no limit of its own. */
export const rateLimits = z
  .strictObject({
    minute: limit.default(null),
    hour: limit.default(null),
    day: limit.default(null),
    burst: z
      .number()
      .int()
      .min(1)
      .max(MOST)
      .optional()
      .describe('How many of a minute may come at once; all of them when left out'),
  })
  .superRefine(({ minute, hour, day, burst }, context) => {
    const narrower = (field: string, value: number | null, wider: string, bound: number | null) => {
      if (value === null || bound === null || value <= bound) return;
      context.addIssue({ code: 'custom', path: [field], message: `allows more than the whole ${wider} (${bound})` });
    };
    narrower('minute', minute, 'hour', hour);
    narrower('minute', minute, 'day', day);
    narrower('hour', hour, 'day', day);
    if (burst !== undefined && (minute === null || burst > minute)) {
      context.addIssue({ code: 'custom', path: ['burst'], message: 'must not be more than the minute allows' });
    }
  });
export type RateLimits = z.infer<typeof rateLimits>;
