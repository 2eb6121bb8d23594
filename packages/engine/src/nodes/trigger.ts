import { completed, type StepHandler } from './step-outcome.ts';

/** The output of a trigger is the execution's input. */
export const runManualTrigger: StepHandler<'trigger.manual'> = (_config, context) => completed(context.scope.trigger);
