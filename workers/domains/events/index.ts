export { projectEvent } from './project-event.ts';
export { deleteOldEvents, projectEvents } from './project-events.ts';
export { eventRoutes } from './routes.ts';
