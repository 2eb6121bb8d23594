export { projectApprovals } from './project-approvals.ts';
export { approvalRoutes } from './routes.ts';
export { approvalNow, decideAs, mayDecideWhere, memberDecider } from './service.ts';
