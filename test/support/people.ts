import { createExecutionContext, waitOnExecutionContext } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Role, SentInvitation, Session } from '@agentflow/contracts';
import { expect, vi } from 'vitest';
import { createApp } from '../../workers/app.ts';
import type { Env } from '../../workers/platform/env.ts';
import { type ApiAnswer, type ApiOptions, api, type Member, ORIGIN } from './api.ts';

let count = 0;

/** An address that nobody has. */
export function someAddress(local = 'person'): string {
  count++;
  return `${local}+${count}-${crypto.randomUUID().slice(0, 8)}@example.com`;
}

/** Invites through the API and gives the link's token, which local mode shows. */
export async function invite(
  inviter: Pick<Member, 'token'>,
  email: string,
  role: Role = 'developer',
): Promise<SentInvitation & { token: string }> {
  const answer = await api<SentInvitation>('/org/members/invite', { token: inviter.token, body: { email, role } });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return { ...answer.body, token: tokenOf(answer.body) };
}

export function tokenOf({ link }: SentInvitation): string {
  return /\/invitations\/([\w-]{43})$/.exec(link ?? '')?.[1] ?? '';
}

export function accept(token: string, options: Omit<ApiOptions, 'method'> = {}): Promise<ApiAnswer<Session>> {
  return api<Session>(`/org/invitations/${token}/accept`, { method: 'POST', body: {}, ...options });
}

/** What the access token of an answer says of its session. */
export function sessionIdOf({ access_token }: Session): string {
  const payload = (access_token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/');
  return JSON.parse(atob(payload)).sid;
}

export function cookieOf(answer: ApiAnswer<unknown>): string {
  return /af_refresh=([^;]*)/.exec(answer.headers.get('set-cookie') ?? '')?.[1] ?? '';
}

export const refresh = (cookie: string) =>
  api<Session>('/auth/refresh', {
    method: 'POST',
    headers: { 'X-AgentFlow-CSRF': '1', cookie: `af_refresh=${cookie}` },
  });

/** Makes the person a member of another organization too. */
export async function joinAs(person: Member, organization: Pick<Member, 'organization_id'>, role: Role): Promise<void> {
  await env.DB.prepare('INSERT INTO memberships (organization_id, user_id, role, created_at) VALUES (?, ?, ?, ?)')
    .bind(organization.organization_id, person.user_id, role, Date.now())
    .run();
}

/** As if the organization's erasure had begun. */
export async function beginErasure({ organization_id }: Pick<Member, 'organization_id'>): Promise<void> {
  await env.DB.prepare('UPDATE organizations SET erased_at = ? WHERE id = ?').bind(Date.now(), organization_id).run();
}

export interface AuditedRow {
  readonly action: string;
  readonly actor_type: string;
  readonly actor_id: string;
  readonly resource_id: string;
  readonly details: Record<string, unknown>;
}

/** The organization's audit rows of these kinds of objects, the oldest first. */
export async function audited(organizationId: string, ...resourceTypes: string[]): Promise<AuditedRow[]> {
  const { results } = await env.DB.prepare(
    'SELECT action, actor_type, actor_id, resource_type, resource_id, details FROM audit_logs WHERE organization_id = ? ORDER BY at, id',
  )
    .bind(organizationId)
    .all<Omit<AuditedRow, 'details'> & { resource_type: string; details: string }>();
  return results
    .filter(({ resource_type }) => resourceTypes.includes(resource_type))
    .map(({ resource_type: _, details, ...row }) => ({ ...row, details: JSON.parse(details) }));
}

/** One request to an app whose environment is changed. */
export async function apiWith<T = Record<string, unknown>>(
  changed: Partial<Env>,
  path: string,
  { token, body, method = 'POST', headers: given }: ApiOptions,
): Promise<ApiAnswer<T>> {
  const ctx = createExecutionContext();
  const headers = new Headers({ 'content-type': 'application/json', ...given });
  if (token !== undefined) headers.set('authorization', `Bearer ${token}`);
  const init = { method, headers, ...(body === undefined ? {} : { body: JSON.stringify(body) }) };
  const response = await createApp().fetch(new Request(`${ORIGIN}/api/v1${path}`, init), { ...env, ...changed }, ctx);
  await waitOnExecutionContext(ctx);
  const text = await response.text();
  return { status: response.status, headers: response.headers, body: (text === '' ? null : JSON.parse(text)) as T };
}

/** Lines that the Worker logs while `act` runs. */
export async function logged(act: () => Promise<unknown>): Promise<string[]> {
  const lines: string[] = [];
  const spies = (['log', 'warn', 'error'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => {
      lines.push(parts.map(String).join(' '));
    }),
  );
  try {
    await act();
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
  return lines;
}

/** A database that does `meanwhile` just before the first batch: what another request does between a look and a write. */
export function databaseWith(meanwhile: () => Promise<unknown>): D1Database {
  let done = false;
  const batch: D1Database['batch'] = async (statements) => {
    if (!done) {
      done = true;
      await meanwhile();
    }
    return env.DB.batch(statements);
  };
  return { prepare: (query: string) => env.DB.prepare(query), batch } as D1Database;
}
