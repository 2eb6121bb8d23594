export { collectOutgoing, deleteOutgoing, outgoingEvent, tellingDesks } from './outgoing.ts';
export { deleteOldEvents, EVENT_DAYS, projectEvents } from './project-events.ts';
export { eventRoutes } from './routes.ts';
