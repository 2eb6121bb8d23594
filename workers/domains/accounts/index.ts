export { authenticate } from './authenticate.ts';
export { forgetMemberships } from './current-membership.ts';
export { createAccount } from './signup.ts';
