import type { ExecutionError, StepAttempt } from '@agentflow/contracts';
import type { ModelCall, StepResult } from '@agentflow/engine';
import { askTooLarge } from './approvals.ts';
import { MAX_OUTPUT_CHARACTERS } from './store/values.ts';

/** What a finished attempt brings to a commit. */
export interface Outcome {
  readonly key: string;
  readonly attempt: number;
  readonly result: StepResult;
}

/** The result as it may be stored: an output over the limit fails its step, in words, instead of breaking a row. */
export function withinLimits(result: StepResult): StepResult {
  if (result.kind === 'waiting' && result.ask !== null) {
    const message = askTooLarge(result.ask);
    if (message === null) return result;
    const error = { code: 'approval_too_large', message, retryable: false };
    return { kind: 'failed', input: null, error, calls: [] };
  }
  if (result.kind !== 'completed' && result.kind !== 'stopped') return result;
  const size = JSON.stringify(result.output).length;
  if (size <= MAX_OUTPUT_CHARACTERS) return result;
  return {
    kind: 'failed',
    input: result.input,
    error: {
      code: 'output_too_large',
      message: `The output has ${size} characters; at most ${MAX_OUTPUT_CHARACTERS} are kept.`,
      retryable: false,
    },
    calls: callsOf(result),
  };
}

export function callsOf(result: StepResult): readonly ModelCall[] {
  return 'calls' in result ? (result.calls ?? []) : [];
}

export function endAttempt(
  attempt: StepAttempt | undefined,
  status: 'completed' | 'failed' | 'cancelled',
  at: number,
  error: ExecutionError | null,
): void {
  if (attempt === undefined || attempt.status !== 'running') return;
  attempt.status = status;
  attempt.error = error;
  attempt.finished_at = new Date(at).toISOString();
  attempt.duration_ms = at - Date.parse(attempt.started_at);
}

/** Whether the step was not run: a shadow run took the answer from its record. */
export function isRecordedAnswer(result: StepResult): boolean {
  return 'recorded' in result && result.recorded === true;
}
