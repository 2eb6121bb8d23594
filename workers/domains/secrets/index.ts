export { providerAccesses } from './provider-access.ts';
export { readSecrets, secretNames } from './read-secrets.ts';
export { secretRoutes } from './routes.ts';
