export { forgetPersonInProposals, threadsAfter } from './erasure.ts';
export { refinerJob } from './refiner.ts';
export { refinementAliases, refinementRoutes } from './routes.ts';
export { rulesAnswer } from './rules-answer.ts';
export { expireProposal, noteRunOf, proposalStatus, runBasis, settleRefinement } from './settle.ts';
