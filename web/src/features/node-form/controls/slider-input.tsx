import type { ControlIds } from '../field-frame.tsx';
import { NumberInput } from './number-input.tsx';

interface SliderInputProps {
  value: number | undefined;
  onChange: (value: number | undefined) => void;
  control: ControlIds;
  min: number;
  max: number;
}

/** A number by hand or by slider. Without a value the slider rests in the middle, faint. */
export function SliderInput({ value, onChange, control, min, max }: SliderInputProps) {
  return (
    <div className="flex items-center gap-3">
      <input
        type="range"
        aria-labelledby={control.labelId}
        aria-valuetext={value === undefined ? 'not set' : undefined}
        className="h-6 min-w-0 flex-1 accent-(--accent) data-[unset=true]:opacity-50"
        data-unset={value === undefined}
        min={min}
        max={max}
        step={(max - min) / 20}
        value={value ?? (min + max) / 2}
        onChange={(event) => onChange(Number(event.target.value))}
      />
      <NumberInput
        value={value}
        onChange={onChange}
        control={control}
        min={min}
        max={max}
        step={0.1}
        placeholder="default"
        className="w-20"
      />
    </div>
  );
}
