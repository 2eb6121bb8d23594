import { env } from 'cloudflare:workers';
import type { CreatedApiKey, Execution, Session } from '@agentflow/contracts';
import { describe, expect, inject, it } from 'vitest';
import { createLogger, describeError } from '../../../workers/platform/telemetry.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { type ApiOptions, api, expectProblem, rawApi } from '../../support/api.ts';
import { consoleLines } from '../../support/console-lines.ts';

const CSRF = { 'X-AgentFlow-CSRF': '1' };
const tools = inject('toolServerUrl');

/** Secrets by what they are. Quotes and letters beyond ASCII: a line of JSON writes those in another way. */
type Secrets = Map<string, string>;

/** Names of the secrets that occur in the lines, as they are or escaped as JSON does it. */
function leaks(lines: readonly string[], secrets: Secrets): string[] {
  const all = lines.join('\n');
  return [...secrets]
    .filter(([, secret]) => all.includes(secret) || all.includes(JSON.stringify(secret).slice(1, -1)))
    .map(([name]) => name);
}

/** A token in all the parts of which one alone would be bad enough. */
function addToken(secrets: Secrets, name: string, token: string): void {
  secrets.set(name, token);
  const parts = token.split('.');
  if (parts.length === 3)
    secrets.set(`${name}, its last part`, parts[2] ?? '').set(`${name}, its middle`, parts[1] ?? '');
}

function addKey(secrets: Secrets, name: string, { key }: { key: string }): void {
  secrets.set(name, key).set(`${name}, its secret half`, key.slice(-48));
}

/** Somebody's whole life with us, mistakes and failures included; every secret that was in it. */
async function live(): Promise<Secrets> {
  const secrets: Secrets = new Map();
  const secret = (name: string, value: string) => {
    secrets.set(name, value);
    return value;
  };
  const signedIn = async (name: string, path: string, options: ApiOptions) => {
    const response = await rawApi(path, { method: 'POST', ...options });
    expect(response.ok, path).toBe(true);
    const cookie = /af_refresh=([^;]+)/.exec(response.headers.get('set-cookie') ?? '')?.[1] ?? '';
    const { access_token, organization } = (await response.json()) as Session;
    addToken(secrets, `access token of ${name}`, access_token);
    addToken(secrets, `cookie of ${name}`, cookie);
    return { token: access_token, cookie, organization };
  };
  const email = `${crypto.randomUUID()}@example.com`;
  const password = secret('password', 'correct "hörse" battery staple');

  await signedIn('signup', '/auth/signup', { body: { organization_name: 'Log', email, password } });
  const wrong = secret('wrong password', 'not the "pässword" at all');
  expectProblem(await api('/auth/login', { body: { email, password: wrong } }), 401, 'invalid_credentials');
  const { cookie } = await signedIn('login', '/auth/login', { body: { email, password } });
  const refreshing = { headers: { ...CSRF, cookie: `af_refresh=${cookie}` } };
  const { token, cookie: current } = await signedIn('refresh', '/auth/refresh', refreshing);
  const forgedCookie = { method: 'POST', headers: { ...CSRF, cookie: `af_refresh=${current.slice(0, -3)}AAA` } };
  expectProblem(await api('/auth/refresh', forgedCookie), 401, 'unauthenticated');

  // Keys: made, used, refused, rotated, revoked, put where they do not belong.
  const body = { name: 'x', scopes: ['org:read'] };
  const key = (await api<CreatedApiKey>('/org/api-keys', { token, body, headers: { 'idempotency-key': 'k' } })).body;
  addKey(secrets, 'key', key);
  expect((await api('/org', { key: key.key })).status).toBe(200);
  expectProblem(await api('/agents', { key: key.key }), 403, 'forbidden');
  expectProblem(await api('/org', { key: `${key.key.slice(0, -4)}aaaa` }), 401, 'unauthenticated');
  expectProblem(await api(`/${key.key}`), 404, 'not_found');
  expectProblem(await api(`/org/api-keys/${key.key}`, { method: 'DELETE', token }), 404, 'not_found');
  expectProblem(await api(`/org?api_key=${key.key}`), 401, 'unauthenticated');
  const rotated = await api<CreatedApiKey>(`/org/api-keys/${key.id}/rotate`, { token, body: { overlap_seconds: 0 } });
  addKey(secrets, 'rotated key', rotated.body);
  expectProblem(await api('/org', { key: key.key }), 401, 'unauthenticated');
  expect((await api(`/org/api-keys/${rotated.body.id}`, { method: 'DELETE', token })).status).toBe(204);
  expectProblem(await api('/org', { headers: { 'x-api-key': rotated.body.key } }), 401, 'unauthenticated');
  expectProblem(await api('/org', { token: `${token}x` }), 401, 'unauthenticated');
  const linkToken = secret('token of a link', `${crypto.randomUUID()}${crypto.randomUUID()}`.replaceAll('-', ''));
  expectProblem(await api(`/invitations/${linkToken}`), 404, 'not_found');

  // An execution whose calls fail, with credentials in headers, address and input.
  const nodeToken = secret('header of an HTTP node', 'node-token-0123456789');
  const queryToken = secret('query of an HTTP node', 'query-token-0123456789');
  const input = secret('input', 'input-secret-0123456789');
  const call = (url: string) => ({ url, method: 'POST', headers: { authorization: `Bearer ${nodeToken}` } });
  const agent = await publishedAgent(
    { token },
    {
      nodes: [
        agentNode('start', 'trigger.manual'),
        agentNode('fails', 'action.http', call(`${tools}/status/500?token=${queryToken}`)),
        agentNode('blocked', 'action.http', call(`http://10.0.0.1/?token=${queryToken}`)),
      ],
      edges: agentEdges('start>fails', 'start>blocked'),
    },
  );
  const execution = await api<Execution>(`/agents/${agent.id}/execute`, {
    token,
    body: { input: { secret: input } },
    headers: { prefer: 'wait=20' },
  });
  expect(execution.body.status).toBe('failed');
  const stream = `/executions/${execution.body.id}/stream`;
  const { ticket } = (await api<{ ticket: string }>(`${stream}-ticket`, { method: 'POST', token })).body;
  addToken(secrets, 'ticket', ticket);
  const socket = await rawApi(`${stream}?ticket=${ticket}`, { headers: { upgrade: 'websocket' } });
  expect(socket.status).toBe(101);
  socket.webSocket?.accept();
  socket.webSocket?.close();
  const upgrade = { headers: { upgrade: 'websocket' } };
  expectProblem(await api(`${stream}?ticket=${ticket}x`, upgrade), 401, 'unauthenticated');

  // Bodies that nobody can read.
  expectProblem(
    await api('/auth/login', { body: `{"email": "${email}", "password": "${wrong}` }),
    400,
    'malformed_json',
  );
  expectProblem(await api('/auth/login', { body: { email, password, pass: wrong } }), 422, 'validation_failed');
  expectProblem(await api('/auth/signup', { body: { [password]: wrong } }), 422, 'validation_failed');
  expectProblem(
    await api('/org/api-keys', { token, body: { name: key.key, scopes: [key.key] } }),
    422,
    'validation_failed',
  );

  // The database goes away in the middle: what is logged then is what nobody has foreseen.
  await env.DB.exec('ALTER TABLE sessions RENAME TO sessions_away');
  try {
    const refreshed = { method: 'POST', headers: { ...CSRF, cookie: `af_refresh=${current}` } };
    expectProblem(await api('/auth/refresh', refreshed), 500, 'internal_error');
    expectProblem(await api('/auth/login', { body: { email, password } }), 500, 'internal_error');
  } finally {
    await env.DB.exec('ALTER TABLE sessions_away RENAME TO sessions');
  }

  const next = secret('new password', 'another "lông" passphrase');
  const guess = { token, body: { current_password: wrong, new_password: next } };
  expectProblem(await api('/auth/password', guess), 401, 'invalid_credentials');
  const change = { token, body: { current_password: password, new_password: next } };
  expect((await api('/auth/password', change)).status).toBe(204);
  const out = { method: 'POST', headers: { ...CSRF, cookie: `af_refresh=${current}` } };
  expect((await api('/auth/logout', out)).status).toBe(204);

  const stored = await env.DB.prepare(
    'SELECT s.token_hash, s.previous_hash, u.password_hash FROM sessions s JOIN users u ON u.id = s.user_id WHERE u.email = ?',
  )
    .bind(email)
    .all<Record<string, string | null>>();
  expect(stored.results.length).toBeGreaterThan(1);
  for (const [index, row] of stored.results.entries()) {
    for (const [name, value] of Object.entries(row)) if (value !== null) secret(`${name} of session ${index}`, value);
  }
  return secrets;
}

describe('log lines', () => {
  it('hold no password, token, cookie, key, ticket or hash, whatever goes wrong', async () => {
    let secrets: Secrets = new Map();
    const lines = await consoleLines(async () => {
      secrets = await live();
    });
    expect(lines.length).toBeGreaterThan(25);
    expect(secrets.size).toBeGreaterThan(25);
    // What went wrong was told, or there would be nothing that could have leaked.
    expect(lines.filter((line) => line.includes('http.unexpected_error'))).toHaveLength(2);
    expect(lines.join('\n')).toContain('no such table: sessions');

    // It would be noticed: each of them, planted in a line of its own, is found.
    for (const [name, secret] of secrets) {
      for (const planted of [`x ${secret} y`, JSON.stringify({ level: 'info', note: `x ${secret}` })]) {
        const withOneMore = [
          ...lines,
          ...(await consoleLines(async () => {
            console.log(planted);
          })),
        ];
        expect(leaks(withOneMore, secrets), name).toContain(name);
      }
    }
    expect(leaks(lines, secrets)).toEqual([]);
  });

  it('redact what looks like a credential, in whatever field it comes', () => {
    const written: string[] = [];
    const logger = createLogger({}, { write: (line) => written.push(line) });
    const secrets: Secrets = new Map([
      ['key', `af_live_${'0'.repeat(26)}_${'k'.repeat(48)}`],
      ['refresh token', `ses_${'0'.repeat(26)}.${'s'.repeat(43)}.${'m'.repeat(43)}`],
      ['half of it', `${'s'.repeat(43)}.${'m'.repeat(43)}`],
      ['access token', `eyJ${'h'.repeat(20)}.eyJ${'p'.repeat(40)}.${'s'.repeat(43)}`],
      ['stored hash', '0123456789abcdef'.repeat(4)],
      ['password hash', `scrypt$32768$8$3$${'a'.repeat(22)}$${'b'.repeat(43)}`],
      ['its end', 'b'.repeat(43)],
      ['bearer', 'Bearer opaque-token-0123456789'],
    ]);
    for (const secret of secrets.values()) {
      if (secret === secrets.get('half of it') || secret === secrets.get('its end')) continue;
      logger.log('info', 'test', { note: `before ${secret} after` });
    }
    logger.log('info', 'test', { password: 'short', api_key: 'short', refresh_token: 'short', cookie: 'short' });
    expect(leaks(written, secrets)).toEqual([]);
    expect(written.join('\n')).not.toContain('short');
    expect(written.filter((line) => line.includes('before ') && line.includes(' after'))).toHaveLength(6);
    const kept = { trace_id: 'a'.repeat(32), input_tokens: 5, path: `/api/v1/agents/agt_${'0'.repeat(26)}/versions/1` };
    logger.log('info', 'test', kept);
    expect(JSON.parse(written.at(-1) ?? '')).toMatchObject(kept);
  });

  it('describe a failed query by its SQL and its cause, and leave out what was bound', () => {
    const cause = new Error('D1_ERROR: no such table: users');
    const params = 'someone@example.com,$& $1 hash\n    at params: (x)';
    const error = new Error(`Failed query: select * from users where email = ?\nparams: ${params}`, { cause });
    const described = describeError(error);
    expect(described.error).toBe(
      'Error: Failed query: select * from users where email = ?; caused by Error: D1_ERROR: no such table: users',
    );
    expect(described.stack).toContain('log-secrecy.test.ts');
    expect(JSON.stringify(described)).not.toMatch(/someone|hash/);
    expect(describeError('text')).toEqual({ error: 'text' });
  });
});
