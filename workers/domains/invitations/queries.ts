import { ROLES, type Role } from '@agentflow/contracts';
import { and, desc, eq, gt, inArray, isNotNull, isNull, lt, ne, type SQL, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { apiKeys, invitations, memberships, organizations, users } from '../../db/schema/accounts.ts';

type InvitationFields = typeof invitations.$inferSelect;

/** An invitation with the name of the person or API key that invited; null where they are not known any more. */
export type InvitationRow = Awaited<ReturnType<typeof listOpenInvitations>>[number];

const inviterName = sql<string | null>`coalesce(${users.name}, ${apiKeys.name})`;

function open(now: number) {
  return and(isNull(invitations.accepted_at), isNull(invitations.revoked_at), gt(invitations.expires_at, now));
}

function selectInvitations(database: Database) {
  return database
    .select({ invitation: invitations, inviter_name: inviterName })
    .from(invitations)
    .leftJoin(users, eq(users.id, invitations.invited_by))
    .leftJoin(
      apiKeys,
      and(eq(apiKeys.id, invitations.invited_by), eq(apiKeys.organization_id, invitations.organization_id)),
    );
}

/** Those that wait to be accepted, newest first; one row more than `limit` tells that there is a next page. */
export async function listOpenInvitations(
  database: Database,
  organizationId: string,
  page: { limit: number; before: string | undefined },
  now: number,
) {
  const rows = await selectInvitations(database)
    .where(
      and(
        eq(invitations.organization_id, organizationId),
        open(now),
        page.before === undefined ? undefined : lt(invitations.id, page.before),
      ),
    )
    .orderBy(desc(invitations.id))
    .limit(page.limit + 1)
    .all();
  return rows.map(({ invitation, inviter_name }) => ({ ...invitation, inviter_name }));
}

export async function findInvitation(
  database: Database,
  organizationId: string,
  invitationId: string,
): Promise<InvitationRow | undefined> {
  const row = await selectInvitations(database)
    .where(and(eq(invitations.organization_id, organizationId), eq(invitations.id, invitationId)))
    .get();
  return row === undefined ? undefined : { ...row.invitation, inviter_name: row.inviter_name };
}

export type InvitationByToken = NonNullable<Awaited<ReturnType<typeof findByTokenHash>>>;

/** Global: whoever holds the link does not know the organization yet. */
export function findByTokenHash(database: Database, tokenHash: string) {
  return database
    .select({ invitation: invitations, inviter_name: inviterName, organization: organizations })
    .from(invitations)
    .innerJoin(organizations, eq(organizations.id, invitations.organization_id))
    .leftJoin(users, eq(users.id, invitations.invited_by))
    .leftJoin(
      apiKeys,
      and(eq(apiKeys.id, invitations.invited_by), eq(apiKeys.organization_id, invitations.organization_id)),
    )
    .where(eq(invitations.token_hash, tokenHash))
    .get();
}

/** Condition: the invitation waits to be accepted. */
export function isOpen(organizationId: string, invitationId: string, now: number): SQL {
  return sql`exists (select 1 from ${invitations} where ${and(eq(invitations.organization_id, organizationId), eq(invitations.id, invitationId), open(now))})`;
}

/** Condition: the same, and its link is still this one. */
export function isOpenUnder(organizationId: string, invitationId: string, tokenHash: string, now: number): SQL {
  return sql`exists (select 1 from ${invitations} where ${and(eq(invitations.organization_id, organizationId), eq(invitations.id, invitationId), eq(invitations.token_hash, tokenHash), open(now))})`;
}

/**
 * Condition: who invited could still do it. A person is a member with at least the role of the invitation; an API key has
 * not been revoked, unless a rotation did that. A key's row may lag behind its desk, so that a missing one counts for it.
 */
export function isVouchedFor(organizationId: string, invitedBy: string, role: Role): SQL {
  if (invitedBy.startsWith('key_')) {
    return sql`not exists (select 1 from ${apiKeys} where ${and(eq(apiKeys.organization_id, organizationId), eq(apiKeys.id, invitedBy), isNotNull(apiKeys.revoked_at), isNull(apiKeys.replaced_by))})`;
  }
  const above = ROLES.slice(0, ROLES.indexOf(role) + 1);
  return sql`exists (select 1 from ${memberships} where ${and(eq(memberships.organization_id, organizationId), eq(memberships.user_id, invitedBy), inArray(memberships.role, above))})`;
}

export async function holds(database: Database, organizationId: string, condition: SQL): Promise<boolean> {
  const row = await database
    .select({ id: organizations.id })
    .from(organizations)
    .where(and(eq(organizations.id, organizationId), condition))
    .get();
  return row !== undefined;
}

/** Condition: the organization is not being erased. */
export function isAlive(organizationId: string): SQL {
  return sql`exists (select 1 from ${organizations} where ${and(eq(organizations.id, organizationId), isNull(organizations.erased_at))})`;
}

/** Condition: nobody with this address is a member. */
export function isNoMember(organizationId: string, email: string): SQL {
  return sql`not exists (select 1 from ${users} inner join ${memberships} on ${eq(memberships.user_id, users.id)} where ${and(eq(users.email, email), eq(memberships.organization_id, organizationId))})`;
}

/** Condition: fewer than `most` invitations to other addresses are open. */
export function fewerOpenThan(organizationId: string, email: string, most: number, now: number): SQL {
  return sql`(select count(*) from ${invitations} where ${and(eq(invitations.organization_id, organizationId), ne(invitations.email, email), open(now))}) < ${most}`;
}

export function insertInvitation(database: Database, row: InvitationFields) {
  return database.insert(invitations).values(row);
}

/** Revokes what is open for an address, so that one link at a time leads in. */
export function revokeOpenFor(database: Database, organizationId: string, email: string, now: number) {
  return database
    .update(invitations)
    .set({ revoked_at: now })
    .where(and(eq(invitations.organization_id, organizationId), eq(invitations.email, email), open(now)));
}

export function updateInvitation(
  database: Database,
  organizationId: string,
  invitationId: string,
  fields: Partial<Omit<InvitationFields, 'id' | 'organization_id'>>,
) {
  return database
    .update(invitations)
    .set(fields)
    .where(and(eq(invitations.organization_id, organizationId), eq(invitations.id, invitationId)));
}

/** Tells how the mail went, unless a newer link has been made meanwhile. */
export function updateDelivery(
  database: Database,
  organizationId: string,
  invitation: { id: string; token_hash: string },
  delivery: InvitationFields['delivery'],
) {
  return database
    .update(invitations)
    .set({ delivery })
    .where(
      and(
        eq(invitations.organization_id, organizationId),
        eq(invitations.id, invitation.id),
        eq(invitations.token_hash, invitation.token_hash),
      ),
    );
}
