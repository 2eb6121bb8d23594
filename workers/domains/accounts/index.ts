export { authenticate } from './authenticate.ts';
export { currentMembership, forgetMemberships } from './current-membership.ts';
export { createAccount } from './signup.ts';
