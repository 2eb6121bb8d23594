import {
  CONDITION_OPERATOR_WORDS,
  CONDITION_OPERATORS,
  type Condition,
  type ConditionGroup,
  type ConditionOperator,
  UNARY_OPERATORS,
} from '@agentflow/contracts';
import { useId } from 'react';
import { Select } from '@/components/ui/select.tsx';
import { cn } from '@/lib/class-names.ts';
import { groupOf, isGroup, type Joint, jointOf, membersOf, NEW_CONDITION, withMember } from '../conditions.ts';
import { ExpressionInput } from '../expressions/expression-input.tsx';
import { LiteralInput } from './literal-input.tsx';
import { AddButton, RemoveButton } from './rows.tsx';

const JOINTS: readonly { value: Joint; label: string }[] = [
  { value: 'all', label: 'All of these hold (and)' },
  { value: 'any', label: 'Any of these holds (or)' },
];

interface ConditionBuilderProps {
  group: ConditionGroup;
  operators?: readonly ConditionOperator[];
  onChange: (group: ConditionGroup) => void;
  /** How many groups lie around, and the place among its neighbours: `2.1`. */
  place?: string;
  depth?: number;
}

/** Conditions joined by "and" or "or", with groups inside groups. */
export function ConditionBuilder(props: ConditionBuilderProps) {
  const { group, operators = CONDITION_OPERATORS, onChange, place = '', depth = 0 } = props;
  const members = membersOf(group);
  const joint = jointOf(group);
  const label = place === '' ? 'Conditions' : `Group ${place}`;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be as wide as its widest content
    <div
      role="group"
      aria-label={label}
      className={cn('flex min-w-0 flex-col gap-2', depth > 0 && 'rounded-lg border border-line bg-sunken p-2.5')}
    >
      <Select
        label={`${label} joined by`}
        value={joint}
        options={JOINTS}
        onValueChange={(next) => onChange(groupOf(next as Joint, members))}
        className="w-56 self-start"
      />
      {members.map((member, index) => {
        const at = place === '' ? `${index + 1}` : `${place}.${index + 1}`;
        const remove = () => onChange(withMember(group, index, null));
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a condition is its place, all of it changes as one types
          <div key={index} className="flex min-w-0 items-start gap-1.5">
            <div className="min-w-0 flex-1">
              {isGroup(member) ? (
                <ConditionBuilder
                  group={member}
                  operators={operators}
                  place={at}
                  depth={depth + 1}
                  onChange={(next) => onChange(withMember(group, index, next))}
                />
              ) : (
                <ConditionRow
                  condition={member}
                  operators={operators}
                  place={at}
                  onChange={(next) => onChange(withMember(group, index, next))}
                />
              )}
            </div>
            <RemoveButton label={`Remove ${isGroup(member) ? 'group' : 'condition'} ${at}`} onClick={remove} />
          </div>
        );
      })}
      <div className="flex gap-1">
        <AddButton onClick={() => onChange(groupOf(joint, [...members, NEW_CONDITION]))}>Add condition</AddButton>
        {depth < 4 && (
          <AddButton
            onClick={() =>
              onChange(groupOf(joint, [...members, groupOf(joint === 'all' ? 'any' : 'all', [NEW_CONDITION])]))
            }
          >
            Add group
          </AddButton>
        )}
      </div>
    </div>
  );
}

interface ConditionRowProps {
  condition: Condition;
  operators: readonly ConditionOperator[];
  place: string;
  onChange: (condition: Condition) => void;
}

function ConditionRow({ condition, operators, place, onChange }: ConditionRowProps) {
  const id = useId();
  const { field, operator, value } = condition;
  const isUnary = UNARY_OPERATORS.includes(operator);
  const changeOperator = (next: ConditionOperator) => {
    if (UNARY_OPERATORS.includes(next)) onChange({ field, operator: next });
    else onChange({ field, operator: next, value: value ?? '' });
  };
  return (
    <div className="flex min-w-0 flex-col gap-1.5 rounded-lg border border-line bg-surface p-2">
      {typeof field === 'string' ? (
        <ExpressionInput
          kind="template"
          compact
          control={{ id: `${id}-field`, labelId: '', invalid: false, describedBy: undefined }}
          label={`Field of condition ${place}`}
          placeholder="{{trigger.amount}}"
          value={field}
          onChange={(next) => onChange({ ...condition, field: next })}
        />
      ) : (
        <LiteralInput
          id={`${id}-field`}
          label={`Field of condition ${place}`}
          value={field}
          onChange={(next) => onChange({ ...condition, field: next })}
        />
      )}
      <Select
        label={`Operator of condition ${place}`}
        value={operator}
        options={operators.map((each) => ({ value: each, label: CONDITION_OPERATOR_WORDS[each] }))}
        onValueChange={(next) => changeOperator(next as ConditionOperator)}
        className="w-full"
      />
      {!isUnary && (
        <LiteralInput
          id={`${id}-value`}
          label={`Value of condition ${place}`}
          placeholder={operator === 'in' || operator === 'not_in' ? 'billing, refunds' : 'Value'}
          value={value}
          onChange={(next) => onChange({ ...condition, value: next })}
        />
      )}
    </div>
  );
}
