export { executionRoutes } from './routes.ts';
export { projectExecution } from './service.ts';
export { startExecution } from './start.ts';
export { type RelatedStart, type RelatedStarted, startRelated } from './start-related.ts';
