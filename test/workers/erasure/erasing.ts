import { runDurableObjectAlarm, runInDurableObject } from 'cloudflare:test';
import { env } from 'cloudflare:workers';
import type { Execution } from '@agentflow/contracts';
import { getTableConfig } from 'drizzle-orm/sqlite-core';
import { expect, inject } from 'vitest';
import { organizationTables } from '../../../workers/db/organization-tables.ts';
import { agentEdges, agentNode, publishedAgent } from '../../support/agents.ts';
import { api, type Member, PASSWORD } from '../../support/api.ts';

const tools = inject('toolServerUrl');

export function deskStub(organizationId: string) {
  return env.ORGANIZATION.get(env.ORGANIZATION.idFromName(organizationId));
}

export function executionStub(id: string) {
  return env.EXECUTION.get(env.EXECUTION.idFromName(id));
}

/** Tables and the alarm of an object: nothing of either is empty storage. */
export function storageOf(stub: ReturnType<typeof deskStub> | ReturnType<typeof executionStub>) {
  return runInDurableObject(stub as DurableObjectStub, async (_object, state) => ({
    tables: state.storage.sql
      .exec("SELECT name FROM sqlite_master WHERE type = 'table' AND name NOT LIKE '\\_cf%' ESCAPE '\\'")
      .toArray()
      .map(({ name }) => String(name)),
    alarm: await state.storage.getAlarm(),
  }));
}

export const EMPTY = { tables: [], alarm: null };

interface Job {
  readonly subject: string;
  readonly stage: string;
  readonly cursor: string;
  readonly attempts: number;
  readonly next_at: number;
}

export function jobsOf(organizationId: string): Promise<Job[]> {
  return runInDurableObject(deskStub(organizationId), (_desk, { storage }) => {
    const there = storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'erasures'").toArray().length > 0;
    return there ? (storage.sql.exec('SELECT * FROM erasures').toArray() as unknown as Job[]) : [];
  });
}

/** One turn of the desk's alarm, with whatever waits for a later time due now. */
export async function turn(organizationId: string): Promise<void> {
  const stub = deskStub(organizationId);
  await runInDurableObject(stub, async (_desk, { storage }) => {
    if (storage.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'erasures'").toArray().length === 0) return;
    storage.sql.exec('UPDATE erasures SET next_at = 1');
    await storage.setAlarm(Date.now() + 60_000);
  });
  await runDurableObjectAlarm(stub);
}

/** Turns until the desk has no erasure left, rests included. */
export async function drain(organizationId: string, between?: () => Promise<void>): Promise<number> {
  for (let turns = 0; turns < 300; turns++) {
    if ((await jobsOf(organizationId)).length === 0) return turns;
    await turn(organizationId);
    await between?.();
  }
  throw new Error('the erasure does not end');
}

export async function slugOf(organizationId: string): Promise<string> {
  const row = await env.DB.prepare('SELECT slug FROM organizations WHERE id = ?').bind(organizationId).first();
  return String(row?.slug);
}

export async function eraseOrganization(owner: Member, body: { confirm?: string; password?: string } = {}) {
  const confirm = body.confirm ?? (await slugOf(owner.organization_id));
  return api('/org', { method: 'DELETE', token: owner.token, body: { password: PASSWORD, ...body, confirm } });
}

export function erasePerson(person: Member, body: { confirm?: string; password?: string } = {}) {
  return api('/auth/me', {
    method: 'DELETE',
    token: person.token,
    body: { confirm: person.email, password: PASSWORD, ...body },
  });
}

/** Gives a member that a test made the password that owners have. */
export async function withPassword(member: Member, owner: Member): Promise<Member> {
  await env.DB.prepare('UPDATE users SET password_hash = (SELECT password_hash FROM users WHERE id = ?) WHERE id = ?')
    .bind(owner.user_id, member.user_id)
    .run();
  return member;
}

/** An execution that waits in its HTTP call; `name` is its gate at the tool server. */
export async function waiting(member: Member): Promise<{ id: string; name: string; agentId: string }> {
  const name = crypto.randomUUID();
  const agent = await publishedAgent(member, {
    nodes: [agentNode('start', 'trigger.manual'), agentNode('call', 'action.http', { url: `${tools}/gate/${name}` })],
    edges: agentEdges('start>call'),
  });
  const answer = await api<Execution>(`/agents/${agent.id}/execute`, { token: member.token, body: {} });
  expect(answer.status, JSON.stringify(answer.body)).toBe(202);
  await fetch(`${tools}/waiting/${name}`);
  return { id: answer.body.id, name, agentId: agent.id };
}

export async function open(name: string): Promise<void> {
  await fetch(`${tools}/open/${name}`);
}

/** One row in every table that has the column, whatever tables there are: made from the schema's own description. */
export async function fillTables(owner: Member): Promise<void> {
  for (const { name, table } of [...organizationTables()].reverse()) {
    const { columns, foreignKeys } = getTableConfig(table);
    const values: Record<string, string | number | null> = {};
    for (const column of columns) {
      const key = foreignKeys
        .map((each) => each.reference())
        .find((each) => each.columns.some(({ name: own }) => own === column.name));
      if (column.name === 'organization_id') values[column.name] = owner.organization_id;
      else if (key !== undefined) values[column.name] = await parentOf(getTableConfig(key.foreignTable).name, owner);
      else if (!column.notNull) values[column.name] = null;
      else values[column.name] = column.getSQLType() === 'integer' ? 1 : `x-${crypto.randomUUID()}`;
    }
    const names = Object.keys(values);
    await env.DB.prepare(
      `INSERT OR IGNORE INTO ${name} (${names.join(', ')}) VALUES (${names.map(() => '?').join(', ')})`,
    )
      .bind(...Object.values(values))
      .run();
  }
}

async function parentOf(table: string, owner: Member): Promise<string> {
  if (table === 'users') return owner.user_id;
  const row = await env.DB.prepare(`SELECT id FROM ${table} WHERE organization_id = ? LIMIT 1`)
    .bind(owner.organization_id)
    .first<{ id: string }>();
  if (row === null) throw new Error(`no row in ${table}`);
  return row.id;
}

/** Rows of an organization by table, as D1 itself names the tables. */
export async function rowsOf(organizationId: string): Promise<Record<string, number>> {
  const { results } = await env.DB.prepare(
    "SELECT name FROM sqlite_master WHERE type = 'table' AND sql LIKE '%`organization_id` text%'",
  ).all<{ name: string }>();
  const counts: Record<string, number> = {};
  for (const { name } of results) {
    const row = await env.DB.prepare(`SELECT count(*) AS n FROM ${name} WHERE organization_id = ?`)
      .bind(organizationId)
      .first<{ n: number }>();
    counts[name] = row?.n ?? -1;
  }
  const own = await env.DB.prepare('SELECT count(*) AS n FROM organizations WHERE id = ?')
    .bind(organizationId)
    .first<{ n: number }>();
  return { ...counts, organizations: own?.n ?? -1 };
}

/** Executions that lists know, with nothing in their objects. */
export async function listedExecutions(member: Member, agentId: string, count: number): Promise<string[]> {
  const ids = Array.from({ length: count }, (_, n) => `exe_${String(n).padStart(4, '0')}${crypto.randomUUID()}`);
  const insert = env.DB.prepare(
    `INSERT INTO executions (id, organization_id, agent_id, agent_name, mode, status, trigger, actor_type, actor_id, actor_name,
      input_tokens, output_tokens, cost_microusd, step_count, created_at, revision)
      VALUES (?, ?, ?, 'a', 'live', 'completed', 'manual', 'user', ?, 'Somebody', 0, 0, 0, 0, 1, 1)`,
  );
  await env.DB.batch(ids.map((id) => insert.bind(id, member.organization_id, agentId, member.user_id)));
  return ids;
}
