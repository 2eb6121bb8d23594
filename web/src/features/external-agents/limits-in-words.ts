import type { RateLimits } from '@agentflow/contracts';
import { formatCount } from '../../lib/format.ts';

/** `60 a minute, 10 at once · 500 an hour`. */
export function limitsInWords(limits: RateLimits | null): string {
  if (limits === null) return 'No limit of its own';
  const { minute, hour, day, burst } = limits;
  const parts = [
    minute === null
      ? null
      : `${formatCount(minute)} a minute${burst === undefined ? '' : `, ${formatCount(burst)} at once`}`,
    hour === null ? null : `${formatCount(hour)} an hour`,
    day === null ? null : `${formatCount(day)} a day`,
  ].filter((each) => each !== null);
  return parts.length === 0 ? 'No limit of its own' : parts.join(' · ');
}
