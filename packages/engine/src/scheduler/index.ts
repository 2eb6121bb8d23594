export { advance, MAX_ATTEMPTS, type Signal } from './advance.ts';
export { compile, LOOP_BODY, type Plan, type PlanEdge, type PlanNode } from './plan.ts';
export { retryDelay } from './retry.ts';
export { around, exitOfOutput, reusableSteps } from './reuse.ts';
export {
  type Change,
  callerOf,
  type GivenStep,
  ITEM,
  idempotencyKey,
  indexOfItem,
  isOpen,
  isToolCall,
  type LoopProgress,
  newRun,
  parentPath,
  pathTo,
  type RunOptions,
  type RunState,
  restore,
  type StepIdentity,
  type StepState,
  seesCalls,
  stepKey,
} from './state.ts';
export { ENGINE_VERSION } from './version.ts';
