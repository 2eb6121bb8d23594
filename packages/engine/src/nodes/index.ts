export { CALL_CHECK_MS, outcomeOfCall } from './agent.ts';
export { answered } from './human.ts';
export { checkLoopCondition, type LoopCheck } from './loop-and-delay.ts';
export { runStep } from './run-step.ts';
export { answersAlike, isRecorded } from './shadow.ts';
