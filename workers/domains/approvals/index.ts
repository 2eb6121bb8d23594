export { projectApprovals } from './project-approvals.ts';
export { approvalRoutes } from './routes.ts';
export { decideAs } from './service.ts';
