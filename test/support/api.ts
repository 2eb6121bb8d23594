import { env, exports } from 'cloudflare:workers';
import type { CreatedApiKey, Permission, Problem, Role } from '@agentflow/contracts';
import { expect } from 'vitest';
import { globalDb } from '../../workers/db/client.ts';
import { createAccount } from '../../workers/domains/accounts/index.ts';
import { insertMembership, insertSession, insertUser } from '../../workers/domains/accounts/queries.ts';
import { newSession } from '../../workers/domains/accounts/sessions.ts';
import { newId } from '../../workers/platform/ids.ts';
import { hashPassword } from '../../workers/platform/passwords.ts';
import { signAccessToken } from '../../workers/platform/tokens.ts';

export const ORIGIN = 'https://agentflow.test';
export const PASSWORD = 'correct horse battery staple';

export interface ApiOptions {
  readonly method?: string;
  /** An access token. */
  readonly token?: string;
  /** An API key; sent as a Bearer credential like a token. */
  readonly key?: string;
  /** Sent as JSON; a string is sent as it is. */
  readonly body?: unknown;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface ApiAnswer<T> {
  readonly status: number;
  readonly headers: Headers;
  /** Parsed where the answer is JSON, else the text. */
  readonly body: T;
}

/** One request to the Worker. Paths start at the API's base (`/agents`); those that start with `//` at the root (`//health`). */
export async function api<T = Record<string, unknown>>(path: string, options: ApiOptions = {}): Promise<ApiAnswer<T>> {
  const response = await rawApi(path, options);
  const text = await response.text();
  const isJson = (response.headers.get('content-type') ?? '').includes('json');
  return { status: response.status, headers: response.headers, body: (isJson ? JSON.parse(text) : text) as T };
}

/** The same with the answer as it came: for streams and sockets. */
export function rawApi(path: string, options: ApiOptions = {}): Promise<Response> {
  const url = path.startsWith('//') ? ORIGIN + path.slice(1) : `${ORIGIN}/api/v1${path}`;
  const headers = new Headers(options.headers);
  const credential = options.token ?? options.key;
  if (credential !== undefined) headers.set('authorization', `Bearer ${credential}`);
  let body: string | undefined;
  if (options.body !== undefined) {
    body = typeof options.body === 'string' ? options.body : JSON.stringify(options.body);
    if (!headers.has('content-type')) headers.set('content-type', 'application/json');
  }
  const method = options.method ?? (body === undefined ? 'GET' : 'POST');
  return exports.default.fetch(
    new Request(url, { method, headers, redirect: 'manual', ...(body === undefined ? {} : { body }) }),
  );
}

/** Expects a problem document with this status and code, and gives it back. */
export function expectProblem(answer: ApiAnswer<unknown>, status: number, code: Problem['code']): Problem {
  const problem = answer.body as Problem;
  expect({ status: answer.status, code: problem?.code }, JSON.stringify(problem)).toEqual({ status, code });
  expect(answer.headers.get('content-type')).toBe('application/problem+json');
  expect(problem).toMatchObject({ status, request_id: answer.headers.get('x-request-id') });
  return problem;
}

/** Somebody signed in: an organization's owner, or a member of it. */
export interface Member {
  readonly organization_id: string;
  readonly user_id: string;
  readonly session_id: string;
  readonly email: string;
  readonly role: Role;
  readonly token: string;
}

const CLIENT = { ip: '203.0.113.7', user_agent: 'test', request_id: 'req_test' };
let passwordHash: Promise<string> | undefined;
let count = 0;

/** A fresh organization with its owner, made by signup's own batch; the password (`PASSWORD`) is hashed once per file. */
export async function signUp(options: { organization_name?: string; email?: string } = {}): Promise<Member> {
  count++;
  passwordHash ??= hashPassword(PASSWORD);
  const email = options.email ?? `owner-${count}-${crypto.randomUUID().slice(0, 8)}@example.com`;
  const organization_name = options.organization_name ?? `Organization ${count}`;
  const request = { organization_name, email, name: `Owner ${count}`, password_hash: await passwordHash };
  const { session } = await createAccount(env, request, CLIENT, Date.now());
  const payload = JSON.parse(
    atob((session.access_token.split('.')[1] ?? '').replaceAll('-', '+').replaceAll('_', '/')),
  );
  return {
    organization_id: session.organization.id,
    user_id: session.user.id,
    session_id: payload.sid,
    email,
    role: 'owner',
    token: session.access_token,
  };
}

/** A new member of the organization in this role, signed in. */
export async function withRole(organization: Pick<Member, 'organization_id'>, role: Role): Promise<Member> {
  const { organization_id } = organization;
  const now = Date.now();
  const database = globalDb(env);
  const user_id = newId('user', now);
  const email = `${role}-${user_id}@example.com`;
  const session = await newSession(env, { user_id, organization_id }, CLIENT, now);
  await database.batch([
    insertUser(database, { id: user_id, email, name: role, password_hash: 'none', created_at: now, updated_at: now }),
    insertMembership(database, { organization_id, user_id, role, created_at: now }),
    insertSession(database, session.row),
  ]);
  const session_id = session.row.id;
  const claims = { user_id, organization_id, session_id, role, name: role };
  return {
    organization_id,
    user_id,
    session_id,
    email,
    role,
    token: await signAccessToken(env.AUTH_KEYS, claims, now),
  };
}

/** Another session of the same person, as a second browser has one. */
export async function signInAgain(member: Member): Promise<Member> {
  const { organization_id, user_id, role } = member;
  const now = Date.now();
  const { row } = await newSession(env, { user_id, organization_id }, CLIENT, now);
  await insertSession(globalDb(env), row);
  const claims = { user_id, organization_id, session_id: row.id, role, name: role };
  return { ...member, session_id: row.id, token: await signAccessToken(env.AUTH_KEYS, claims, now) };
}

/** A new API key, made through the API by somebody who may. */
export async function createKey(
  owner: Pick<Member, 'token'>,
  scopes: readonly Permission[],
  options: { name?: string; expires_at?: string } = {},
): Promise<CreatedApiKey> {
  const answer = await api<CreatedApiKey>('/org/api-keys', {
    token: owner.token,
    body: { name: 'Test key', scopes, ...options },
  });
  expect(answer.status, JSON.stringify(answer.body)).toBe(201);
  return answer.body;
}
