import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import { describe, expect, it } from 'vitest';
import { createApp } from '../../../workers/app.ts';
import type { Env } from '../../../workers/platform/env.ts';
import { healthRoutes, readinessOf } from '../../../workers/platform/health.ts';
import { productionProblems } from '../../../workers/platform/production-guard.ts';
import { api, createKey, expectProblem, ORIGIN, PASSWORD, rawApi, signUp } from '../../support/api.ts';
import { consoleLines } from '../../support/console-lines.ts';

const random = () => {
  const bytes = crypto.getRandomValues(new Uint8Array(32));
  // Random bytes are never all printable; make sure of it.
  bytes[0] = 0;
  return btoa(String.fromCharCode(...bytes));
};

const production: Env = {
  ...env,
  ENVIRONMENT: 'production',
  AUTH_KEYS: `k1:${random()}`,
  VAULT_KEYS: `k1:${random()}`,
  OUTBOUND_ALLOW: '',
  PUBLIC_URL: 'https://agentflow.test',
};

/** A request to an app of its own with another environment. */
async function withEnv(
  changed: Partial<Env>,
  path: string,
  init: RequestInit = {},
  origin = ORIGIN,
): Promise<Response> {
  const ctx = createExecutionContext();
  const request = new Request(origin + path, { redirect: 'manual', ...init });
  const response = await createApp().fetch(request, { ...production, ...changed }, ctx);
  await waitOnExecutionContext(ctx);
  return response;
}

describe('request ids and traces', () => {
  it('keeps a sane request id and replaces any other', async () => {
    const idOf = async (given: string) =>
      (await api('//health', { headers: { 'x-request-id': given } })).headers.get('x-request-id');
    expect(await idOf('my-request.42')).toBe('my-request.42');
    for (const bad of ['short', 'x'.repeat(129), 'has space', '<script>x</script>']) {
      expect(await idOf(bad)).toMatch(/^req_[0-9a-z]{26}$/);
    }
  });

  it("continues the caller's trace with a span of its own", async () => {
    const given = '00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01';
    const { headers } = await api('//health', { headers: { traceparent: given } });
    expect(headers.get('traceparent')).toMatch(
      /^00-4bf92f3577b34da6a3ce929d0e0e4736-(?!00f067aa0ba902b7)[0-9a-f]{16}-01$/,
    );
    expect((await api('//health', { headers: { traceparent: 'x' } })).headers.get('traceparent')).toMatch(
      /^00-[0-9a-f]{32}-[0-9a-f]{16}-01$/,
    );
  });

  it('writes one access line per request, with ids and without the query', async () => {
    const lines = await consoleLines(() =>
      api('/org?cursor=private', { headers: { 'x-request-id': 'one-line-please' } }),
    );
    const access = lines.map((line) => JSON.parse(line)).filter((line) => line.event === 'http.request');
    expect(access).toHaveLength(1);
    expect(access[0]).toMatchObject({ request_id: 'one-line-please', method: 'GET', path: '/api/v1/org', status: 401 });
    expect(access[0].trace_id).toMatch(/^[0-9a-f]{32}$/);
  });
});

describe('headers', () => {
  it('close the API to frames, sniffing and scripts', async () => {
    const { headers } = await api('//health');
    expect(headers.get('content-security-policy')).toBe("default-src 'none'; frame-ancestors 'none'");
    expect(headers.get('x-content-type-options')).toBe('nosniff');
    expect(headers.get('referrer-policy')).toBe('strict-origin-when-cross-origin');
    expect(headers.get('permissions-policy')).toContain('camera=()');
    expect(headers.get('strict-transport-security')).toBeNull();
  });

  it('let pages run their own scripts only', async () => {
    const { headers } = await api('//docs');
    const policy = headers.get('content-security-policy') ?? '';
    expect(policy).toContain("script-src 'self';");
    expect(policy).toContain("frame-ancestors 'none'");
    expect(policy).not.toMatch(/script-src[^;]*unsafe/);
  });

  it('keep answers of the API out of caches', async () => {
    const owner = await signUp();
    expect((await api('/org', { token: owner.token })).headers.get('cache-control')).toBe('no-store');
  });
});

describe('CORS', () => {
  const preflight = (origin: string, CORS_ORIGINS: string) =>
    withEnv({ CORS_ORIGINS }, '/api/v1/agents', {
      method: 'OPTIONS',
      headers: { origin, 'access-control-request-method': 'POST' },
    });

  it('answers the listed origins only', async () => {
    const allowed = await preflight('https://ui.example', 'https://ui.example, https://other.example');
    expect(allowed.status).toBe(204);
    expect(allowed.headers.get('access-control-allow-origin')).toBe('https://ui.example');
    expect(allowed.headers.get('access-control-allow-credentials')).toBe('true');
    for (const origin of ['https://evil.example', 'https://ui.example.evil.example', 'null']) {
      expect((await preflight(origin, 'https://ui.example')).headers.get('access-control-allow-origin')).toBeNull();
    }
    expect((await preflight('https://ui.example', '')).headers.get('access-control-allow-origin')).toBeNull();
  });

  it('lets a session’s cookie be used by pages of the own and the listed origins only', async () => {
    const refreshFrom = async (headers: Record<string, string>, CORS_ORIGINS = '') => {
      const init = { method: 'POST', headers: { 'X-AgentFlow-CSRF': '1', ...headers } };
      return (await withEnv({ CORS_ORIGINS }, '/api/v1/auth/refresh', init)).status;
    };
    // Without a cookie: 401 is what whoever may ask is told.
    expect(await refreshFrom({})).toBe(401);
    expect(await refreshFrom({ 'sec-fetch-site': 'same-origin', origin: ORIGIN })).toBe(401);
    expect(
      await refreshFrom({ 'sec-fetch-site': 'same-site', origin: 'https://ui.example' }, 'https://ui.example'),
    ).toBe(401);
    for (const site of ['cross-site', 'same-site']) {
      expect(await refreshFrom({ 'sec-fetch-site': site, origin: 'https://evil.example' })).toBe(403);
      expect(await refreshFrom({ 'sec-fetch-site': site })).toBe(403);
    }
  });
});

describe('production', () => {
  it('serves with real keys, over https, and says so to browsers', async () => {
    const response = await withEnv({}, '/health');
    expect(response.status).toBe(200);
    expect(response.headers.get('strict-transport-security')).toContain('max-age=63072000');
  });

  it('takes no plain http', async () => {
    const plain = await withEnv({}, '/api/v1/auth/me', {}, 'http://agentflow.test');
    expect(plain.status).toBe(403);
    const page = await withEnv({}, '/health', {}, 'http://agentflow.test');
    expect([page.status, page.headers.get('location')]).toEqual([308, 'https://agentflow.test/health']);
  });

  it.each<[string, Partial<Env>, string]>([
    ['no signing key', { AUTH_KEYS: '' }, 'AUTH_KEYS is not set'],
    ['no vault key', { VAULT_KEYS: '' }, 'VAULT_KEYS is not set'],
    ['a signing key that somebody typed', { AUTH_KEYS: env.AUTH_KEYS }, 'looks like a development key'],
    ['a vault key that somebody typed', { VAULT_KEYS: env.VAULT_KEYS }, 'looks like a development key'],
    ['a key of one repeated byte', { AUTH_KEYS: `k:${btoa('\0'.repeat(32))}` }, 'looks like a development key'],
    ['a key that is named for development', { AUTH_KEYS: `dev1:${random()}` }, 'looks like a development key'],
    ['a short key', { VAULT_KEYS: `k:${btoa('short')}` }, 'less than 32 bytes'],
    ['no address of its own', { PUBLIC_URL: '' }, 'PUBLIC_URL must be the https origin'],
    ['an address without TLS', { PUBLIC_URL: 'http://agentflow.test' }, 'PUBLIC_URL must be the https origin'],
    ['an address with a path', { PUBLIC_URL: 'https://agentflow.test/ui' }, 'PUBLIC_URL must be the https origin'],
    ['an address that is none', { PUBLIC_URL: 'agentflow.test' }, 'PUBLIC_URL must be the https origin'],
    ['an allow-list for private addresses', { OUTBOUND_ALLOW: 'localhost:11434' }, 'OUTBOUND_ALLOW'],
  ])('refuses to serve with %s, and logs why', async (_name, changed, reason) => {
    let response: Response | undefined;
    const lines = await consoleLines(async () => {
      response = await withEnv(changed, '/health');
    });
    expect(response?.status).toBe(503);
    expect(await response?.text()).not.toContain(reason);
    const refused = lines.map((line) => JSON.parse(line)).filter((line) => line.event === 'configuration.refused');
    expect(refused[0]?.problem).toContain(reason);
  });

  it('leaves local mode and tests alone', () => {
    expect(productionProblems({ ...env, ENVIRONMENT: 'local', AUTH_KEYS: '' })).toEqual([]);
  });
});

describe('unknown paths and methods', () => {
  it('tells which methods a path has', async () => {
    const answer = await api('/org', { method: 'PATCH' });
    expectProblem(answer, 405, 'method_not_allowed');
    expect(answer.headers.get('allow')).toBe('DELETE, GET, HEAD, PUT');
    const nested = await api('/org/api-keys/x', { method: 'PUT', body: {} });
    expectProblem(nested, 405, 'method_not_allowed');
    expect(nested.headers.get('allow')).toBe('DELETE');
  });
  it.each(['/nothing', '/agents/x/y/z/w', '//docs/nothing', '//api', '//api/v2/agents'])(
    '%s is a problem document',
    async (path) => {
      expectProblem(await api(path), 404, 'not_found');
    },
  );
  it('answers HEAD like GET, without a body', async () => {
    const response = await rawApi('//health', { method: 'HEAD' });
    expect([response.status, await response.text()]).toEqual([200, '']);
  });
});

describe('errors that nobody expected', () => {
  it('tell a request id and nothing else', async () => {
    const broken = new Proxy({} as D1Database, {
      get() {
        throw new Error('D1_ERROR: no such table: secret_table');
      },
    });
    let response: Response | undefined;
    const lines = await consoleLines(async () => {
      response = await withEnv({ DB: broken }, '/api/v1/auth/login', {
        method: 'POST',
        headers: { 'content-type': 'application/json' },
        body: JSON.stringify({ email: 'a@example.com', password: PASSWORD }),
      });
    });
    expect(response?.status).toBe(500);
    const problem = (await response?.json()) as { code: string; detail: string };
    expect(problem).toMatchObject({ code: 'internal_error', detail: 'The error was logged under this request id.' });
    expect(JSON.stringify(problem)).not.toContain('secret_table');
    const line = lines.map((each) => JSON.parse(each)).find((each) => each.event === 'http.unexpected_error');
    expect(line?.error).toContain('secret_table');
    expect(line?.stack).toContain('\n');
  });
});

describe('operations', () => {
  it('is ready when everything answers', async () => {
    const answer = await api<{ status: string; dependencies: Record<string, { state: string; latency_ms: number }> }>(
      '//ready',
    );
    expect(answer.status).toBe(200);
    expect(answer.body.status).toBe('ready');
    expect(Object.keys(answer.body.dependencies)).toEqual(['d1', 'organization_object', 'execution_object', 'models']);
    for (const { state, latency_ms } of Object.values(answer.body.dependencies)) {
      expect(state).toBe('ok');
      expect(latency_ms).toBeGreaterThanOrEqual(0);
    }
  });

  it('is not ready when a dependency that it needs is down, and is when another is', async () => {
    const down = { check: () => Promise.reject(new Error('no')), required: true };
    const ready = async (required: boolean) => {
      const app = createApp({ probes: { broken: { ...down, required } } });
      const response = await app.fetch(new Request(`${ORIGIN}/ready`), env, createExecutionContext());
      return [
        response.status,
        ((await response.json()) as { dependencies: Record<string, object> }).dependencies.broken,
      ];
    };
    await consoleLines(async () => {
      expect(await ready(true)).toMatchObject([503, { state: 'down', required: true }]);
      expect(await ready(false)).toMatchObject([200, { state: 'down', required: false }]);
    });
    expect(healthRoutes(readinessOf({})).routes.length).toBe(3);
  });

  it('tells its version', async () => {
    const { body } = await api<{ version: string; release: string }>('//version');
    expect(body.version).toMatch(/^\d+\.\d+\.\d+/);
    expect(body.release).not.toBe('');
  });

  it('shows a reference of every operation', async () => {
    const document = (await api<{ paths: Record<string, Record<string, { operationId: string }>> }>('/openapi.json'))
      .body;
    const { body, headers } = await api<string>('//docs');
    expect(headers.get('content-type')).toContain('text/html');
    expect(body).not.toContain('<script');
    for (const operation of Object.values(document.paths).flatMap((methods) => Object.values(methods))) {
      expect(body).toContain(`<article id="${operation.operationId}">`);
    }
    expect((await api<string>('//docs/errors')).body).toContain('<article id="not_found">');
  });

  it('describes node types to everybody who is signed in', async () => {
    const { key } = await createKey(await signUp(), ['org:read']);
    const { body } = await api<{ data: { type: string; config_schema: object }[] }>('/node-types', { key });
    expect(body.data.map((entry) => entry.type)).toContain('ai.classify');
    expect(body.data[0]?.config_schema).toMatchObject({ type: 'object' });
  });
});
