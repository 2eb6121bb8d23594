export { executionRoutes } from './routes.ts';
export { projectExecution } from './service.ts';
export { startExecution } from './start.ts';
export { startRelated } from './start-related.ts';
