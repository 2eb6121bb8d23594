import { type ReactNode, useState } from 'react';
import { Fold } from '@/components/fold.tsx';
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
  const [chosen, choose] = useState<boolean | null>(null);
  // In a form that is only read, nothing can be pressed: all of it shows.
  const { readOnly } = useNodeForm();
  const open = readOnly || (chosen ?? forceOpen);
  return (
    <Fold title={title} note={note} open={open} onToggle={() => choose(!open)} className="flex flex-col gap-4 pl-5">
      {children}
    </Fold>
  );
}
