import { cn } from '@/lib/class-names.ts';

interface SegmentsProps<T extends string> {
  label: string;
  value: T;
  options: readonly { readonly value: T; readonly label: string }[];
  onChange: (value: T) => void;
  /** Takes the whole width rather than a corner. */
  wide?: boolean;
}

/** A choice between two or three ways, all of them seen. */
export function Segments<T extends string>({ label, value, options, onChange, wide }: SegmentsProps<T>) {
  return (
    // biome-ignore lint/a11y/useSemanticElements: a fieldset would break the row that it stands in
    <div
      role="group"
      aria-label={label}
      className={cn('inline-flex shrink-0 rounded-md bg-sunken p-0.5 dark:bg-hover', wide && 'flex w-full flex-wrap')}
    >
      {options.map((option) => (
        <button
          key={option.value}
          type="button"
          aria-pressed={option.value === value}
          onClick={() => onChange(option.value)}
          className={cn(
            'rounded-[5px] px-2 py-0.5 text-soft text-xs transition-colors duration-100 hover:text-text',
            'aria-pressed:bg-surface aria-pressed:font-medium aria-pressed:text-text aria-pressed:shadow-card dark:aria-pressed:bg-line-strong',
            wide && 'flex-1 py-1.5',
          )}
        >
          {option.label}
        </button>
      ))}
    </div>
  );
}
