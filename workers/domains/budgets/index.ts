export { presentBudgets } from './present.ts';
export { projectBudget } from './project-budget.ts';
export { budgetRoutes } from './routes.ts';
