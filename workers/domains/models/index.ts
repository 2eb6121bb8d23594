export { organizationFallback, priceOverride } from './organization-models.ts';
export { modelRoutes } from './routes.ts';
export { modelWithTools } from './service.ts';
