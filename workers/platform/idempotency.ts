import { createMiddleware } from 'hono/factory';
import { organizationDesk } from '../../durable-objects/organization/client.ts';
import { sha256Hex } from './digest.ts';
import { ApiError, invalid } from './errors.ts';
import { organizationKey } from './organization-key.ts';
import type { AppEnv } from './router.ts';
import { open, seal } from './vault.ts';

export const IDEMPOTENCY_KEY = /^[\x21-\x7e]{1,255}$/;
const STORED_HEADERS = ['content-type', 'etag', 'location'];

/** The request's `Idempotency-Key`, or null without one. Throws `validation_failed` for a key of another syntax. */
export function idempotencyKey(header: string | undefined): string | null {
  if (header === undefined) return null;
  if (IDEMPOTENCY_KEY.test(header)) return header;
  throw invalid([{ path: 'Idempotency-Key', message: 'must have 1 to 255 visible ASCII characters' }]);
}

/** SHA-256 in hex of what makes two requests the same: method, path with query, and the body's text. */
export async function requestHash(method: string, pathAndQuery: string, body: string): Promise<string> {
  return sha256Hex(`${method}\n${pathAndQuery}\n${body}`);
}

/**
 * Creates with an `Idempotency-Key`: the first success is kept for 24 h at the organization's desk and answered again,
 * sealed because it may hold a secret that is shown once. Refusals and failures are not kept, so they may be retried.
 */
export function idempotent() {
  return createMiddleware<AppEnv>(async (c, next) => {
    const key = idempotencyKey(c.req.header('idempotency-key'));
    if (key === null) return next();
    const principal = c.var.principal;
    if (principal.kind === 'unchecked_key') throw new Error('an unchecked API key cannot claim a request');
    const { organization_id } = principal;
    const caller = principal.kind === 'user' ? principal.user_id : principal.key_id;
    const scope = `${caller} ${c.req.method} ${c.req.path}`;
    const url = new URL(c.req.url);
    const body_hash = await requestHash(c.req.method, url.pathname + url.search, c.var.bodyText ?? '');
    const desk = organizationDesk(c.env.ORGANIZATION, organization_id);

    const claim = await desk.claimRequest({ organization_id, scope, key, body_hash });
    const aad = `idempotency:${scope}:${key}`;
    switch (claim.state) {
      case 'in_progress':
        throw new ApiError('idempotency_in_progress', 'The first request with this key has not been answered yet.', {
          headers: { 'Retry-After': '1' },
        });
      case 'reused':
        throw new ApiError('idempotency_key_reused', 'This key was used with another request; take a new one.');
      case 'replay': {
        const text = await open(await organizationKey(c.env, organization_id), claim.sealed_body, aad);
        const headers = { ...claim.headers, 'Idempotency-Replayed': 'true' };
        return new Response(text === '' ? null : text, { status: claim.status, headers });
      }
      case 'new':
        break;
    }

    let answer: { status: number; sealed_body: string; headers: Record<string, string> } | null = null;
    try {
      await next();
      if (c.error === undefined && c.res.ok) {
        const text = await c.res.clone().text();
        const headers: Record<string, string> = {};
        for (const name of STORED_HEADERS) {
          const value = c.res.headers.get(name);
          if (value !== null) headers[name] = value;
        }
        const sealed_body = await seal(await organizationKey(c.env, organization_id), text, aad);
        answer = { status: c.res.status, sealed_body, headers };
      }
    } finally {
      await desk.finishRequest({ scope, key, answer });
    }
  });
}
