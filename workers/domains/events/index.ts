export { projectEvent } from './project-event.ts';
export { eventRoutes } from './routes.ts';
