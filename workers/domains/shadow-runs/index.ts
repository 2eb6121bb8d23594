export { advanceComparison, finishShadowRun, openComparisons } from './job.ts';
export { shadowRunRoutes } from './routes.ts';
export { startShadowRun } from './service.ts';
