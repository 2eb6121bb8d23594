import type { JsonValue } from '@agentflow/contracts';
import { useState } from 'react';
import { sameJson } from './node-changes.ts';

interface DraftOptions<Draft, Value extends JsonValue | undefined> {
  readonly value: Value;
  readonly onChange: (value: Value) => void;
  readonly show: (value: Value) => Draft;
  /** What a draft stands for, or null while it stands for nothing. */
  readonly read: (draft: Draft) => { value: Value } | null;
}

/**
 * What somebody is typing, for values that can't hold every state of being typed: half a number, a row without a key.
 * It follows the value when that changes from outside. Gives the draft, its setter, and whether it stands for a value.
 */
export function useDraft<Draft, Value extends JsonValue | undefined>(
  options: DraftOptions<Draft, Value>,
): [draft: Draft, setDraft: (draft: Draft) => void, valid: boolean] {
  const { value, onChange, show, read } = options;
  const [state, setState] = useState(() => ({ draft: show(value), value, valid: true }));
  let current = state;
  if (!sameJson(state.value, value)) {
    current = { draft: show(value), value, valid: true };
    setState(current);
  }
  const setDraft = (draft: Draft) => {
    const meant = read(draft);
    setState({ draft, value: meant === null ? value : meant.value, valid: meant !== null });
    if (meant !== null && !sameJson(meant.value, value)) onChange(meant.value);
  };
  return [current.draft, setDraft, current.valid];
}
