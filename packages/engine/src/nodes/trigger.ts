import type { JsonValue } from '@agentflow/contracts';
import type { StepContext } from '../ports.ts';
import { completed, type StepOutcome } from './step-outcome.ts';

/** The output of a trigger is the execution's input, whatever its config says of who starts it. */
export function runTrigger(_config: unknown, context: StepContext): StepOutcome {
  return completed(context.scope.trigger as JsonValue);
}
