import { runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { EnvVar, ExecutionStep } from '@agentflow/contracts';
import { expect, vi } from 'vitest';
import { api, type Member } from '../../support/api.ts';

export async function setSecret(owner: Member, name: string, value: string, more: object = {}): Promise<EnvVar> {
  const made = await api<EnvVar>('/org/env-vars', { token: owner.token, body: { name, value, ...more } });
  expect(made.status, JSON.stringify(made.body)).toBe(201);
  return made.body;
}

export async function stepsOf(owner: Member, executionId: string): Promise<ExecutionStep[]> {
  const { body } = await api<{ data: ExecutionStep[] }>(`/executions/${executionId}/steps`, { token: owner.token });
  return body.data;
}

/** Every row of the organization in D1, of every table that names it, as text. */
export async function rowsOf(organizationId: string): Promise<string> {
  const tables = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%organization_id%'",
  ).all<{ name: string }>();
  expect(tables.results.length).toBeGreaterThan(5);
  const rows = await env.DB.batch(
    tables.results.map(({ name }) =>
      env.DB.prepare(`SELECT * FROM ${name} WHERE organization_id = ?`).bind(organizationId),
    ),
  );
  return JSON.stringify(rows.map(({ results }) => results));
}

/** Everything that is kept of an execution: its object's rows, D1's rows of its organization, what the API answers. */
export async function everythingKept(owner: Member, executionId: string): Promise<string> {
  const stub = env.EXECUTION.get(env.EXECUTION.idFromName(executionId));
  const own = await runInDurableObject(stub, (_object, state) => {
    const tables = state.storage.sql.exec<{ name: string }>("SELECT name FROM sqlite_master WHERE type = 'table'");
    return tables
      .toArray()
      .filter(({ name }) => !name.startsWith('_cf'))
      .map(({ name }) => [name, state.storage.sql.exec(`SELECT * FROM ${name}`).toArray()]);
  });
  expect(own.map(([name]) => name)).toEqual(expect.arrayContaining(['execution', 'steps', 'events']));
  const paths = ['', '/steps', '/events', '/logs'].map((path) => `/executions/${executionId}${path}`);
  const answers = await Promise.all(paths.map((path) => api(path, { token: owner.token })));
  const bodies = answers.map(({ status, body }) => {
    expect(status).toBe(200);
    return body;
  });
  return JSON.stringify([own, bodies]) + (await rowsOf(owner.organization_id));
}

/** Collects what is logged until `restore`. */
export function collectLogs(): { text: () => string; restore: () => void } {
  const lines: string[] = [];
  const spies = (['debug', 'log', 'info', 'warn', 'error'] as const).map((level) =>
    vi.spyOn(console, level).mockImplementation((...parts: unknown[]) => {
      lines.push(parts.map(String).join(' '));
    }),
  );
  return {
    text: () => lines.join('\n'),
    restore: () => {
      for (const spy of spies) spy.mockRestore();
    },
  };
}
