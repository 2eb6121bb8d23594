import { CircleAlert } from 'lucide-react';

/** What is wrong with the fields above it, where no label is theirs alone. */
export function ProblemNote({ id, children }: { id?: string; children: string | undefined }) {
  if (children === undefined) return null;
  return (
    <p id={id} role="alert" className="flex items-start gap-1.5 text-failed text-xs">
      <CircleAlert className="mt-0.5 size-3 shrink-0" aria-hidden="true" />
      {children.charAt(0).toUpperCase() + children.slice(1)}
    </p>
  );
}
