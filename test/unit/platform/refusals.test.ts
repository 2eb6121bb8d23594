import { Hono } from 'hono';
import { describe, expect, it } from 'vitest';
import { answerError } from '../../../workers/platform/refusals.ts';
import type { AppEnv } from '../../../workers/platform/router.ts';
import type { Logger } from '../../../workers/platform/telemetry.ts';

async function answerTo(
  error: Error,
): Promise<{ status: number; retryAfter: string | null; code: string; lines: string[] }> {
  const lines: string[] = [];
  const logger: Logger = {
    log: (level, event) => {
      lines.push(`${level} ${event}`);
    },
    with: () => logger,
  };
  const app = new Hono<AppEnv>();
  app.use(async (c, next) => {
    c.set('requestId', 'req_1');
    c.set('log', logger);
    await next();
  });
  app.get('/', () => {
    throw error;
  });
  app.onError(answerError);
  const response = await app.request('/');
  const { code } = await response.json<{ code: string }>();
  return { status: response.status, retryAfter: response.headers.get('retry-after'), code, lines };
}

describe('an object that cannot be asked', () => {
  it.each([
    ['restarts or moves', { retryable: true }, '1'],
    ['has too much to do', { overloaded: true }, '5'],
    ['has too much to do, as every retry would', { retryable: true, overloaded: true }, '5'],
  ])('%s: the caller is told when to try again', async (_name, properties, retryAfter) => {
    const answer = await answerTo(Object.assign(new Error('internal words of the platform'), properties));
    expect(answer).toEqual({
      status: 503,
      retryAfter,
      code: 'upstream_unavailable',
      lines: ['warn http.object_unreachable'],
    });
  });

  it('is not taken for a bug, nor a bug for it', async () => {
    const answer = await answerTo(Object.assign(new Error('a bug'), { remote: true, retryable: false }));
    expect(answer).toMatchObject({ status: 500, code: 'internal_error', lines: ['error http.unexpected_error'] });
  });
});
