import { and, asc, eq, gt, isNull, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { invitations, memberships, organizations, sessions, teamMembers, users } from '../../db/schema/accounts.ts';
import { auditLogs } from '../../db/schema/audit.ts';
import { chatAccounts, notificationMarks, notificationReads } from '../../db/schema/events.ts';
import { executions } from '../../db/schema/executions.ts';
import { proposalComments, proposals } from '../../db/schema/proposals.ts';

/** A person's membership with what decides its end: the other members, and the other owners among them. */
export function membershipsOf(database: Database, userId: string) {
  const others = sql`select count(*) from memberships as others where others.organization_id = ${memberships.organization_id} and others.user_id <> ${userId}`;
  return database
    .select({
      id: organizations.id,
      name: organizations.name,
      role: memberships.role,
      others: sql<number>`(${others})`,
      other_owners: sql<number>`(${others} and others.role = 'owner')`,
    })
    .from(memberships)
    .innerJoin(organizations, eq(organizations.id, memberships.organization_id))
    .where(eq(memberships.user_id, userId))
    .orderBy(asc(organizations.name), asc(organizations.id))
    .all();
}

/** Organizations whose rows name the person, as a member or from earlier times. Asks every organization by its indexes. */
export async function organizationsNaming(database: Database, userId: string, email: string): Promise<string[]> {
  const rows = await database
    .select({ id: organizations.id })
    .from(organizations)
    .where(
      and(
        isNull(organizations.erased_at),
        sql`(exists (select 1 from ${memberships} where ${memberships.organization_id} = ${organizations.id} and ${memberships.user_id} = ${userId})
          or exists (select 1 from ${executions} where ${executions.organization_id} = ${organizations.id} and ${executions.actor_id} = ${userId})
          or exists (select 1 from ${auditLogs} where ${auditLogs.organization_id} = ${organizations.id} and ${auditLogs.actor_id} = ${userId})
          or exists (select 1 from ${proposals} where ${proposals.organization_id} = ${organizations.id} and ${proposals.author_id} = ${userId})
          or exists (select 1 from ${proposalComments} where ${proposalComments.organization_id} = ${organizations.id} and ${proposalComments.author_id} = ${userId})
          or ${organizations.id} in (select ${invitations.organization_id} from ${invitations} where ${invitations.email} = ${email}))`,
      ),
    )
    .all();
  return rows.map(({ id }) => id);
}

/** Sessions that are alive, and executions that stay: those of organizations that are erased with the person do not. */
export function countPerson(database: Database, userId: string, stay: readonly string[], now: number) {
  const alive = and(eq(sessions.user_id, userId), isNull(sessions.revoked_at), gt(sessions.expires_at, now));
  const gone = sql`select value from json_each(${JSON.stringify(stay)})`;
  const executed = sql`select count(*) from ${executions} where ${executions.organization_id} = ${organizations.id} and ${executions.actor_id} = ${userId}`;
  return database
    .select({
      sessions: sql<number>`(select count(*) from ${sessions} where ${alive})`,
      executions: sql<number>`(select coalesce(sum((${executed})), 0) from ${organizations} where ${organizations.id} not in (${gone}) and ${organizations.erased_at} is null)`,
    })
    .from(users)
    .where(eq(users.id, userId))
    .get();
}

/** What the batch of a person's erasure was decided on. */
export interface PersonPlan {
  readonly user_id: string;
  readonly password_hash: string;
  /** Organizations that go on without the person. */
  readonly left: readonly string[];
  /** Organizations that have no other member. */
  readonly erased: readonly string[];
}

/**
 * First statements of the batch: fail it (see `isPlanOutdated`, and `isGuarded` of organizations) unless the password and the
 * memberships are those of the plan and every organization that is left keeps an owner. Two, since either row may be gone.
 */
export function guardPlan(database: Database, plan: PersonPlan) {
  const mine = eq(memberships.user_id, plan.user_id);
  const listed = (ids: readonly string[]) => sql`(select value from json_each(${JSON.stringify(ids)}))`;
  const other = sql`select 1 from memberships as others where others.organization_id = ${memberships.organization_id} and others.user_id <> ${plan.user_id}`;
  const holds = sql`exists (select 1 from ${users} where ${users.id} = ${plan.user_id} and ${users.password_hash} = ${plan.password_hash})
    and (select count(*) from ${memberships} where ${mine}) = ${plan.left.length + plan.erased.length}
    and not exists (select 1 from ${memberships} where ${mine} and not (
      (${memberships.organization_id} in ${listed(plan.erased)} and not exists (${other}))
      or (${memberships.organization_id} in ${listed(plan.left)} and exists (${other})
        and (${memberships.role} <> 'owner' or exists (${other} and others.role = 'owner')))))`;
  return [
    database
      .update(users)
      .set({ updated_at: sql`iif(${holds}, ${users.updated_at}, NULL)` })
      .where(eq(users.id, plan.user_id)),
    database
      .update(organizations)
      .set({ updated_at: sql`iif(${holds}, ${organizations.updated_at}, NULL)` })
      .where(sql`${organizations.id} in ${listed([...plan.left, ...plan.erased])}`),
  ] as const;
}

export function isPlanOutdated(error: unknown): boolean {
  for (let cause = error; cause instanceof Error; cause = cause.cause) {
    if (cause.message.includes('NOT NULL constraint failed: users.updated_at')) return true;
  }
  return false;
}

/** The rows that are the person's own, and every invitation to their address. What they made in organizations stays. */
export function deletePerson(database: Database, userId: string, email: string) {
  return [
    database.delete(teamMembers).where(eq(teamMembers.user_id, userId)),
    database.delete(memberships).where(eq(memberships.user_id, userId)),
    database.delete(sessions).where(eq(sessions.user_id, userId)),
    database.delete(chatAccounts).where(eq(chatAccounts.user_id, userId)),
    database.delete(notificationMarks).where(eq(notificationMarks.user_id, userId)),
    database.delete(notificationReads).where(eq(notificationReads.user_id, userId)),
    database.delete(invitations).where(eq(invitations.email, email)),
    database.delete(users).where(eq(users.id, userId)),
  ] as const;
}
