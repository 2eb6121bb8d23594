export { FORMER_MEMBER, forgetPerson } from './forget-person.ts';
export { isOrganizationErased, isPersonErased } from './queries.ts';
export { eraseRows } from './rows.ts';
