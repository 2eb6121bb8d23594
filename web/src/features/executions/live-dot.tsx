import { cn } from '@/lib/class-names.ts';
import { useNow } from '@/lib/clock.ts';
import { formatDuration } from '@/lib/format.ts';
import type { Connection } from './use-execution-stream.ts';

const WORDS: Record<Connection, string> = {
  connecting: 'Connecting…',
  live: 'Live',
  reconnecting: 'Reconnecting…',
  ended: 'Not followed live',
};

/** Says that the page is live, and how long ago the last event came. */
export function LiveDot({ connection, heardAt }: { connection: Connection; heardAt: number | null }) {
  const now = useNow(1000, connection === 'live');
  const silence = heardAt === null ? 0 : Math.max(0, now - heardAt);
  return (
    <span className="inline-flex items-center gap-1.5 text-faint text-xs" role="status">
      <span
        aria-hidden="true"
        className={cn(
          'size-1.5 rounded-full',
          connection === 'live' ? 'animate-pulse-soft bg-completed-solid' : 'bg-waiting-solid',
        )}
      />
      {WORDS[connection]}
      {connection === 'live' && silence > 2000 && (
        <span className="tabular">· last event {formatDuration(Math.floor(silence / 1000) * 1000)} ago</span>
      )}
    </span>
  );
}
