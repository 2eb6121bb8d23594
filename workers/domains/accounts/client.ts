import type { Context } from 'hono';
import type { AppEnv } from '../../platform/router.ts';

/** Who asks, as sessions and audit rows keep it, where nobody is signed in yet. */
export function clientOf(c: Context<AppEnv>) {
  return {
    ip: c.var.ip,
    user_agent: (c.req.header('user-agent') ?? '').slice(0, 400),
    request_id: c.var.requestId,
  };
}
