export { overviewRoutes } from './overview-routes.ts';
export { deleteExecutionRow, endedExecutions, endedExecutionsOf } from './queries.ts';
export { projectRetention } from './retention.ts';
export { retentionRoutes } from './retention-routes.ts';
export { executionRoutes } from './routes.ts';
export { projectExecution } from './service.ts';
export { startExecution } from './start.ts';
export { startRelated } from './start-related.ts';
export { startReplay } from './start-replay.ts';
