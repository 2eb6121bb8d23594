import { EXTERNAL_PLATFORMS, type PolicyLeaf } from '@agentflow/contracts';
import { useId } from 'react';
import { Input } from '@/components/ui/input.tsx';
import { Select } from '@/components/ui/select.tsx';
import { WordList } from '@/components/word-list.tsx';
import { ManyChoices } from '@/features/node-form/controls/choices.tsx';
import { NumberInput } from '@/features/node-form/controls/number-input.tsx';
import { NamedList } from './named-list.tsx';
import { PLATFORM_WORDS } from './policy-words.ts';
import { ScalarInput, ScalarList } from './scalar-input.tsx';
import { TimeWindows } from './time-windows.tsx';
import { useNamedProjects } from './use-named.ts';

interface ConditionValueProps {
  leaf: PolicyLeaf;
  path: string;
  place: string;
  invalid: boolean;
  onChange: (leaf: PolicyLeaf) => void;
}

/** What an attribute is compared with, in the way that belongs to it. */
export function ConditionValue(props: ConditionValueProps) {
  const { leaf, path, place, invalid, onChange } = props;
  const label = `Value of condition ${place}`;
  // What is typed is checked by the contract, not by its type.
  const change = (value: unknown) => onChange({ ...leaf, value } as PolicyLeaf);
  if (leaf.attribute === 'input') return <InputValue {...props} leaf={leaf} label={label} change={change} />;
  if (leaf.operator === 'exists') return <YesNo label={label} value={leaf.value} onChange={change} />;
  switch (leaf.attribute) {
    case 'time':
      return <TimeWindows value={leaf.value} onChange={change} place={place} path={path} />;
    case 'ip':
      return (
        <WordList
          label={label}
          value={leaf.value}
          placeholder="203.0.113.0/24, 2001:db8::/32"
          invalid={invalid}
          onChange={change}
        />
      );
    case 'agent_tags':
      return (
        <WordList label={label} value={leaf.value} placeholder="prod, finance" invalid={invalid} onChange={change} />
      );
    case 'cost_estimate_usd':
      return <CostValue value={leaf.value} label={label} invalid={invalid} onChange={change} />;
    case 'platform':
      if (leaf.operator === 'in' || leaf.operator === 'not_in') {
        return (
          <ManyChoices
            values={EXTERNAL_PLATFORMS}
            chosen={leaf.value}
            wordOf={(each) => PLATFORM_WORDS[each] ?? each}
            onChange={change}
          />
        );
      }
      return (
        <Select
          label={label}
          value={leaf.value}
          options={EXTERNAL_PLATFORMS.map((each) => ({ value: each, label: PLATFORM_WORDS[each] ?? each }))}
          onValueChange={change}
          className="w-full"
        />
      );
    case 'project':
      return <ProjectValue leaf={leaf} invalid={invalid} change={change} />;
  }
}

function YesNo({ label, value, onChange }: { label: string; value: boolean; onChange: (value: boolean) => void }) {
  return (
    <Select
      label={label}
      value={String(value)}
      options={[
        { value: 'true', label: 'Yes' },
        { value: 'false', label: 'No' },
      ]}
      onValueChange={(next) => onChange(next === 'true')}
      className="w-full"
    />
  );
}

interface CostValueProps {
  value: number;
  label: string;
  invalid: boolean;
  onChange: (value: number | undefined) => void;
}

function CostValue({ value, label, invalid, onChange }: CostValueProps) {
  const id = useId();
  return (
    <NumberInput
      label={label}
      control={{ id, invalid, describedBy: undefined }}
      value={value}
      min={0}
      step={0.1}
      placeholder="0.50"
      onChange={onChange}
    />
  );
}

type ProjectLeaf = Exclude<Extract<PolicyLeaf, { attribute: 'project' }>, { operator: 'exists' }>;

function ProjectValue({
  leaf,
  invalid,
  change,
}: {
  leaf: ProjectLeaf;
  invalid: boolean;
  change: (value: unknown) => void;
}) {
  const projects = useNamedProjects();
  const many = Array.isArray(leaf.value);
  const chosen = (Array.isArray(leaf.value) ? leaf.value : [leaf.value]).filter((id) => id !== '');
  return (
    <NamedList
      label={many ? 'Projects' : 'Project'}
      value={chosen}
      placeholder={many ? 'Choose projects' : 'Choose a project'}
      invalid={invalid}
      {...projects}
      onChange={(next) => change(many ? next : (next.at(-1) ?? ''))}
    />
  );
}

type InputLeaf = Extract<PolicyLeaf, { attribute: 'input' }>;

interface InputValueProps extends Omit<ConditionValueProps, 'leaf'> {
  leaf: InputLeaf;
  label: string;
  change: (value: unknown) => void;
}

function InputValue({ leaf, place, invalid, label, onChange, change }: InputValueProps) {
  return (
    <div className="grid gap-2 sm:grid-cols-2">
      <Input
        aria-label={`Input path of condition ${place}`}
        aria-invalid={invalid && leaf.path === ''}
        value={leaf.path}
        placeholder="customer.country"
        autoComplete="off"
        spellCheck={false}
        className="font-mono text-sm"
        onChange={(event) => onChange({ ...leaf, path: event.target.value.trim() })}
      />
      {leaf.operator === 'exists' ? (
        <YesNo label={label} value={leaf.value} onChange={change} />
      ) : leaf.operator === 'in' || leaf.operator === 'not_in' ? (
        <ScalarList label={label} value={leaf.value} invalid={invalid} onChange={change} />
      ) : (
        <ScalarInput label={label} value={leaf.value} invalid={invalid} onChange={change} />
      )}
    </div>
  );
}
