export { executionRoutes } from './routes.ts';
export { projectExecution } from './service.ts';
