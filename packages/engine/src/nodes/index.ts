export { answered } from './human.ts';
export { checkLoopCondition, type LoopCheck } from './loop-and-delay.ts';
export { runStep } from './run-step.ts';
