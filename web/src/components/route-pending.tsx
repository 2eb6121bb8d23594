import { Skeleton } from './ui/skeleton.tsx';

/** Shown while a page's code is on its way. */
export function RoutePending() {
  return (
    <div role="status" aria-label="Loading" className="flex w-full flex-col gap-4 p-4 sm:p-6">
      <Skeleton className="h-7 w-48" />
      <Skeleton className="h-4 w-72" />
      <Skeleton className="mt-2 h-64 w-full" />
    </div>
  );
}
