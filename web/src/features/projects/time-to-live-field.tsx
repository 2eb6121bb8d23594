import { useState } from 'react';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { Select } from '@/components/ui/select.tsx';

const UNITS = [
  { value: 'days', label: 'days', seconds: 86_400 },
  { value: 'hours', label: 'hours', seconds: 3600 },
  { value: 'minutes', label: 'minutes', seconds: 60 },
  { value: 'seconds', label: 'seconds', seconds: 1 },
] as const;
type Unit = (typeof UNITS)[number]['value'];

function secondsOf(unit: Unit): number {
  return UNITS.find(({ value }) => value === unit)?.seconds ?? 1;
}

/** The largest unit that tells it in whole numbers. */
function unitFor(seconds: number): Unit {
  return UNITS.find((unit) => seconds % unit.seconds === 0)?.value ?? 'seconds';
}

interface TimeToLiveFieldProps {
  seconds: number | undefined;
  onChange: (seconds: number) => void;
  onBlur: () => void;
  error: string | undefined;
}

export function TimeToLiveField({ seconds = 3600, onChange, onBlur, error }: TimeToLiveFieldProps) {
  const [unit, setUnit] = useState(() => unitFor(seconds));
  const [amount, setAmount] = useState(() => String(seconds / secondsOf(unit)));
  const tell = (nextAmount: string, nextUnit: Unit) => {
    setAmount(nextAmount);
    setUnit(nextUnit);
    onChange(nextAmount.trim() === '' ? Number.NaN : Math.round(Number(nextAmount) * secondsOf(nextUnit)));
  };
  return (
    <Field label="Time to live" help="It begins anew with each save. After it the value is gone." error={error}>
      {(control) => (
        <div className="flex gap-2">
          <Input
            {...control}
            value={amount}
            onChange={(event) => tell(event.target.value, unit)}
            onBlur={onBlur}
            inputMode="decimal"
            autoComplete="off"
            className="tabular w-24"
          />
          <Select
            label="Unit of the time to live"
            className="w-32"
            value={unit}
            options={UNITS}
            onValueChange={(next) => tell(amount, next as Unit)}
          />
        </div>
      )}
    </Field>
  );
}
