import { Input } from './ui/input.tsx';

interface DateRangeProps {
  /** Days of the reader's time zone, YYYY-MM-DD. */
  from: string | undefined;
  to: string | undefined;
  onChange: (changes: { from?: string | undefined; to?: string | undefined }) => void;
}

/** Two days, and what lies between them. */
export function DateRange({ from, to, onChange }: DateRangeProps) {
  return (
    <span className="flex items-center gap-1.5 text-faint text-sm">
      <Input
        type="date"
        aria-label="From"
        className="w-36 text-sm"
        max={to}
        value={from ?? ''}
        onChange={(event) => onChange({ from: event.target.value || undefined })}
      />
      to
      <Input
        type="date"
        aria-label="To"
        className="w-36 text-sm"
        min={from}
        value={to ?? ''}
        onChange={(event) => onChange({ to: event.target.value || undefined })}
      />
    </span>
  );
}
