import type { Context } from 'hono';
import { cors } from 'hono/cors';
import { createMiddleware } from 'hono/factory';
import { routePath } from 'hono/route';
import type { Env } from './env.ts';
import { ApiError } from './errors.ts';
import { newId } from './ids.ts';
import { productionProblems } from './production-guard.ts';
import type { AppEnv, Authenticator } from './router.ts';
import { createLogger, traceFrom, traceparentOf } from './telemetry.ts';

const SANE_REQUEST_ID = /^[A-Za-z0-9._-]{8,128}$/;

/** Names the request, joins its trace, and writes one access log line when it has been answered. */
export function requestScope(authenticate: Authenticator) {
  return createMiddleware<AppEnv>(async (c, next) => {
    const started = Date.now();
    const given = c.req.header('x-request-id');
    const requestId = given !== undefined && SANE_REQUEST_ID.test(given) ? given : newId('request', started);
    const trace = traceFrom(c.req.header('traceparent'));
    c.set('requestId', requestId);
    c.set('trace', trace);
    c.set('ip', c.req.header('cf-connecting-ip') ?? '');
    // Read where it is asked for: the edge's facts are a large text that has to be parsed.
    c.set('country', () => countryOf(c.req.raw));
    c.set('authenticate', authenticate);
    const fields = { request_id: requestId, trace_id: trace.trace_id, span_id: trace.span_id };
    c.set('log', createLogger(fields, { level: c.env.LOG_LEVEL }));
    await next();
    addHeaders(c, [
      ['X-Request-Id', requestId],
      ['traceparent', traceparentOf(trace)],
    ]);
    const { status } = c.res;
    c.get('log').log(status >= 500 ? 'error' : 'info', 'http.request', {
      method: c.req.method,
      // Without the query, which may hold a ticket or a search term.
      path: loggedPath(c),
      status,
      duration_ms: Date.now() - started,
    });
  });
}

/** Pages whose last segment is a credential. */
const SECRET_PAGE = /^\/invitations\/.*/;

/**
 * The path as the access log may hold it. Below /api the route's pattern, so that no token or id that stands in a path is
 * written; what no route matches is not told at all, since a mistyped path may hold a token too.
 */
function loggedPath(c: Context<AppEnv>): string {
  const { path } = c.req;
  if (path !== '/api' && !path.startsWith('/api/')) return path.replace(SECRET_PAGE, '/invitations/:token');
  const pattern = routePath(c);
  return pattern.startsWith('/api/') ? pattern : '/api/*';
}

/** Refuses to serve a production environment that is set up like a development one; the log says why, the answer does not. */
export function productionGuard() {
  return createMiddleware<AppEnv>(async (c, next) => {
    const problems = productionProblems(c.env);
    if (problems.length > 0) {
      for (const problem of problems) c.get('log').log('error', 'configuration.refused', { problem });
      throw new ApiError('upstream_unavailable', 'This installation is not configured for production.');
    }
    if (c.env.ENVIRONMENT === 'production' && new URL(c.req.url).protocol === 'http:') {
      const url = new URL(c.req.url);
      url.protocol = 'https:';
      // Credentials sent in the clear are not worth a redirect: the caller must change its URL.
      if (c.req.path.startsWith('/api/') || (c.req.method !== 'GET' && c.req.method !== 'HEAD')) {
        throw new ApiError('forbidden', 'Use https.');
      }
      return c.redirect(url.toString(), 308);
    }
    return next();
  });
}

const UI_POLICY = [
  "default-src 'self'",
  "script-src 'self'",
  // Menus and dialogs are positioned by style attributes.
  "style-src 'self' 'unsafe-inline'",
  "img-src 'self' data: blob:",
  "font-src 'self' data:",
  "connect-src 'self'",
  "object-src 'none'",
  "base-uri 'none'",
  "form-action 'self'",
  "frame-ancestors 'none'",
].join('; ');
const API_POLICY = "default-src 'none'; frame-ancestors 'none'";

const COMMON_HEADERS = [
  ['X-Content-Type-Options', 'nosniff'],
  ['X-Frame-Options', 'DENY'],
  ['Referrer-Policy', 'strict-origin-when-cross-origin'],
  ['Permissions-Policy', 'camera=(), geolocation=(), microphone=(), payment=(), usb=()'],
  ['Cross-Origin-Opener-Policy', 'same-origin'],
] as const;
const PAGE_HEADERS = [['Content-Security-Policy', UI_POLICY], ...COMMON_HEADERS] as const;
const API_HEADERS = [['Content-Security-Policy', API_POLICY], ...COMMON_HEADERS] as const;
const TRANSPORT_HEADERS = [['Strict-Transport-Security', 'max-age=63072000; includeSubDomains; preload']] as const;
const NO_STORE = [['Cache-Control', 'no-store']] as const;

/** Headers that every answer carries, pages and API alike. */
export function securityHeaders() {
  return createMiddleware<AppEnv>(async (c, next) => {
    await next();
    const isPage = (c.res.headers.get('content-type') ?? '').startsWith('text/html');
    addHeaders(c, isPage ? PAGE_HEADERS : API_HEADERS);
    if (c.env.ENVIRONMENT === 'production') addHeaders(c, TRANSPORT_HEADERS);
    if (c.req.path.startsWith('/api/') && !c.res.headers.has('cache-control')) addHeaders(c, NO_STORE);
  });
}

/**
 * Adds headers to the answer as it is. `c.header` would build the answer anew for each, and an asset's or an object's
 * answer cannot be changed in place: that one is built anew once.
 */
function addHeaders(c: Context<AppEnv>, headers: readonly (readonly [string, string])[]): void {
  // A WebSocket's answer takes no headers.
  if (c.res.status === 101) return;
  try {
    for (const [name, value] of headers) c.res.headers.set(name, value);
  } catch (error) {
    if (!(error instanceof TypeError)) throw error;
    c.res = new Response(c.res.body, c.res);
    for (const [name, value] of headers) c.res.headers.set(name, value);
  }
}

/** The browser origins that the operator lists in CORS_ORIGINS; the UI's own needs no entry. */
export function allowedOrigins(env: Pick<Env, 'CORS_ORIGINS'>): string[] {
  return (env.CORS_ORIGINS ?? '')
    .split(',')
    .map((origin) => origin.trim())
    .filter((origin) => origin !== '');
}

/** Other origins may call the API only when the operator lists them. */
export function crossOrigin() {
  return createMiddleware<AppEnv>((c, next) => {
    const origins = allowedOrigins(c.env);
    if (origins.length === 0) return next();
    return cors({
      origin: (origin) => (origins.includes(origin) ? origin : null),
      credentials: true,
      allowMethods: ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'],
      allowHeaders: [
        'Authorization',
        'Content-Type',
        'Idempotency-Key',
        'If-Match',
        'Last-Event-ID',
        'MCP-Protocol-Version',
        'Mcp-Method',
        'Mcp-Name',
        'Mcp-Session-Id',
        'Prefer',
        'X-AgentFlow-CSRF',
        'X-API-Key',
        'X-External-Agent-ID',
        'X-Request-Id',
        'traceparent',
      ],
      exposeHeaders: [
        'ETag',
        'Idempotency-Replayed',
        'Location',
        'Mcp-Session-Id',
        'RateLimit',
        'RateLimit-Policy',
        'Retry-After',
        'WWW-Authenticate',
        'X-Execution-Id',
        'X-Invocation-Id',
        'X-Request-Id',
        'traceparent',
      ],
      maxAge: 600,
    })(c, next);
  });
}

/** Of `request.cf`, which the edge alone writes: a header could be anybody's. */
function countryOf(request: Request): string | null {
  const country = (request.cf as { country?: unknown } | undefined)?.country;
  return typeof country === 'string' && /^[A-Z][A-Z0-9]$/.test(country) ? country : null;
}
