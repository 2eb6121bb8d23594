import { type ActiveSession, type Member, role, type User } from '@agentflow/contracts';
import type { MemberRow } from './member-queries.ts';
import type { SessionRow, UserRow } from './queries.ts';

export function presentUser(row: Pick<UserRow, 'id' | 'email' | 'name' | 'created_at'>): User {
  return { id: row.id, email: row.email, name: row.name, created_at: new Date(row.created_at).toISOString() };
}

export function presentActiveSession(row: SessionRow, currentId: string): ActiveSession {
  return {
    id: row.id,
    created_at: new Date(row.created_at).toISOString(),
    last_used_at: new Date(row.rotated_at).toISOString(),
    expires_at: new Date(row.expires_at).toISOString(),
    ip: row.ip,
    user_agent: row.user_agent,
    current: row.id === currentId,
  };
}

export function presentMember(row: MemberRow): Member {
  return { user: presentUser(row), role: role.parse(row.role), joined_at: new Date(row.joined_at).toISOString() };
}
