import { allowedOrigins } from '../../platform/edge.ts';
import type { Env } from '../../platform/env.ts';

const LOCAL = /^(localhost|127\.0\.0\.1|\[::1\])$/;

/**
 * Whether a browser's page may call: the UI's own origin and those of CORS_ORIGINS, and on one machine its own pages. The
 * request's `Host` proves nothing, since a name of a stranger may lead here (DNS rebinding). Programs send no `Origin`.
 */
export function mayCall(env: Env, request: Request): boolean {
  const host = new URL(request.url).hostname;
  if (env.ENVIRONMENT === 'local' && !LOCAL.test(host)) return false;
  const origin = request.headers.get('origin');
  if (origin === null || origin === '') return true;
  const url = URL.parse(origin);
  if (url === null) return false;
  if (env.ENVIRONMENT !== 'production' && LOCAL.test(url.hostname)) return true;
  return [env.PUBLIC_URL?.trim().replace(/\/$/, ''), ...allowedOrigins(env)].includes(url.origin);
}
