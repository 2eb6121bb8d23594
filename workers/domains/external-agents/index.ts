export { invokeRoutes } from './invoke-routes.ts';
export { projectExternalAgent } from './project-external-agent.ts';
export { externalAgentRoutes } from './routes.ts';
