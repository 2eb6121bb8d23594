import { ChevronRight } from 'lucide-react';
import { type ReactNode, useId, useState } from 'react';
import { cn } from '@/lib/class-names.ts';
import { useNodeForm } from './form-context.ts';

interface DisclosureProps {
  title: string;
  /** In a few words, what is inside. */
  note?: string | undefined;
  /** Something inside must be seen. */
  forceOpen?: boolean;
  children: ReactNode;
}

/** A part of a form that is folded away until it is wanted. */
export function Disclosure({ title, note, forceOpen = false, children }: DisclosureProps) {
  const id = useId();
  const [chosen, choose] = useState<boolean | null>(null);
  // In a form that is only read, nothing can be pressed: all of it shows.
  const { readOnly } = useNodeForm();
  const open = readOnly || (chosen ?? forceOpen);
  return (
    <section className="border-line border-t pt-3">
      <h3>
        <button
          type="button"
          aria-expanded={open}
          aria-controls={id}
          onClick={() => choose(!open)}
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
      <div id={id} hidden={!open} className={cn('flex flex-col gap-4 pt-3 pl-5', !open && 'hidden')}>
        {open && children}
      </div>
    </section>
  );
}
