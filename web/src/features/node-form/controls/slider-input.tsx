import { Slider } from 'radix-ui';
import { cn } from '@/lib/class-names.ts';
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
  const isSet = value !== undefined;
  return (
    <div className="flex items-center gap-3">
      <Slider.Root
        className="relative flex h-6 min-w-0 flex-1 touch-none select-none items-center"
        min={min}
        max={max}
        step={(max - min) / 20}
        value={[Math.min(max, Math.max(min, value ?? (min + max) / 2))]}
        onValueChange={([next]) => onChange(next)}
      >
        <Slider.Track className="relative h-1 flex-1 rounded-full bg-line-strong">
          <Slider.Range className={cn('absolute h-full rounded-full', isSet && 'bg-accent')} />
        </Slider.Track>
        <Slider.Thumb
          aria-labelledby={control.labelId}
          aria-valuetext={isSet ? undefined : 'not set'}
          className={cn(
            'block size-4 rounded-full border-2 bg-surface shadow-card',
            isSet ? 'border-accent' : 'border-field-line',
          )}
        />
      </Slider.Root>
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
