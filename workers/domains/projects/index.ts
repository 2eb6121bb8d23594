export { existingProjects, getProject, requireProject } from './projects.ts';
export { projectRoutes } from './routes.ts';
