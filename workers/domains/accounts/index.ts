export { authenticate } from './authenticate.ts';
export { callerRole, requireRoleWithin } from './caller-role.ts';
export { clientOf } from './client.ts';
export { setRefreshCookie } from './cookies.ts';
export { forgetMemberships, memberNow } from './current-membership.ts';
export { normalizeEmail } from './email.ts';
export { withLoginThrottle } from './login-throttle.ts';
export { findMemberRow, isMember, membersAmong } from './member-queries.ts';
export { requireUser } from './own-sessions.ts';
export {
  findUserByEmail,
  insertMembership,
  insertSession,
  insertUser,
  revokeSessionRow,
  type UserRow,
} from './queries.ts';
export { findUser, isPasswordChanged, requirePassword } from './session-queries.ts';
export { type Client, newSession, presentSession, type SignedIn } from './sessions.ts';
export { createAccount, newUser } from './signup.ts';
