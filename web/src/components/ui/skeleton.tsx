import { cn } from '@/lib/class-names.ts';

/** A grey place-holder in the shape of what is loading. */
export function Skeleton({ className }: { className?: string }) {
  return <div aria-hidden="true" className={cn('animate-shimmer rounded-md bg-hover', className)} />;
}
