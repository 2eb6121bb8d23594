/** How long a provider asks to be left alone, as its headers and bodies tell it. Header names are lower-case. */

const LONGEST_WAIT_MS = 3_600_000;

type Headers = Readonly<Record<string, string>>;

function bounded(wait: number): number | undefined {
  return Number.isFinite(wait) ? Math.min(Math.max(wait, 0), LONGEST_WAIT_MS) : undefined;
}

/**
 * Milliseconds that any peer asks to wait: `retry-after-ms`, or `Retry-After` in seconds or as a date (RFC 9110
 * §10.2.3).
 */
export function retryAfter(headers: Headers, now: number): number | undefined {
  const exact = Number(headers['retry-after-ms'] ?? Number.NaN);
  if (Number.isFinite(exact) && exact >= 0) return bounded(exact);
  const value = headers['retry-after'];
  if (value === undefined || value === '') return undefined;
  const seconds = Number(value);
  return bounded(Number.isFinite(seconds) ? seconds * 1000 : Date.parse(value) - now);
}

const UNITS: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** `6m0s`, `120ms`, `1.5s` (OpenAI); a date (Anthropic); seconds, or seconds since the epoch (gateways). */
function resetTime(value: string, now: number): number | undefined {
  if (/^\d+(\.\d+)?$/.test(value)) {
    const number = Number(value);
    return bounded(number > 1_000_000_000 ? number * 1000 - now : number * 1000);
  }
  if (/^(\d+(\.\d+)?(ms|[smhd]))+$/.test(value)) {
    const parts = value.matchAll(/(\d+(?:\.\d+)?)(ms|[smhd])/g);
    return bounded([...parts].reduce((sum, [, count, unit]) => sum + Number(count) * (UNITS[unit ?? ''] ?? 0), 0));
  }
  return bounded(Date.parse(value) - now);
}

interface Limit {
  readonly wait: number;
  readonly used_up: boolean;
}

/**
 * The vendors' own headers: `x-ratelimit-reset-requests` with `x-ratelimit-remaining-requests` (OpenAI),
 * `anthropic-ratelimit-tokens-reset` with `…-remaining` (Anthropic), `x-ratelimit-reset` and `ratelimit-reset` (gateways).
 */
function limits(headers: Headers, now: number): Limit[] {
  return Object.entries(headers).flatMap(([name, value]) => {
    if (!/^(x-|anthropic-)?ratelimit-(.*-)?reset(-.*)?$/.test(name)) return [];
    const wait = resetTime(value.trim(), now);
    return wait === undefined ? [] : [{ wait, used_up: headers[name.replace('reset', 'remaining')]?.trim() === '0' }];
  });
}

/** Google tells it in the body alone. */
function delayInBody(body: string): number | undefined {
  const seconds = /"retryDelay"\s*:\s*"(\d+(?:\.\d+)?)s"/.exec(body)?.[1];
  return seconds === undefined ? undefined : bounded(Number(seconds) * 1000);
}

/**
 * Milliseconds that a provider that answered 429 asks to wait; undefined where it does not tell. Of several limits those
 * count that are used up, the longest first; where none says so, the one that is free first.
 */
export function rateLimitWait(headers: Headers, body: string, now: number): number | undefined {
  const told = retryAfter(headers, now) ?? delayInBody(body);
  if (told !== undefined) return told;
  const all = limits(headers, now);
  const used = all.filter(({ used_up }) => used_up);
  if (used.length > 0) return Math.max(...used.map(({ wait }) => wait));
  return all.length > 0 ? Math.min(...all.map(({ wait }) => wait)) : undefined;
}
