export type { ExecutionProjection } from './queries.ts';
export { executionRoutes } from './routes.ts';
export { projectExecution } from './service.ts';
