import { env } from 'cloudflare:workers';
import type { RequestContext } from '../../../workers/platform/context.ts';
import type { Env } from '../../../workers/platform/env.ts';
import { createLogger, traceFrom } from '../../../workers/platform/telemetry.ts';
import type { Caller } from './caller.ts';

/** What a service gets of a caller's request, with some bindings replaced. */
export function contextOf(
  caller: Pick<Caller, 'organizationId' | 'userId'>,
  bindings: Partial<Env> = {},
): RequestContext {
  return {
    env: { ...env, ...bindings },
    organizationId: caller.organizationId,
    principal: {
      kind: 'user',
      organization_id: caller.organizationId,
      user_id: caller.userId,
      session_id: 'ses_test',
      name: 'Owner',
      role: 'owner',
    },
    actor: { type: 'user', id: caller.userId, name: 'Owner' },
    requestId: 'req_test',
    trace: traceFrom(undefined),
    ip: '192.0.2.1',
    userAgent: 'test',
    log: createLogger({}, { write: () => {} }),
    now: Date.now,
    waitUntil: () => {},
  };
}
