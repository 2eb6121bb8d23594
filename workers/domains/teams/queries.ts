import { and, desc, eq, lt, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { teamMembers, teams, users } from '../../db/schema/accounts.ts';

/** Names written out: Drizzle leaves tables out of columns where one table is selected from. */
const memberCount = sql<number>`(select count(*) from team_members where team_members.team_id = teams.id)`;

const teamFields = {
  id: teams.id,
  name: teams.name,
  description: teams.description,
  created_at: teams.created_at,
  member_count: memberCount,
};

export type TeamRow = Awaited<ReturnType<typeof listTeams>>[number];

interface PageRequest {
  readonly limit: number;
  readonly before: string | undefined;
}

function thisTeam(organizationId: string, teamId: string) {
  return and(eq(teams.organization_id, organizationId), eq(teams.id, teamId));
}

function thisTeamMember(organizationId: string, teamId: string, userId: string) {
  return and(
    eq(teamMembers.organization_id, organizationId),
    eq(teamMembers.team_id, teamId),
    eq(teamMembers.user_id, userId),
  );
}

/** Newest first; one row more than `limit` tells that there is a next page. */
export function listTeams(database: Database, organizationId: string, { limit, before }: PageRequest) {
  return database
    .select(teamFields)
    .from(teams)
    .where(and(eq(teams.organization_id, organizationId), before === undefined ? undefined : lt(teams.id, before)))
    .orderBy(desc(teams.id))
    .limit(limit + 1)
    .all();
}

export function findTeam(database: Database, organizationId: string, teamId: string): Promise<TeamRow | undefined> {
  return database.select(teamFields).from(teams).where(thisTeam(organizationId, teamId)).get();
}

/** Condition: the organization has this team. */
export function teamExists(organizationId: string, teamId: string) {
  return sql`exists (select 1 from ${teams} where ${thisTeam(organizationId, teamId)})`;
}

/** Condition: the organization has fewer teams than this. */
export function fewerTeamsThan(organizationId: string, most: number) {
  return sql`(select count(*) from ${teams} where ${eq(teams.organization_id, organizationId)}) < ${most}`;
}

export function insertTeam(database: Database, row: typeof teams.$inferInsert) {
  return database.insert(teams).values(row);
}

export function updateTeam(
  database: Database,
  organizationId: string,
  teamId: string,
  fields: Pick<typeof teams.$inferInsert, 'name' | 'name_key' | 'description' | 'updated_at'>,
) {
  return database.update(teams).set(fields).where(thisTeam(organizationId, teamId));
}

export function deleteTeamRow(database: Database, organizationId: string, teamId: string) {
  return database.delete(teams).where(thisTeam(organizationId, teamId));
}

/** Of the whole team; before the team itself, which its members refer to. */
export function deleteTeamMembers(database: Database, organizationId: string, teamId: string) {
  return database
    .delete(teamMembers)
    .where(and(eq(teamMembers.organization_id, organizationId), eq(teamMembers.team_id, teamId)));
}

/** Those who signed up last first, like the organization's members; `id` is the user's. */
export function listTeamMembers(
  database: Database,
  organizationId: string,
  teamId: string,
  { limit, before }: PageRequest,
) {
  return database
    .select({ id: users.id, email: users.email, name: users.name, added_at: teamMembers.created_at })
    .from(teamMembers)
    .innerJoin(users, eq(users.id, teamMembers.user_id))
    .where(
      and(
        eq(teamMembers.organization_id, organizationId),
        eq(teamMembers.team_id, teamId),
        before === undefined ? undefined : lt(teamMembers.user_id, before),
      ),
    )
    .orderBy(desc(teamMembers.user_id))
    .limit(limit + 1)
    .all();
}

export async function isInTeam(
  database: Database,
  organizationId: string,
  teamId: string,
  userId: string,
): Promise<boolean> {
  const row = await database
    .select({ user_id: teamMembers.user_id })
    .from(teamMembers)
    .where(thisTeamMember(organizationId, teamId, userId))
    .get();
  return row !== undefined;
}

/** Condition: the person is in the team. */
export function inTeam(organizationId: string, teamId: string, userId: string) {
  return sql`exists (select 1 from ${teamMembers} where ${thisTeamMember(organizationId, teamId, userId)})`;
}

/** Condition for a guard. */
export function notInTeam(organizationId: string, teamId: string, userId: string) {
  return sql`not ${inTeam(organizationId, teamId, userId)}`;
}

export function insertTeamMember(database: Database, row: typeof teamMembers.$inferInsert) {
  return database.insert(teamMembers).values(row);
}

export function deleteTeamMember(database: Database, organizationId: string, teamId: string, userId: string) {
  return database.delete(teamMembers).where(thisTeamMember(organizationId, teamId, userId));
}
