import type { User } from '@agentflow/contracts';
import type { UserRow } from './queries.ts';

export function presentUser(row: Pick<UserRow, 'id' | 'email' | 'name' | 'created_at'>): User {
  return { id: row.id, email: row.email, name: row.name, created_at: new Date(row.created_at).toISOString() };
}
