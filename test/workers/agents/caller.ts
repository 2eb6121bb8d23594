import { env, exports } from 'cloudflare:workers';
import type { Agent, AgentDefinition, JsonValue, Permission } from '@agentflow/contracts';
import { expect } from 'vitest';
import { createKey, ORIGIN, signUp } from '../../support/api.ts';

export interface CallOptions {
  readonly body?: unknown;
  /** A body sent as it is, with its content type. */
  readonly raw?: { readonly text: string; readonly type: string };
  readonly headers?: Record<string, string>;
}

export interface Caller {
  readonly organizationId: string;
  readonly userId: string;
  readonly credential: string;
  call(method: string, path: string, options?: CallOptions): Promise<Response>;
}

/** A new organization with its owner. */
export async function newOwner(): Promise<Caller> {
  const member = await signUp();
  return callerWith(member.token, member.organization_id, member.user_id);
}

/** The same organization, asked with an API key that has these scopes. */
export async function withScopes(owner: Caller, scopes: readonly Permission[]): Promise<Caller> {
  const { key, id } = await createKey({ token: owner.credential }, scopes);
  return callerWith(key, owner.organizationId, id);
}

function callerWith(credential: string, organizationId: string, userId: string): Caller {
  return {
    organizationId,
    userId,
    credential,
    call(method, path, { body, raw, headers = {} } = {}) {
      const text = raw?.text ?? (body === undefined ? undefined : JSON.stringify(body));
      const type = raw?.type ?? 'application/json';
      return exports.default.fetch(`${ORIGIN}/api/v1${path}`, {
        method,
        headers: {
          Authorization: `Bearer ${credential}`,
          ...(text === undefined ? {} : { 'Content-Type': type }),
          ...headers,
        },
        ...(text === undefined ? {} : { body: text }),
      });
    },
  };
}

/** A definition without mistakes: adds `amount` to the input's `n`. */
export function adding(amount: number): AgentDefinition {
  return {
    nodes: [
      { id: 'start', type: 'trigger.manual', config: {} },
      { id: 'sum', type: 'logic.transform', config: { expression: `trigger.n + ${amount}` } },
    ],
    edges: [{ id: 'e1', source: 'start', target: 'sum' }],
  };
}

export async function newAgent(
  caller: Caller,
  fields: { name?: string; definition?: AgentDefinition } = {},
): Promise<Agent> {
  const response = await caller.call('POST', '/agents', { body: { name: 'Adder', ...fields } });
  expect(response.status).toBe(201);
  return response.json<Agent>();
}

export async function publishedAgent(caller: Caller, definition: AgentDefinition = adding(1)): Promise<Agent> {
  const created = await newAgent(caller, { definition });
  const response = await caller.call('POST', `/agents/${created.id}/publish`, { body: {} });
  expect(response.status).toBe(200);
  return (await caller.call('GET', `/agents/${created.id}`)).json<Agent>();
}

export async function refused(response: Response, status: number, code: string) {
  const problem = await response.json<{ code: string; detail: string; errors?: { path: string; message: string }[] }>();
  expect({ status: response.status, code: problem.code, detail: problem.detail }).toMatchObject({ status, code });
  expect(response.headers.get('content-type')).toBe('application/problem+json');
  return problem;
}

/** The body as text; `text()` warns about media types that it takes for binary, YAML's among them. */
export async function textOf(response: Response): Promise<string> {
  return new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(await response.arrayBuffer());
}

/** Actions of the audit log on one object, oldest first. */
export async function auditOf(
  caller: Pick<Caller, 'organizationId'>,
  resourceId: string,
): Promise<{ action: string; details: JsonValue }[]> {
  const { results } = await env.DB.prepare(
    'SELECT action, details FROM audit_logs WHERE organization_id = ? AND resource_id = ? ORDER BY at, rowid',
  )
    .bind(caller.organizationId, resourceId)
    .all<{ action: string; details: string }>();
  return results.map((row) => ({ action: row.action, details: JSON.parse(row.details) as JsonValue }));
}
