import { ChevronRight } from 'lucide-react';
import { type ReactNode, useId } from 'react';
import { cn } from '@/lib/class-names.ts';

interface FoldProps {
  title: string;
  /** In a few words, what is inside. */
  note?: string | undefined;
  open: boolean;
  onToggle: () => void;
  /** Of what is inside. */
  className?: string;
  children: ReactNode;
}

/** A part under a title that folds it away; what is inside is made when it is opened. */
export function Fold({ title, note, open, onToggle, className, children }: FoldProps) {
  const id = useId();
  return (
    <section className="border-line border-t pt-3">
      <h3>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={id}
          onClick={onToggle}
          className="flex w-full items-center gap-1.5 rounded-sm text-left font-medium text-sm text-text"
        >
          <ChevronRight
            className={cn('size-3.5 text-faint transition-transform duration-100', open && 'rotate-90')}
            aria-hidden="true"
          />
          {title}
          {note !== undefined && <span className="ml-1 font-normal text-faint text-xs">{note}</span>}
        </button>
      </h3>
      <div id={id} hidden={!open} className={cn('pt-3', className, !open && 'hidden')}>
        {open && children}
      </div>
    </section>
  );
}
