import { CircleAlert } from 'lucide-react';
import { Input } from '@/components/ui/input.tsx';
import type { ControlIds } from '../field-frame.tsx';
import { useDraft } from '../use-draft.ts';

interface NumberInputProps {
  value: number | undefined;
  onChange: (value: number | undefined) => void;
  control: Pick<ControlIds, 'id' | 'invalid' | 'describedBy'>;
  /** Name for screen readers, where no label element points here. */
  label?: string;
  placeholder?: string | undefined;
  min?: number | undefined;
  max?: number | undefined;
  step?: number;
  className?: string;
}

/** A number as text, so that half of one can be typed; arrow keys count up and down. Empty is no value. */
export function NumberInput(props: NumberInputProps) {
  const { value, onChange, control, label, placeholder, min, max, step = 1, className } = props;
  const [text, setText, valid] = useDraft<string, number | undefined>({
    value,
    onChange,
    show: (number) => (number === undefined ? '' : String(number)),
    read: (draft) => {
      if (draft.trim() === '') return { value: undefined };
      const number = Number(draft.replace(',', '.'));
      return Number.isFinite(number) ? { value: number } : null;
    },
  });
  const count = (by: number) => {
    const next = Math.min(max ?? Number.MAX_SAFE_INTEGER, Math.max(min ?? 0, (value ?? min ?? 0) + by));
    setText(String(Number(next.toFixed(6))));
  };
  return (
    <div className={className}>
      <Input
        id={control.id}
        aria-label={label}
        aria-invalid={control.invalid || !valid}
        aria-describedby={control.describedBy}
        inputMode="decimal"
        autoComplete="off"
        className="tabular"
        placeholder={placeholder}
        value={text}
        onChange={(event) => setText(event.target.value)}
        onKeyDown={(event) => {
          if (event.key !== 'ArrowUp' && event.key !== 'ArrowDown') return;
          event.preventDefault();
          count(event.key === 'ArrowUp' ? step : -step);
        }}
      />
      {!valid && (
        <p role="alert" className="mt-1 flex items-center gap-1.5 text-failed text-xs">
          <CircleAlert className="size-3" aria-hidden="true" /> This is not a number.
        </p>
      )}
    </div>
  );
}
