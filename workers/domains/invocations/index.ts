export { archiveInvocations, archiveKey, payloadsGone } from './archive.ts';
export { findInvocation } from './list-queries.ts';
export { noteWebhookDelivery, type WebhookDeliveryNote } from './note-delivery.ts';
export {
  invocationCostStatements,
  invocationIdOf,
  invocationStatements,
  invocationStatusOf,
} from './project-invocation.ts';
export { projectRefusals } from './project-refusals.ts';
export { invocationRoutes } from './routes.ts';
