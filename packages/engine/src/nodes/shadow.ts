import type { AgentNode, JsonValue } from '@agentflow/contracts';
import { sameJson } from '../diff/index.ts';
import { compileExpression, referencesOf } from '../expressions/index.ts';
import type { StepContext } from '../ports.ts';
import { completed, refused, type StepOutcome } from './step-outcome.ts';

/** Nodes that compute from what is before them: running them again costs nothing and can tell nothing else. */
const COMPUTES = /^(?:trigger\.|logic\.(?!delay$))/;

/** Whether a shadow run keeps what a node of this type answered. */
export function isRecorded(type: string): boolean {
  return !COMPUTES.test(type);
}

/** Whether a node answers the same where its resolved config is the same: what it reads otherwise is not compared. */
function readsOnlyItsInput({ output_mapping }: Pick<AgentNode, 'output_mapping'>): boolean {
  if (output_mapping === undefined) return true;
  const compilation = compileExpression(output_mapping);
  return compilation.ok && referencesOf(compilation.expression).every(({ root }) => root === 'result');
}

function meaning({ type, config, output_mapping }: AgentNode): JsonValue {
  return { type, config, ...(output_mapping === undefined ? {} : { output_mapping }) };
}

/** Whether what `before` answered may stand for `after`, given the same input. What happens on failure is not the answer's. */
export function answersAlike(before: AgentNode, after: AgentNode): boolean {
  return isRecorded(after.type) && readsOnlyItsInput(after) && sameJson(meaning(before), meaning(after));
}

/**
 * What a step of a shadow run answers without being run: as recorded where its input is the recorded one. Otherwise it runs,
 * except that nobody is asked and nothing is waited for. null for a step that is to be run.
 */
export function shadowAnswer({ node, call, shadow }: StepContext, input: JsonValue): StepOutcome | null {
  if (shadow === undefined || call !== null) return null;
  const { recorded } = shadow;
  if (recorded !== null && sameJson(recorded.input, input)) {
    const { output, handle, error } = recorded;
    return error === null
      ? { kind: 'completed', output, handle, blocked: false, calls: [], recorded: true }
      : {
          kind: 'failed',
          error: { code: error.code, message: error.message, retryable: false },
          calls: [],
          recorded: true,
        };
  }
  if (node.type.startsWith('human.')) {
    return refused('shadow_asks_nobody', 'What is asked here was not asked then, and a shadow run asks nobody.');
  }
  return null;
}

/** A shadow run does not wait for a time to pass. */
export function withoutWaiting(outcome: StepOutcome, { shadow }: StepContext): StepOutcome {
  if (shadow === undefined || outcome.kind !== 'waiting' || outcome.reason !== 'delay') return outcome;
  return outcome.due?.kind === 'complete' ? completed(outcome.due.output, outcome.due.handle) : outcome;
}
