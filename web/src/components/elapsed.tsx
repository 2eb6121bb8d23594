import { useNow } from '@/lib/clock.ts';
import { formatDuration } from '@/lib/format.ts';

interface ElapsedProps {
  startedAt: string | null;
  /** Set once it has ended. */
  durationMs: number | null;
}

/** How long something took, ticking while it runs. */
export function Elapsed({ startedAt, durationMs }: ElapsedProps) {
  const ticking = durationMs === null && startedAt !== null;
  const now = useNow(200, ticking);
  if (durationMs !== null) return <span className="tabular">{formatDuration(durationMs)}</span>;
  if (startedAt === null) return <span className="text-faint">–</span>;
  return <span className="tabular">{formatDuration(Math.max(0, now - new Date(startedAt).getTime()))}</span>;
}
