import type { JsonValue } from '@agentflow/contracts';
import { extendPath } from '../../lib/json-path.ts';

/** How a step reads a key: `{{context.plan}}`, and in backticks where the key is no identifier. */
export function contextExpression(key: string): string {
  return `{{${extendPath('context', key)}}}`;
}

const HANDOFF = /^handoff:(agt_[0-9a-z]+)$/;

/** The agent that a handoff was left for; null for every other key. */
export function handoffTarget(key: string): string | null {
  return HANDOFF.exec(key)?.[1] ?? null;
}

export interface HandoffValue {
  readonly from: string | null;
  readonly instructions: string;
  readonly context: JsonValue;
  readonly execution_id: string | null;
}

/** A handoff as it lies in the context; null for a value that somebody else has put under such a key. */
export function readHandoff(value: JsonValue): HandoffValue | null {
  if (typeof value !== 'object' || value === null || Array.isArray(value)) return null;
  const { from = null, instructions, context = null, execution_id = null } = value;
  if (typeof instructions !== 'string') return null;
  return {
    from: typeof from === 'string' ? from : null,
    instructions,
    context,
    execution_id: typeof execution_id === 'string' ? execution_id : null,
  };
}
