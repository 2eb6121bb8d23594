export { channelRoutes } from './channel-routes.ts';
export { memberAddresses } from './member-addresses.ts';
