export { bellRoutes } from './bell-routes.ts';
export { channelRoutes } from './channel-routes.ts';
export { memberAddresses } from './member-addresses.ts';
