import { POLICY_ATTRIBUTES, type PolicyAttribute, type PolicyCondition, type PolicyLeaf } from '@agentflow/contracts';
import { CircleCheck, CircleDashed, CircleHelp } from 'lucide-react';
import { Select } from '@/components/ui/select.tsx';
import { AddButton, RemoveButton, replaced, without } from '@/features/node-form/controls/rows.tsx';
import { cn } from '@/lib/class-names.ts';
import {
  type ConditionGroup,
  groupOf,
  isGroup,
  type Joint,
  jointOf,
  MAX_DEPTH,
  memberPath,
  membersOf,
  newLeaf,
  withOperator,
} from './condition-tree.ts';
import { ConditionValue } from './condition-value.tsx';
import { useOutcome, useProblem } from './policy-fields.ts';
import { ATTRIBUTE_WORDS, OUTCOME_WORDS, operatorWords } from './policy-words.ts';
import { ProblemNote } from './problem-note.tsx';

const JOINTS: readonly { value: Joint; label: string }[] = [
  { value: 'all', label: 'All of these are met' },
  { value: 'any', label: 'Any of these is met' },
  { value: 'not', label: 'None of these is met' },
];
const ATTRIBUTES = (Object.keys(POLICY_ATTRIBUTES) as PolicyAttribute[]).map((attribute) => ({
  value: attribute,
  label: ATTRIBUTE_WORDS[attribute],
}));

interface ConditionEditorProps {
  /** null: none. */
  value: PolicyCondition | null;
  onChange: (value: PolicyCondition | null) => void;
}

/** The conditions of a policy: none, one, or groups in groups. */
export function ConditionEditor({ value, onChange }: ConditionEditorProps) {
  const problem = useProblem('conditions');
  if (value === null) {
    return (
      <div className="flex flex-col gap-2">
        <p className="text-sm text-soft">None: the policy always holds for those that it is about.</p>
        <AddButton onClick={() => onChange({ all: [newLeaf('time')] })}>Add condition</AddButton>
      </div>
    );
  }
  // One condition alone is shown in a group of its own, and stays alone until it gets company.
  const alone = !isGroup(value);
  const group: ConditionGroup = isGroup(value) ? value : { all: [value] };
  return (
    <div className="flex flex-col gap-2">
      <GroupEditor
        group={group}
        path="conditions"
        pathOf={alone ? () => 'conditions' : undefined}
        place=""
        depth={1}
        onChange={(next) => {
          const members = membersOf(next);
          const [only] = members;
          if (only === undefined) onChange(null);
          else onChange(alone && members.length === 1 && jointOf(next) === 'all' ? only : next);
        }}
      />
      <ProblemNote>{problem}</ProblemNote>
    </div>
  );
}

interface GroupEditorProps {
  group: ConditionGroup;
  path: string;
  pathOf?: ((index: number) => string) | undefined;
  /** Its place among its neighbours, as in `2.1`; empty at the top. */
  place: string;
  /** How deep in the policy it is, from 1. */
  depth: number;
  onChange: (group: ConditionGroup) => void;
}

/** What stands under `not` is one member, or a group "any" of several: both are shown as a list. */
function listOf(
  group: ConditionGroup,
  path: string,
): { members: PolicyCondition[]; pathOf: (index: number) => string } {
  if ('not' in group && isGroup(group.not) && 'any' in group.not) {
    return { members: group.not.any, pathOf: (index) => `${path}.not.any.${index}` };
  }
  return { members: membersOf(group), pathOf: (index) => memberPath(group, index, path) };
}

function GroupEditor({ group, path, pathOf, place, depth, onChange }: GroupEditorProps) {
  const joint = jointOf(group);
  const shown = listOf(group, path);
  const { members } = shown;
  const label = place === '' ? 'Conditions' : `Group ${place}`;
  const inner = joint === 'not' ? depth + 2 : depth + 1;
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be as wide as its widest content
    <div
      role="group"
      aria-label={label}
      className={cn('flex min-w-0 flex-col gap-2', place !== '' && 'rounded-lg border border-line bg-sunken p-2.5')}
    >
      <Select
        label={`${label} joined by`}
        value={joint}
        options={JOINTS}
        onValueChange={(next) => onChange(groupOf(next as Joint, members))}
        className="w-52 self-start"
      />
      {members.map((member, index) => {
        const at = place === '' ? `${index + 1}` : `${place}.${index + 1}`;
        const memberAt = (pathOf ?? shown.pathOf)(index);
        const change = (next: PolicyCondition) => onChange(groupOf(joint, replaced(members, index, next)));
        return (
          // biome-ignore lint/suspicious/noArrayIndexKey: a condition is its place, all of it changes as one types
          <div key={index} className="flex min-w-0 items-start gap-1.5">
            <div className="min-w-0 flex-1">
              {isGroup(member) ? (
                <GroupEditor group={member} path={memberAt} place={at} depth={inner} onChange={change} />
              ) : (
                <ConditionRow leaf={member} path={memberAt} place={at} onChange={change} />
              )}
            </div>
            <RemoveButton
              label={`Remove ${isGroup(member) ? 'group' : 'condition'} ${at}`}
              onClick={() => onChange(groupOf(joint, without(members, index)))}
            />
          </div>
        );
      })}
      <div className="flex flex-wrap gap-1">
        <AddButton onClick={() => onChange(groupOf(joint, [...members, newLeaf('input')]))}>Add condition</AddButton>
        {inner < MAX_DEPTH && (
          <AddButton
            onClick={() => {
              const other = joint === 'all' ? 'any' : 'all';
              onChange(groupOf(joint, [...members, groupOf(other, [newLeaf('input')])]));
            }}
          >
            Add group
          </AddButton>
        )}
      </div>
    </div>
  );
}

interface ConditionRowProps {
  leaf: PolicyLeaf;
  path: string;
  place: string;
  onChange: (leaf: PolicyLeaf) => void;
}

function ConditionRow({ leaf, path, place, onChange }: ConditionRowProps) {
  // The windows of a time tell their own.
  const problem = useProblem(path, leaf.attribute !== 'time');
  const outcome = useOutcome(path);
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would be as wide as its widest content
    <div
      role="group"
      aria-label={`Condition ${place}`}
      className="flex min-w-0 flex-col gap-2 rounded-lg border border-line bg-surface p-2.5"
    >
      <div className="grid gap-2 sm:grid-cols-2">
        <Select
          label={`Attribute of condition ${place}`}
          value={leaf.attribute}
          options={ATTRIBUTES}
          onValueChange={(next) => onChange(newLeaf(next as PolicyAttribute))}
        />
        <Select
          label={`Operator of condition ${place}`}
          value={leaf.operator}
          options={POLICY_ATTRIBUTES[leaf.attribute].map((operator) => ({
            value: operator,
            label: operatorWords(leaf.attribute, operator),
          }))}
          onValueChange={(next) => onChange(withOperator(leaf, next))}
        />
      </div>
      <ConditionValue leaf={leaf} path={path} place={place} invalid={problem !== undefined} onChange={onChange} />
      <ProblemNote>{problem}</ProblemNote>
      {outcome !== undefined && problem === undefined && <OutcomeMark outcome={outcome} />}
    </div>
  );
}

const OUTCOME_ICONS = { true: CircleCheck, false: CircleDashed, unknown: CircleHelp } as const;

/** How a condition comes out for the request of the dry run. */
export function OutcomeMark({ outcome }: { outcome: 'true' | 'false' | 'unknown' }) {
  const Icon = OUTCOME_ICONS[outcome];
  return (
    <span
      className={cn(
        'inline-flex shrink-0 items-center gap-1 text-xs',
        outcome === 'true' ? 'text-text' : outcome === 'unknown' ? 'text-waiting' : 'text-faint',
      )}
    >
      <Icon className="size-3.5" aria-hidden="true" />
      {OUTCOME_WORDS[outcome]}
    </span>
  );
}
