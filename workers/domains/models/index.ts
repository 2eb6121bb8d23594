export { modelRoutes } from './routes.ts';
export { priceOverride } from './service.ts';
