import { useState } from 'react';
import { Select } from '@/components/ui/select.tsx';
import { UNITS, type Unit, unitFor, unitMs } from '../durations.ts';
import type { ControlIds } from '../field-frame.tsx';
import { NumberInput } from './number-input.tsx';

interface DurationInputProps {
  /** Milliseconds. */
  value: number | undefined;
  onChange: (ms: number | undefined) => void;
  control: Pick<ControlIds, 'id' | 'invalid' | 'describedBy'>;
  label?: string;
  /** The longest that makes sense: larger units are not offered. */
  maxMs?: number | undefined;
  placeholder?: string | undefined;
}

/** A duration as a number and its unit. */
export function DurationInput({ value, onChange, control, label, maxMs, placeholder }: DurationInputProps) {
  const [chosen, setChosen] = useState<Unit | null>(null);
  const unit = chosen ?? unitFor(value ?? 0);
  const size = unitMs(unit);
  const fitting = UNITS.filter((each) => maxMs === undefined || each.ms <= maxMs || each.unit === unit);
  return (
    <div className="flex gap-2">
      <NumberInput
        value={value === undefined ? undefined : value / size}
        onChange={(number) => onChange(number === undefined ? undefined : Math.round(number * size))}
        control={control}
        {...(label === undefined ? {} : { label })}
        placeholder={placeholder}
        className="min-w-0 flex-1"
      />
      <Select
        label={label === undefined ? 'Unit' : `Unit of ${label}`}
        value={unit}
        options={fitting.map((each) => ({ value: each.unit, label: each.words }))}
        onValueChange={(next) => {
          // The number stays and means another time.
          setChosen(next as Unit);
          if (value !== undefined) onChange(Math.round((value / size) * unitMs(next as Unit)));
        }}
        className="w-28 shrink-0"
      />
    </div>
  );
}
