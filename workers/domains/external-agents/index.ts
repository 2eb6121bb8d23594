export { clientKeyLives, grantClientKey, revokeClientKey } from './client-keys.ts';
export { invokeAgent } from './invoke.ts';
export { invokeRoutes } from './invoke-routes.ts';
export { offeredAgent, offeredAgents } from './offered-agents.ts';
export {
  abandonOwnRun,
  answerOwnRun,
  cancelOwnRun,
  followOwnRun,
  type OwnRunContext,
  ownRun,
  questionOfOwnRun,
  readOwnRun,
  runStartedWith,
} from './own-runs.ts';
export { projectExternalAgent } from './project-external-agent.ts';
export { externalAgentRoutes } from './routes.ts';
