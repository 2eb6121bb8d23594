import type { ConditionGroup } from '@agentflow/contracts';
import type { ReactNode } from 'react';
import { NEW_CONDITION } from '../conditions.ts';
import { ConditionBuilder } from '../controls/condition-builder.tsx';
import { useDraft } from '../use-draft.ts';
import { readConditionSource, SOURCE_OPERATORS, writeConditionSource } from './condition-source.ts';

interface ConditionExpressionProps {
  value: string;
  onChange: (value: string) => void;
  /** Gets the builder, or null for an expression that rows can't show. */
  children: (builder: ReactNode | null) => ReactNode;
}

/** Conditions that are stored as JSONata. */
export default function ConditionExpression({ value, onChange, children }: ConditionExpressionProps) {
  const [group, setGroup, complete] = useDraft<ConditionGroup | null, string>({
    value,
    onChange,
    show: (source) => (source.trim() === '' ? { all: [NEW_CONDITION] } : readConditionSource(source)),
    read: (draft) => {
      const source = draft === null ? null : writeConditionSource(draft);
      return source === null ? null : { value: source };
    },
  });
  if (group === null) return children(null);
  return children(
    <>
      <ConditionBuilder group={group} operators={SOURCE_OPERATORS} onChange={setGroup} />
      {!complete && (
        <p role="status" className="text-waiting text-xs">
          A condition looks at nothing yet: until it does, the node keeps what it had.
        </p>
      )}
      {value !== '' && (
        <code className="break-words rounded-md bg-sunken px-2 py-1 font-mono text-soft text-xs">{value}</code>
      )}
    </>,
  );
}
