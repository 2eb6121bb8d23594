import type { ComponentProps, KeyboardEvent } from 'react';
import { cn } from '@/lib/class-names.ts';

interface TableProps extends Omit<ComponentProps<'table'>, 'onKeyDown'> {
  label: string;
  /** Of keys anywhere in the frame. */
  onKeyDown?: (event: KeyboardEvent<HTMLElement>) => void;
  /** Classes of the scrolling frame: with a greatest height, sticky heads stay in sight. */
  frameClassName?: string;
}

/** A table in a card, scrolling sideways by itself where the screen is narrow. */
export function Table({ className, frameClassName, label, onKeyDown, ...props }: TableProps) {
  return (
    <section
      aria-label={label}
      // Scrollable regions must be reachable by keyboard.
      // biome-ignore lint/a11y/noNoninteractiveTabindex: WCAG 2.1.1 asks for it on scrolling regions
      tabIndex={0}
      onKeyDown={onKeyDown}
      className={cn(
        'relative overflow-x-auto rounded-xl border border-line bg-surface shadow-card focus-visible:outline-offset-0',
        frameClassName,
      )}
    >
      <table
        aria-label={label}
        className={cn('tabular w-full border-collapse text-left text-sm', className)}
        {...props}
      />
    </section>
  );
}

export function TableHead({ className, ...props }: ComponentProps<'th'>) {
  return (
    <th
      scope="col"
      className={cn(
        'h-9 whitespace-nowrap border-line border-b bg-sunken px-3 font-medium text-faint text-xs first:pl-4 last:pr-4',
        className,
      )}
      {...props}
    />
  );
}

export function TableRow({ className, ...props }: ComponentProps<'tr'>) {
  return (
    <tr
      className={cn(
        'group/row border-line border-b transition-colors duration-100 last:border-b-0 hover:bg-sunken has-focus-visible:bg-sunken dark:has-focus-visible:bg-hover dark:hover:bg-hover',
        className,
      )}
      {...props}
    />
  );
}

export function TableCell({ className, ...props }: ComponentProps<'td'>) {
  return <td className={cn('h-11 px-3 text-soft first:pl-4 last:pr-4', className)} {...props} />;
}
