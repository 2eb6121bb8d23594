export { INITIAL_PLAN, planLimits } from './plans.ts';
export { presentOrganization } from './present.ts';
export { projectApiKey } from './project-api-key.ts';
export { projectIpAllowlist } from './project-ip-allowlist.ts';
export {
  findApiKey,
  findOrganization,
  guard,
  insertOrganization,
  isGuarded,
  type OrganizationRow,
  slugExists,
} from './queries.ts';
export { distinctSlug, slugOf } from './slugs.ts';
