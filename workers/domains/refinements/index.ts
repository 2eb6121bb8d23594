export type { AgentFiles } from '@agentflow/agent-files';
export { forgetPersonInProposals, threadsAfter } from './erasure.ts';
export { type RefinerJob, refinerJob } from './refiner.ts';
export { refinementAliases, refinementRoutes } from './routes.ts';
export { type RulesAnswer, rulesAnswer } from './rules-answer.ts';
export { expireProposal, noteRunOf, proposalStatus, runBasis, settleRefinement } from './settle.ts';
