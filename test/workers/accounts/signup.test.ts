import { env } from 'cloudflare:workers';
import type { Me, Session } from '@agentflow/contracts';
import { describe, expect, it } from 'vitest';
import { api, createKey, expectProblem, PASSWORD, signUp, withRole } from '../../support/api.ts';

const count = async (table: string) =>
  (await env.DB.prepare(`SELECT count(*) AS n FROM ${table}`).first<{ n: number }>())?.n;

describe('signup', () => {
  it('makes user, organization, membership, session and audit row, and signs in', async () => {
    const body = { organization_name: 'Crème & Co.', email: ' Ada@Example.COM ', password: PASSWORD };
    const answer = await api<Session>('/auth/signup', { body });
    expect(answer.status).toBe(201);
    const { user, organization, access_token, token_type, expires_in } = answer.body;
    expect(user).toMatchObject({ email: 'ada@example.com', name: 'ada' });
    expect(organization).toMatchObject({ name: 'Crème & Co.', slug: 'creme-co', plan: 'enterprise' });
    expect({ token_type, expires_in }).toEqual({ token_type: 'Bearer', expires_in: 900 });

    const cookie = answer.headers.get('set-cookie') ?? '';
    expect(cookie).toMatch(
      /^af_refresh=ses_[^;]+; Max-Age=2592000; Path=\/api\/v1\/auth; HttpOnly; Secure; SameSite=Strict$/,
    );

    const me = await api<Me>('/auth/me', { token: access_token });
    expect(me.body).toMatchObject({ user, organization, role: 'owner' });
    expect(me.body.permissions).toContain('api_keys:manage');

    const row = await env.DB.prepare('SELECT password_hash, email FROM users WHERE id = ?')
      .bind(user.id)
      .first<Record<string, string>>();
    expect(row?.password_hash).toMatch(/^scrypt\$32768\$8\$3\$[\w-]{22}\$[\w-]{43}$/);
    const audit = await env.DB.prepare('SELECT action, actor_id FROM audit_logs WHERE organization_id = ?')
      .bind(organization.id)
      .all();
    expect(audit.results).toEqual([{ action: 'organization.created', actor_id: user.id }]);
    const { wrapped_key } = (await env.DB.prepare('SELECT wrapped_key FROM organizations WHERE id = ?')
      .bind(organization.id)
      .first<{ wrapped_key: string }>()) ?? { wrapped_key: '' };
    expect(wrapped_key).toMatch(/^test1\.[\w-]{16}\.[\w-]{64}$/);
  });

  it('refuses a registered address, however it is written, and stores nothing', async () => {
    const first = await signUp();
    const before = [await count('users'), await count('organizations'), await count('audit_logs')];
    const body = { organization_name: 'Second', email: `  ${first.email.toUpperCase()}`, password: PASSWORD };
    expectProblem(await api('/auth/signup', { body }), 409, 'email_taken');
    expect([await count('users'), await count('organizations'), await count('audit_logs')]).toEqual(before);
  });

  it('lets one of two signups with the same address win', async () => {
    const body = { organization_name: 'Race', email: 'race@example.com', password: PASSWORD };
    const answers = await Promise.all([api('/auth/signup', { body }), api('/auth/signup', { body })]);
    expect(answers.map((answer) => answer.status).sort()).toEqual([201, 409]);
  });

  it('settles races for an address and for a slug in one batch each', async () => {
    const attempt = (email: string) =>
      signUp({ organization_name: 'Racing', email }).then(
        () => 'in',
        (error: { code?: string }) => error.code,
      );
    const same = await Promise.all([
      attempt('same@example.com'),
      attempt('same@example.com'),
      attempt('same@example.com'),
    ]);
    expect(same.sort()).toEqual(['email_taken', 'email_taken', 'in']);
    const others = await Promise.all(['r1@example.com', 'r2@example.com', 'r3@example.com'].map(attempt));
    expect(others).toEqual(['in', 'in', 'in']);
    const { results } = await env.DB.prepare("SELECT slug FROM organizations WHERE name = 'Racing'").all();
    expect(new Set(results.map((row) => row.slug)).size).toBe(4);
  });

  it('gives two organizations of one name two slugs', async () => {
    const one = await signUp({ organization_name: 'Twin' });
    const two = await signUp({ organization_name: 'Twin' });
    const slugs = await Promise.all(
      [one, two].map(async ({ token }) => (await api<{ slug: string }>('/org', { token })).body.slug),
    );
    expect(slugs[0]).toBe('twin');
    expect(slugs[1]).toMatch(/^twin-[0-9a-f]{5}$/);
  });

  it('tells the plan to the desk', async () => {
    const { organization_id } = await signUp();
    const desk = env.ORGANIZATION.get(env.ORGANIZATION.idFromName(organization_id));
    expect(await desk.usage()).toMatchObject({ live_executions: 0 });
  });

  it.each([
    [{ organization_name: 'x', email: 'not an address', password: PASSWORD }, 'email'],
    [{ organization_name: '  ', email: 'a@example.com', password: PASSWORD }, 'organization_name'],
    [{ organization_name: 'x', email: 'a@example.com', password: 'short' }, 'password'],
    [{ organization_name: 'x', email: 'a@example.com', password: PASSWORD, admin: true }, ''],
  ])('names the field that is not valid (%#)', async (body, path) => {
    const problem = expectProblem(await api('/auth/signup', { body }), 422, 'validation_failed');
    expect(problem.errors?.map((error) => error.path)).toEqual([path]);
  });
});

describe('who am I', () => {
  it('answers for an API key too', async () => {
    const owner = await signUp();
    const { key } = await createKey(owner, ['agents:read']);
    const answer = await api<Me>('/auth/me', { key });
    expect(answer.body).toMatchObject({
      user: null,
      role: null,
      permissions: ['agents:read'],
      organization: { id: owner.organization_id },
    });
  });

  it('shows a member their role', async () => {
    const viewer = await withRole(await signUp(), 'viewer');
    const answer = await api<Me>('/auth/me', { token: viewer.token });
    expect(answer.body).toMatchObject({
      role: 'viewer',
      permissions: ['org:read', 'members:read', 'agents:read', 'executions:read', 'projects:read'],
    });
  });
});
