import type { ReactNode } from 'react';
import { Checkbox } from './checkbox.tsx';

interface LabelledCheckboxProps {
  label: ReactNode;
  /** Below the label. */
  help?: ReactNode;
  checked: boolean;
  disabled?: boolean;
  onChange: (checked: boolean) => void;
}

/** A checkbox with its words beside it. */
export function LabelledCheckbox({ label, help, checked, disabled = false, onChange }: LabelledCheckboxProps) {
  return (
    // biome-ignore lint/a11y/noLabelWithoutControl: the checkbox inside is a button, which labels take
    <label className="flex min-h-8 items-start gap-2 py-1.5 text-sm">
      <Checkbox
        className="mt-0.5"
        checked={checked}
        disabled={disabled}
        onCheckedChange={(next) => onChange(next === true)}
      />
      <span className="min-w-0">
        {label}
        {help !== undefined && <span className="block text-faint text-xs">{help}</span>}
      </span>
    </label>
  );
}
