import { ChevronRight } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { Input, Textarea } from '@/components/ui/input.tsx';
import { cn } from '@/lib/class-names.ts';
import { useNodeForm } from '../form-context.ts';
import { type LabelValue, labelOf, withPart } from '../labels.ts';
import { AddButton, RemoveButton, replaced, without } from './rows.tsx';
import { TextRows } from './text-rows.tsx';

interface LabelRowsProps {
  labels: readonly LabelValue[];
  onChange: (labels: LabelValue[]) => void;
}

/** Labels to choose from, each with when it is right and texts that carry it. */
export function LabelRows({ labels, onChange }: LabelRowsProps) {
  return (
    <div className="flex flex-col gap-2">
      {labels.map((value, index) => (
        <LabelRow
          // biome-ignore lint/suspicious/noArrayIndexKey: a row is its place, its name changes as one types
          key={index}
          value={value}
          place={index + 1}
          onChange={(next) => onChange(replaced(labels, index, next))}
          onRemove={() => onChange(without(labels, index))}
        />
      ))}
      <AddButton onClick={() => onChange([...labels, { name: '' }])}>Add label</AddButton>
    </div>
  );
}

interface LabelRowProps {
  value: LabelValue;
  place: number;
  onChange: (value: LabelValue) => void;
  onRemove: () => void;
}

function LabelRow({ value, place, onChange, onRemove }: LabelRowProps) {
  const { name, description, examples } = labelOf(value);
  const { readOnly } = useNodeForm();
  const [opened, setOpen] = useState(false);
  const open = opened || (readOnly && examples.length > 0);
  const called = name === '' ? `label ${place}` : name;
  return (
    <div className="flex flex-col gap-1.5 rounded-lg border border-line bg-surface p-2">
      <div className="flex gap-1.5">
        <Input
          aria-label={`Name of label ${place}`}
          placeholder="billing"
          autoComplete="off"
          value={name}
          onChange={(event) => onChange(withPart(value, { name: event.target.value }))}
        />
        <RemoveButton label={`Remove ${called}`} onClick={onRemove} />
      </div>
      <Textarea
        aria-label={`When ${called} is right`}
        placeholder="When this label is right"
        rows={1}
        className="min-h-8"
        value={description}
        onChange={(event) => onChange(withPart(value, { description: event.target.value }))}
      />
      <Button variant="ghost" size="sm" aria-expanded={open} className="self-start px-1" onClick={() => setOpen(!open)}>
        <ChevronRight className={cn('transition-transform duration-100', open && 'rotate-90')} aria-hidden="true" />
        {examples.length === 0 ? 'Examples' : `Examples (${examples.length})`}
        <span className="sr-only">of {called}</span>
      </Button>
      {open && (
        <TextRows
          noun="example"
          placeholder="A text that carries this label"
          value={examples.length === 0 ? undefined : examples}
          onChange={(next) => onChange(withPart(value, { examples: next ?? [] }))}
        />
      )}
    </div>
  );
}
