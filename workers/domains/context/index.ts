export { handOff } from './hand-off.ts';
export { contextRoutes } from './routes.ts';
export { readContext } from './shared-context.ts';
