import { useNow } from '@/lib/clock.ts';
import { formatExactTime, formatRelativeTime } from '@/lib/format.ts';

/** `3 min ago`, with the exact time on hover. */
export function RelativeTime({ iso, className }: { iso: string; className?: string }) {
  const now = useNow(15_000);
  return (
    <time dateTime={iso} title={formatExactTime(iso)} className={className}>
      {formatRelativeTime(iso, now)}
    </time>
  );
}
