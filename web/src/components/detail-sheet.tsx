import type { UseQueryResult } from '@tanstack/react-query';
import { X } from 'lucide-react';
import type { ReactNode } from 'react';
import { RequestFailure } from '@/lib/api.ts';
import { ProblemCallout } from './problem-callout.tsx';
import { Button } from './ui/button.tsx';
import { Sheet } from './ui/sheet.tsx';
import { Skeleton } from './ui/skeleton.tsx';

interface DetailSheetProps<T> {
  /** What it is, as in "Delivery". */
  label: string;
  query: UseQueryResult<T>;
  titleOf: (data: T) => string;
  /** Said where it is not there. */
  gone: string;
  /** Beside the cross. */
  actions?: ReactNode;
  onClose: () => void;
  children: (data: T) => ReactNode;
}

/** What was chosen from a list, beside it, as soon as it is read. */
export function DetailSheet<T>({ label, query, titleOf, gone, actions, onClose, children }: DetailSheetProps<T>) {
  const { data, error } = query;
  const isGone = error instanceof RequestFailure && [404, 422].includes(error.status);
  return (
    <Sheet open onOpenChange={(open) => !open && onClose()} title={label} side="right" wide>
      <div className="flex items-center gap-1 border-line border-b px-5 py-3">
        <h2 className="min-w-0 flex-1 truncate font-mono font-semibold text-sm">
          {data === undefined ? label : titleOf(data)}
        </h2>
        {actions}
        <Button variant="ghost" size="icon-sm" aria-label="Close" onClick={onClose}>
          <X aria-hidden="true" />
        </Button>
      </div>
      <div className="flex-1 overflow-y-auto px-5 py-4">
        {isGone ? (
          <p className="text-soft">{gone}</p>
        ) : data !== undefined ? (
          children(data)
        ) : error ? (
          <ProblemCallout error={error} onRetry={() => void query.refetch()} />
        ) : (
          <Skeleton className="h-72 w-full" />
        )}
      </div>
    </Sheet>
  );
}
