export { deleteTouches, touchesStatement } from './project-touches.ts';
export { lineageRoutes } from './routes.ts';
