import { Dialog as Primitive } from 'radix-ui';
import type { KeyboardEvent, ReactNode } from 'react';
import { cn } from '@/lib/class-names.ts';

interface SheetProps {
  open: boolean;
  onOpenChange: (open: boolean) => void;
  title: string;
  children: ReactNode;
  /** `left` is the navigation of small screens, `right` shows what was chosen from a list. */
  side?: 'left' | 'right';
  /** Takes more of the page, for what is wide itself. */
  wide?: boolean;
  onKeyDown?: (event: KeyboardEvent<HTMLElement>) => void;
}

/** A panel from the left edge (the navigation of small screens), or from the right one (details beside a list). */
export function Sheet({ open, onOpenChange, title, side = 'left', wide, onKeyDown, children }: SheetProps) {
  return (
    <Primitive.Root open={open} onOpenChange={onOpenChange}>
      <Primitive.Portal>
        <Primitive.Overlay className="fixed inset-0 z-40 bg-overlay" />
        <Primitive.Content
          aria-describedby={undefined}
          onKeyDown={onKeyDown}
          className={cn(
            'fixed inset-y-0 z-50 flex flex-col border-line bg-surface shadow-pop',
            side === 'left'
              ? 'left-0 w-64 max-w-[85vw] animate-slide-in border-r'
              : cn('right-0 w-full animate-appear sm:border-l', wide ? 'max-w-3xl' : 'max-w-xl'),
          )}
        >
          <Primitive.Title className="sr-only">{title}</Primitive.Title>
          {children}
        </Primitive.Content>
      </Primitive.Portal>
    </Primitive.Root>
  );
}
