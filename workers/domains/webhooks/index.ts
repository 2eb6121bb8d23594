export { projectSubscription } from './project-subscription.ts';
