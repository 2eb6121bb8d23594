export { listDeliveries, sendTest } from './deliveries.ts';
export { deliveryRoutes } from './delivery-routes.ts';
export { projectSubscription } from './project-subscription.ts';
export { type SubscriptionRow, selectSubscriptions } from './queries.ts';
export { webhookRoutes } from './routes.ts';
export { requireScope } from './scope.ts';
