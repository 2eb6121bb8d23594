export { collectOutgoing, deleteOutgoing } from './outgoing.ts';
export { deleteOldEvents, projectEvents } from './project-events.ts';
export { eventRoutes } from './routes.ts';
