import { describe, expect, it } from 'vitest';
import { rateLimitWait } from '../../../workers/models/rate-limits.ts';

const NOW = Date.UTC(2026, 9, 21, 7, 28, 0);

describe('how long a provider asks to be left alone', () => {
  it.each<[string, Record<string, string>, number | undefined]>([
    ['seconds', { 'retry-after': '7' }, 7000],
    ['milliseconds first', { 'retry-after-ms': '250', 'retry-after': '7' }, 250],
    ['a date', { 'retry-after': 'Wed, 21 Oct 2026 07:28:30 GMT' }, 30_000],
    ['a date that has passed', { 'retry-after': 'Wed, 21 Oct 2026 07:27:00 GMT' }, 0],
    ['no longer than an hour', { 'retry-after': '86400' }, 3_600_000],
    ['nothing', {}, undefined],
    ['what makes no sense', { 'retry-after': 'soon', 'x-ratelimit-reset-tokens': 'later' }, undefined],
    [
      "OpenAI's limit that is used up",
      {
        'x-ratelimit-remaining-requests': '59',
        'x-ratelimit-reset-requests': '1s',
        'x-ratelimit-remaining-tokens': '0',
        'x-ratelimit-reset-tokens': '6m0s',
      },
      360_000,
    ],
    [
      'the first that is free again where none is used up',
      {
        'x-ratelimit-remaining-requests': '59',
        'x-ratelimit-reset-requests': '120ms',
        'x-ratelimit-remaining-tokens': '12',
        'x-ratelimit-reset-tokens': '1m30.5s',
      },
      120,
    ],
    [
      "Anthropic's dates",
      {
        'anthropic-ratelimit-requests-remaining': '0',
        'anthropic-ratelimit-requests-reset': '2026-10-21T07:28:10Z',
        'anthropic-ratelimit-input-tokens-remaining': '0',
        'anthropic-ratelimit-input-tokens-reset': '2026-10-21T07:28:45Z',
      },
      45_000,
    ],
    ['a gateway in seconds', { 'ratelimit-remaining': '0', 'ratelimit-reset': '12' }, 12_000],
    ['a gateway since the epoch', { 'x-ratelimit-reset': String(NOW / 1000 + 20) }, 20_000],
    ['Retry-After before the rest', { 'retry-after': '3', 'x-ratelimit-reset-requests': '1m' }, 3000],
  ])('%s', (_what, headers, wait) => {
    expect(rateLimitWait(headers, '', NOW)).toBe(wait);
  });

  it("reads Google's body", () => {
    const body = '{"error":{"details":[{"@type":"type.googleapis.com/google.rpc.RetryInfo","retryDelay":"34.5s"}]}}';
    expect(rateLimitWait({}, body, NOW)).toBe(34_500);
  });
});
