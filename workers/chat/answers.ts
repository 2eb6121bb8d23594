import type { ChatAnswer, Verdict } from './port.ts';

/** Longer waits are not believed. */
const MAX_WAIT_MS = 24 * 60 * 60 * 1000;

/** The wait that a header asks for: seconds, also with a fraction, or a date (RFC 9110, 10.2.3). */
export function retryAfterMs(answer: ChatAnswer, now: number): number | null {
  const value = answer.headers['retry-after']?.trim();
  if (value === undefined || value === '') return null;
  if (/^\d+(\.\d+)?$/.test(value)) return secondsToMs(Number(value));
  // Date.parse takes much more than the dates of HTTP.
  const at = /^[A-Za-z]{3,9}, .* GMT$/.test(value) ? Date.parse(value) : Number.NaN;
  return Number.isNaN(at) ? null : Math.min(Math.max(0, at - now), MAX_WAIT_MS);
}

/** Null for what is no number of seconds. */
export function secondsToMs(seconds: unknown): number | null {
  if (typeof seconds !== 'number' || !Number.isFinite(seconds) || seconds < 0) return null;
  return Math.min(Math.ceil(seconds * 1000), MAX_WAIT_MS);
}

/** The answer's body where it is a JSON object. */
export function jsonOf(answer: ChatAnswer): Readonly<Record<string, unknown>> | null {
  try {
    const value: unknown = JSON.parse(answer.body);
    return typeof value === 'object' && value !== null && !Array.isArray(value) ? { ...value } : null;
  } catch {
    return null;
  }
}

/** What a status means where the platform's own error says nothing. */
export function byStatus(answer: ChatAnswer, error: string): Verdict {
  const { status } = answer;
  const retry_after_ms = retryAfterMs(answer, Date.now());
  if (status === 429) return { outcome: 'rate_limited', error, retry_after_ms };
  if (status >= 500 || status === 408 || status === 425) return { outcome: 'failed', error, retry_after_ms };
  if (status === 410) return { outcome: 'gone', error };
  if (status === 400 || status === 413 || status === 415 || status === 422) return { outcome: 'malformed', error };
  if (status >= 400) return { outcome: 'refused', error };
  return { outcome: 'failed', error, retry_after_ms: null };
}

/** `<platform> answered <status>: <what it said>`, in one short line. */
export function said(platform: string, answer: ChatAnswer, words: string | null = null): string {
  const text = (words ?? '').replace(/\s+/g, ' ').trim().slice(0, 300);
  return `${platform} answered ${answer.status}${text === '' ? '' : `: ${text}`}`;
}
