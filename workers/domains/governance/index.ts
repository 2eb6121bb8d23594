export { policyRoutes } from './policy-routes.ts';
export { projectPolicy, projectPolicyDefault } from './project-policy.ts';
export { projectRateLimits } from './rate-limits.ts';
export { rateLimitRoutes } from './rate-limits-routes.ts';
export { stopRoutes } from './stop-routes.ts';
export { presentStop } from './stops.ts';
