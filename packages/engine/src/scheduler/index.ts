export { advance, MAX_ATTEMPTS, type Signal } from './advance.ts';
export { compile, type Plan, type PlanEdge, type PlanNode } from './plan.ts';
export { retryDelay } from './retry.ts';
export {
  type Change,
  idempotencyKey,
  isOpen,
  newRun,
  type RunState,
  restore,
  type StepIdentity,
  type StepState,
  stepKey,
} from './state.ts';
export { ENGINE_VERSION } from './version.ts';
