export { chatAccountRoutes } from './account-routes.ts';
export { chatCallbackRoutes } from './callback-routes.ts';
