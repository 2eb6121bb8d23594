import { and, eq, sql } from 'drizzle-orm';
import type { Database } from '../../db/client.ts';
import { memberships, users } from '../../db/schema/accounts.ts';

/** Which of these addresses, as they are stored, are of members. */
export async function addressesOfMembers(
  database: Database,
  organizationId: string,
  addresses: readonly string[],
): Promise<Set<string>> {
  const rows = await database
    .select({ email: users.email })
    .from(users)
    .innerJoin(memberships, and(eq(memberships.user_id, users.id), eq(memberships.organization_id, organizationId)))
    .where(sql`${users.email} IN (SELECT value FROM json_each(${JSON.stringify(addresses)}))`)
    .all();
  return new Set(rows.map(({ email }) => email));
}
