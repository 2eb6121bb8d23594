import { and, desc, eq, inArray, isNull, lt, or, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { memberships, sessions, teamMembers, users } from '../../db/schema/accounts.ts';
import { chatAccounts, notificationMarks, notificationReads } from '../../db/schema/events.ts';

const memberFields = {
  id: users.id,
  email: users.email,
  name: users.name,
  created_at: users.created_at,
  role: memberships.role,
  joined_at: memberships.created_at,
};

/** A member with the person's own fields; `id` is the user's. */
export type MemberRow = Awaited<ReturnType<typeof listMembers>>[number];

/** Newest people first; one row more than `limit` tells that there is a next page. */
export function listMembers(
  database: Database,
  organizationId: string,
  page: { limit: number; before: string | undefined },
) {
  return database
    .select(memberFields)
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.user_id))
    .where(
      and(
        eq(memberships.organization_id, organizationId),
        page.before === undefined ? undefined : lt(memberships.user_id, page.before),
      ),
    )
    .orderBy(desc(memberships.user_id))
    .limit(page.limit + 1)
    .all();
}

export function findMemberRow(database: Database, organizationId: string, userId: string) {
  return database
    .select(memberFields)
    .from(memberships)
    .innerJoin(users, eq(users.id, memberships.user_id))
    .where(thisMember(organizationId, userId))
    .get();
}

/** The roles of these people and of every owner. */
export function rolesOf(database: Database, organizationId: string, userIds: readonly string[]) {
  return database
    .select({ user_id: memberships.user_id, role: memberships.role })
    .from(memberships)
    .where(
      and(
        eq(memberships.organization_id, organizationId),
        or(eq(memberships.role, 'owner'), inArray(memberships.user_id, [...userIds])),
      ),
    )
    .all();
}

function thisMember(organizationId: string, userId: string) {
  return and(eq(memberships.organization_id, organizationId), eq(memberships.user_id, userId));
}

/** Condition: the person has this role in the organization. */
export function hasRole(organizationId: string, userId: string, role: string) {
  return sql`exists (select 1 from ${memberships} where ${thisMember(organizationId, userId)} and ${eq(memberships.role, role)})`;
}

/** Condition: the person is a member of the organization. */
export function isMember(organizationId: string, userId: string) {
  return sql`exists (select 1 from ${memberships} where ${thisMember(organizationId, userId)})`;
}

/** Condition: the organization has an owner besides this person. */
export function hasOtherOwner(organizationId: string, userId: string) {
  return sql`exists (select 1 from ${memberships} where ${eq(memberships.organization_id, organizationId)} and ${eq(memberships.role, 'owner')} and ${memberships.user_id} <> ${userId})`;
}

export function updateRole(database: Database, organizationId: string, userId: string, role: string) {
  return database.update(memberships).set({ role }).where(thisMember(organizationId, userId));
}

export function deleteMembership(database: Database, organizationId: string, userId: string) {
  return database.delete(memberships).where(thisMember(organizationId, userId));
}

/** Takes the person out of every team of the organization. */
export function leaveTeams(database: Database, organizationId: string, userId: string) {
  return database
    .delete(teamMembers)
    .where(and(eq(teamMembers.organization_id, organizationId), eq(teamMembers.user_id, userId)));
}

/** What the person has set and read there, and their accounts on chat platforms. */
export function forgetOwnSettings(database: Database, organizationId: string, userId: string) {
  return [chatAccounts, notificationMarks, notificationReads].map((table) =>
    database.delete(table).where(and(eq(table.organization_id, organizationId), eq(table.user_id, userId))),
  );
}

/** Ends the person's sessions in this organization; those in others go on. */
export function revokeSessionsIn(database: Database, organizationId: string, userId: string, now: number) {
  return database
    .update(sessions)
    .set({ revoked_at: now })
    .where(
      and(eq(sessions.organization_id, organizationId), eq(sessions.user_id, userId), isNull(sessions.revoked_at)),
    );
}

/** Which of these people are members. */
export async function membersAmong(
  database: Database,
  organizationId: string,
  userIds: readonly string[],
): Promise<ReadonlySet<string>> {
  const rows = await database
    .select({ user_id: memberships.user_id })
    .from(memberships)
    .where(
      and(
        eq(memberships.organization_id, organizationId),
        // One bound parameter, of which D1 takes 100.
        sql`${memberships.user_id} in (select value from json_each(${JSON.stringify(userIds)}))`,
      ),
    )
    .all();
  return new Set(rows.map(({ user_id }) => user_id));
}
