const DAY_MS = 86_400_000;

/**
 * How long a peer asks to be left alone, in milliseconds and at most a day: `Retry-After` in seconds, or as a date,
 * which is counted from the answer's own `Date` since the engine has no clock (RFC 9110, 10.2.3). Header names are lower-case.
 */
export function retryAfterMs(headers: Readonly<Record<string, string>>): number | undefined {
  const value = headers['retry-after']?.trim();
  if (value === undefined || value === '') return undefined;
  if (/^\d{1,9}$/.test(value)) return Math.min(Number(value) * 1000, DAY_MS);
  const wait = Date.parse(value) - Date.parse(headers.date ?? '');
  return Number.isNaN(wait) ? undefined : Math.min(Math.max(wait, 0), DAY_MS);
}
