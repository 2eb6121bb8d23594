import { type UseQueryOptions, useQuery } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Dialog, DialogBody } from '@/components/ui/dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { cn } from '@/lib/class-names.ts';

interface EraseCardProps {
  title: string;
  /** What goes, and what stays. */
  description: string;
  buttonLabel: string;
  className?: string;
  /** The dialog that the button opens. */
  children: (close: () => void) => ReactNode;
}

/** The way to an erasure, at the end of its page. */
export function EraseCard({ title, description, buttonLabel, className, children }: EraseCardProps) {
  const [open, setOpen] = useState(false);
  return (
    <Card className={cn('border-failed-solid/35', className)}>
      <CardHeader title="Danger zone" />
      <div className="flex flex-wrap items-center gap-3 p-4">
        <div className="min-w-0 flex-1 basis-60">
          <p className="font-medium">{title}</p>
          <p className="text-sm text-soft">{description}</p>
        </div>
        <Button variant="danger" onClick={() => setOpen(true)}>
          {buttonLabel}
        </Button>
      </div>
      {open && children(() => setOpen(false))}
    </Card>
  );
}

interface EraseDialogProps<T> {
  title: string;
  description: string;
  /** Counts what would go. */
  query: UseQueryOptions<T, Error, T, string[]>;
  onClose: () => void;
  children: (preview: T) => ReactNode;
}

/** Tells what an erasure takes away before it can be confirmed. */
export function EraseDialog<T>({ title, description, query, onClose, children }: EraseDialogProps<T>) {
  const preview = useQuery(query);
  return (
    <Dialog open onOpenChange={(open) => !open && onClose()} title={title} description={description}>
      {preview.data === undefined ? (
        <DialogBody>
          {preview.error ? (
            <ProblemCallout error={preview.error} onRetry={() => void preview.refetch()} />
          ) : (
            <Skeleton className="h-40 w-full" />
          )}
        </DialogBody>
      ) : (
        children(preview.data)
      )}
    </Dialog>
  );
}
