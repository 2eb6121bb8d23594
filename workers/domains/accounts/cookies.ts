import type { Context } from 'hono';
import { deleteCookie, getCookie, setCookie } from 'hono/cookie';
import { allowedOrigins } from '../../platform/edge.ts';
import { ApiError } from '../../platform/errors.ts';
import type { AppEnv } from '../../platform/router.ts';
import { SESSION_SECONDS } from './sessions.ts';

/** Not `__Host-`: that prefix wants `Path=/`, and this cookie rides on no other request than those that need it. */
const NAME = 'af_refresh';
/** Browsers take Secure cookies from http://localhost too. */
const OPTIONS = { path: '/api/v1/auth', httpOnly: true, secure: true, sameSite: 'Strict' } as const;
export const CSRF_HEADER = 'X-AgentFlow-CSRF';

export function setRefreshCookie(c: Context<AppEnv>, token: string): void {
  setCookie(c, NAME, token, { ...OPTIONS, maxAge: SESSION_SECONDS });
}

export function clearRefreshCookie(c: Context<AppEnv>): void {
  deleteCookie(c, NAME, OPTIONS);
}

export function refreshCookie(c: Context<AppEnv>): string | undefined {
  return getCookie(c, NAME);
}

/**
 * Refresh and logout ride on a cookie, so they want a header that another site's page cannot send without a CORS
 * preflight, which it will not pass. What the browser itself says of the page (Fetch Metadata, `Sec-Fetch-Site`) must
 * agree: another origin passes only when it is listed in CORS_ORIGINS. Throws `csrf_failed`.
 */
export function requireCsrfHeader(c: Context<AppEnv>): void {
  if (c.req.header(CSRF_HEADER) !== '1') throw new ApiError('csrf_failed', `Send the header ${CSRF_HEADER}: 1.`);
  const site = c.req.header('sec-fetch-site');
  const fromElsewhere = site === 'cross-site' || site === 'same-site';
  if (fromElsewhere && !allowedOrigins(c.env).includes(c.req.header('origin') ?? '')) {
    throw new ApiError('csrf_failed', 'A page of another origin cannot use this session.');
  }
}
