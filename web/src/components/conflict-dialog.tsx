import { type QueryKey, useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { ProblemCallout } from './problem-callout.tsx';
import { Button } from './ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from './ui/dialog.tsx';
import { Skeleton } from './ui/skeleton.tsx';

interface ConflictDialogProps<T> {
  /** What changed meanwhile, and what is not saved. */
  description: string;
  /** Reads what is stored now. */
  query: { readonly queryKey: QueryKey; readonly queryFn: (read: { signal: AbortSignal }) => Promise<T> };
  busy: boolean;
  onKeepMine: (theirs: T) => void;
  onTakeTheirs: (theirs: T) => void;
  onClose: () => void;
  className?: string;
  /** Both versions, side by side. */
  children: (theirs: T) => ReactNode;
}

/** Somebody else saved first: shows what they saved beside what is typed, and lets the person choose. */
export function ConflictDialog<T>(props: ConflictDialogProps<T>) {
  const { description, query, busy, onKeepMine, onTakeTheirs, onClose, className, children } = props;
  const theirs = useQuery({
    queryKey: query.queryKey,
    queryFn: ({ signal }) => query.queryFn({ signal }),
    staleTime: 0,
    gcTime: 0,
  });
  return (
    <Dialog
      open
      onOpenChange={(open) => !open && onClose()}
      title="Somebody else changed it"
      description={description}
      {...(className === undefined ? {} : { className })}
    >
      <DialogBody>
        {theirs.error && <ProblemCallout error={theirs.error} onRetry={() => void theirs.refetch()} />}
        {theirs.data === undefined && !theirs.error && <Skeleton className="h-16 w-full" />}
        {theirs.data !== undefined && children(theirs.data)}
      </DialogBody>
      <DialogFooter>
        <Button
          disabled={theirs.data === undefined}
          onClick={() => theirs.data !== undefined && onTakeTheirs(theirs.data)}
        >
          Reload, drop mine
        </Button>
        <Button
          variant="primary"
          busy={busy}
          disabled={theirs.data === undefined}
          onClick={() => theirs.data !== undefined && onKeepMine(theirs.data)}
        >
          Keep mine
        </Button>
      </DialogFooter>
    </Dialog>
  );
}
