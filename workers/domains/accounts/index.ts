export { authenticate } from './authenticate.ts';
export { forgetMemberships } from './current-membership.ts';
export { normalizeEmail } from './email.ts';
export { withLoginThrottle } from './login-throttle.ts';
export { requireUser } from './own-sessions.ts';
export type { UserRow } from './queries.ts';
export { findUser } from './session-queries.ts';
export { createAccount } from './signup.ts';
