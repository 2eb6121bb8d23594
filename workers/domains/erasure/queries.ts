import { ROLES, type Role, role, roleAllows } from '@agentflow/contracts';
import { and, asc, eq, gt, inArray, isNotNull, isNull, lte, ne, or, type SQL, type SQLWrapper, sql } from 'drizzle-orm';
import type { SQLiteTable } from 'drizzle-orm/sqlite-core';
import { type Database, db, globalDb } from '../../db/client.ts';
import type { OrganizationTable } from '../../db/organization-tables.ts';
import {
  apiKeys,
  invitations,
  memberships,
  organizations,
  sessions,
  teamMembers,
  teams,
  users,
} from '../../db/schema/accounts.ts';
import { agents, agentVersions } from '../../db/schema/agents.ts';
import { auditLogs } from '../../db/schema/audit.ts';
import { events } from '../../db/schema/events.ts';
import { executions } from '../../db/schema/executions.ts';
import { envVars, providerKeys } from '../../db/schema/secrets.ts';
import type { Env } from '../../platform/env.ts';

/** Whether the organization's erasure has begun, or is over. */
export async function isOrganizationErased(env: Env, organizationId: string): Promise<boolean> {
  const row = await db(env, organizationId)
    .select({ erased_at: organizations.erased_at })
    .from(organizations)
    .where(eq(organizations.id, organizationId))
    .get();
  return row === undefined || row.erased_at !== null;
}

export async function isPersonErased(env: Env, userId: string): Promise<boolean> {
  return (await globalDb(env).select({ id: users.id }).from(users).where(eq(users.id, userId)).get()) === undefined;
}

const ERASING_ROLES = ROLES.filter((each) => roleAllows(each, 'org:erase'));

/** Condition: the password is still the one that was checked. */
function hasPassword(userId: string, passwordHash: string): SQL {
  return sql`exists (select 1 from ${users} where ${users.id} = ${userId} and ${users.password_hash} = ${passwordHash})`;
}

/** Condition: the organization is not being erased, and the person who wants that may still do it. */
export function mayErase(organizationId: string, userId: string, passwordHash: string): SQL {
  const member = and(
    eq(memberships.organization_id, organizationId),
    eq(memberships.user_id, userId),
    inArray(memberships.role, ERASING_ROLES),
  );
  return sql`${isNull(organizations.erased_at)} and ${hasPassword(userId, passwordHash)} and exists (select 1 from ${memberships} where ${member})`;
}

/** The statements that close organizations to everybody; their rows go later, page by page. */
export function closeOrganizations(database: Database, organizationIds: readonly string[], now: number) {
  const these = (column: SQLWrapper) => inList(column, organizationIds);
  return [
    database.update(organizations).set({ erased_at: now }).where(these(organizations.id)),
    database.delete(memberships).where(these(memberships.organization_id)),
    database.delete(teamMembers).where(these(teamMembers.organization_id)),
    database
      .update(sessions)
      .set({ revoked_at: now })
      .where(and(these(sessions.organization_id), isNull(sessions.revoked_at))),
    database
      .update(invitations)
      .set({ revoked_at: now })
      .where(and(these(invitations.organization_id), isNull(invitations.revoked_at), isNull(invitations.accepted_at))),
  ] as const;
}

/** One bound parameter, however long the list: D1 takes 100 of them. */
function inList(column: SQLWrapper, values: readonly string[]): SQL {
  return sql`${column} in (select value from json_each(${JSON.stringify(values)}))`;
}

function count(table: SQLiteTable, condition: SQL | undefined): SQL<number> {
  return sql<number>`(select count(*) from ${table} where ${condition})`;
}

/** What an organization holds; undefined when there is none. */
export function countOrganization(database: Database, organizationId: string, now: number) {
  const only = sql`${memberships.organization_id} = ${organizationId} and not exists (select 1 from memberships as others where others.user_id = ${memberships.user_id} and others.organization_id <> ${organizationId})`;
  const open = sql`${invitations.organization_id} = ${organizationId} and ${invitations.accepted_at} is null and ${invitations.revoked_at} is null and ${invitations.expires_at} > ${now}`;
  return database
    .select({
      confirm: organizations.slug,
      members: count(memberships, eq(memberships.organization_id, organizationId)),
      only_here: count(memberships, only),
      agents: count(agents, eq(agents.organization_id, organizationId)),
      versions: count(agentVersions, eq(agentVersions.organization_id, organizationId)),
      executions: count(executions, eq(executions.organization_id, organizationId)),
      api_keys: count(apiKeys, eq(apiKeys.organization_id, organizationId)),
      env_vars: count(envVars, eq(envVars.organization_id, organizationId)),
      provider_keys: count(providerKeys, eq(providerKeys.organization_id, organizationId)),
      teams: count(teams, eq(teams.organization_id, organizationId)),
      invitations: count(invitations, open),
      audit_entries: count(auditLogs, eq(auditLogs.organization_id, organizationId)),
    })
    .from(organizations)
    .where(and(eq(organizations.id, organizationId), isNull(organizations.erased_at)))
    .get();
}

export async function memberRole(database: Database, organizationId: string, userId: string): Promise<Role | null> {
  const row = await database
    .select({ role: memberships.role })
    .from(memberships)
    .where(and(eq(memberships.organization_id, organizationId), eq(memberships.user_id, userId)))
    .get();
  return row === undefined ? null : role.parse(row.role);
}

/** Takes away the row of an organization that is marked as erased. */
export async function deleteErasedOrganization(database: Database, organizationId: string): Promise<void> {
  await database
    .delete(organizations)
    .where(and(eq(organizations.id, organizationId), isNotNull(organizations.erased_at)));
}

export async function deleteExecutions(database: Database, organizationId: string, ids: string[]): Promise<void> {
  await database
    .delete(executions)
    .where(and(eq(executions.organization_id, organizationId), inArray(executions.id, ids)));
}

export async function executionIdsAfter(
  database: Database,
  organizationId: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await database
    .select({ id: executions.id })
    .from(executions)
    .where(and(eq(executions.organization_id, organizationId), gt(executions.id, after)))
    .orderBy(asc(executions.id))
    .limit(limit)
    .all();
  return rows.map(({ id }) => id);
}

/** Deletes so many rows of one table. Gives how many there were. */
export async function deleteRows(
  database: Database,
  organizationId: string,
  { table, organizationId: column }: OrganizationTable,
  limit: number,
): Promise<number> {
  const page = sql`select rowid from ${table} where ${column} = ${organizationId} limit ${limit}`;
  const { meta } = await database.delete(table).where(sql`rowid in (${page})`);
  return meta.changes;
}

/** Executions that this person started and that do not call them `name` yet. */
export async function executionIdsNaming(
  database: Database,
  organizationId: string,
  personId: string,
  name: string,
  after: string,
  limit: number,
): Promise<string[]> {
  const rows = await database
    .select({ id: executions.id })
    .from(executions)
    .where(
      and(
        eq(executions.organization_id, organizationId),
        eq(executions.actor_id, personId),
        ne(executions.actor_name, name),
        gt(executions.id, after),
      ),
    )
    .orderBy(asc(executions.id))
    .limit(limit)
    .all();
  return rows.map(({ id }) => id);
}

export async function renameActor(
  database: Database,
  organizationId: string,
  ids: string[],
  name: string,
): Promise<void> {
  await database
    .update(executions)
    .set({ actor_name: name })
    .where(and(eq(executions.organization_id, organizationId), inArray(executions.id, ids)));
}

/**
 * Name and address of a person go out of so many events after `after`. Gives the last of them, null where they are the last
 * of all.
 */
export async function forgetInEvents(
  database: Database,
  organizationId: string,
  { id, email, name }: { readonly id: string; readonly email: string | null; readonly name: string },
  after: string,
  limit: number,
): Promise<string | null> {
  const following = await database
    .select({ id: events.id })
    .from(events)
    .where(and(eq(events.organization_id, organizationId), gt(events.id, after)))
    .orderBy(asc(events.id))
    .limit(limit)
    .all();
  const last = following.at(-1)?.id;
  if (last === undefined) return null;
  const nameAt = (who: string) =>
    sql`${`$.${who}.name`}, iif(data ->> ${`$.${who}.id`} = ${id}, ${name}, data ->> ${`$.${who}.name`})`;
  const address = sql`'$.email', iif(data ->> '$.email' = ${email}, NULL, data ->> '$.email')`;
  await database
    .update(events)
    .set({ data: sql`json_replace(data, ${nameAt('triggered_by')}, ${nameAt('decided_by')}, ${address})` })
    .where(
      and(
        eq(events.organization_id, organizationId),
        gt(events.id, after),
        lte(events.id, last),
        or(sql`instr(data, ${id}) > 0`, email === null ? undefined : sql`instr(data, ${JSON.stringify(email)}) > 0`),
      ),
    );
  return following.length < limit ? null : last;
}

/** From where a person acted goes out of so many entries of the audit log. */
export async function clearOrigins(
  database: Database,
  organizationId: string,
  personId: string,
  limit: number,
): Promise<number> {
  const page = database
    .select({ id: auditLogs.id })
    .from(auditLogs)
    .where(
      and(
        eq(auditLogs.organization_id, organizationId),
        eq(auditLogs.actor_id, personId),
        or(ne(auditLogs.ip, ''), ne(auditLogs.user_agent, '')),
      ),
    )
    .limit(limit);
  const { meta } = await database.update(auditLogs).set({ ip: '', user_agent: '' }).where(inArray(auditLogs.id, page));
  return meta.changes;
}

/** An address goes out of so many entries. Details are written by JSON.stringify, so an address stands in them as JSON.stringify gives it. */
export async function clearAddress(
  database: Database,
  organizationId: string,
  email: string,
  limit: number,
): Promise<number> {
  const quoted = JSON.stringify(email);
  const page = database
    .select({ id: auditLogs.id })
    .from(auditLogs)
    .where(
      and(
        eq(auditLogs.organization_id, organizationId),
        inArray(auditLogs.resource_type, ['invitation', 'member']),
        sql`instr(${auditLogs.details}, ${quoted}) > 0`,
      ),
    )
    .limit(limit);
  const { meta } = await database
    .update(auditLogs)
    .set({ details: sql`replace(${auditLogs.details}, ${quoted}, 'null')` })
    .where(inArray(auditLogs.id, page));
  return meta.changes;
}
