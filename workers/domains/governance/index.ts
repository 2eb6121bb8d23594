export { projectRateLimits } from './rate-limits.ts';
export { rateLimitRoutes } from './rate-limits-routes.ts';
