import { and, asc, eq, inArray, isNull, notInArray } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { memberships } from '../../db/schema/accounts.ts';
import { chatAccounts, subscriptions } from '../../db/schema/events.ts';

export type ChatAccountRow = typeof chatAccounts.$inferSelect;
export type ChannelRow = typeof subscriptions.$inferSelect;

/** An account on a platform; `workspace` as in `chat_accounts`. */
export interface AccountKey {
  readonly platform: string;
  readonly workspace: string;
  readonly account_id: string;
}

/** A channel that was not deleted. */
export function selectChannel(database: Database, organizationId: string, id: string): Promise<ChannelRow | undefined> {
  return database
    .select()
    .from(subscriptions)
    .where(
      and(
        eq(subscriptions.organization_id, organizationId),
        eq(subscriptions.id, id),
        eq(subscriptions.kind, 'channel'),
        isNull(subscriptions.deleted_at),
      ),
    )
    .get();
}

function thisAccount(organizationId: string, { platform, workspace, account_id }: AccountKey) {
  return and(
    eq(chatAccounts.organization_id, organizationId),
    eq(chatAccounts.platform, platform),
    eq(chatAccounts.workspace, workspace),
    eq(chatAccounts.account_id, account_id),
  );
}

/** Of somebody who is a member now. */
export async function selectAccount(
  database: Database,
  organizationId: string,
  key: AccountKey,
): Promise<ChatAccountRow | undefined> {
  const [row] = await database
    .select()
    .from(chatAccounts)
    .where(and(thisAccount(organizationId, key), inArray(chatAccounts.user_id, membersOf(database, organizationId))));
  return row;
}

export function selectAccountsOf(
  database: Database,
  organizationId: string,
  userId: string,
): Promise<ChatAccountRow[]> {
  return database
    .select()
    .from(chatAccounts)
    .where(and(eq(chatAccounts.organization_id, organizationId), eq(chatAccounts.user_id, userId)))
    .orderBy(asc(chatAccounts.platform), asc(chatAccounts.workspace), asc(chatAccounts.account_id))
    .all();
}

export function insertAccount(database: Database, row: ChatAccountRow) {
  return database.insert(chatAccounts).values(row);
}

/** Frees an account that somebody had who is no member any more. */
export function deleteLeftAccount(database: Database, organizationId: string, key: AccountKey) {
  const members = membersOf(database, organizationId);
  return database
    .delete(chatAccounts)
    .where(and(thisAccount(organizationId, key), notInArray(chatAccounts.user_id, members)));
}

export function deleteAccount(database: Database, organizationId: string, userId: string, key: AccountKey) {
  return database.delete(chatAccounts).where(and(thisAccount(organizationId, key), eq(chatAccounts.user_id, userId)));
}

function membersOf(database: Database, organizationId: string) {
  return database
    .select({ user_id: memberships.user_id })
    .from(memberships)
    .where(eq(memberships.organization_id, organizationId));
}
