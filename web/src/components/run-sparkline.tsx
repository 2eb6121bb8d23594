import { cn } from '@/lib/class-names.ts';
import { formatCount } from '@/lib/format.ts';

interface Day {
  readonly date: string;
  readonly completed: number;
  readonly failed: number;
  readonly cancelled: number;
}

const BAR = 5;
const GAP = 2;
const HEIGHT = 28;
/** A day on which something ran is never too small to see. */
const LEAST = 3;

function sum(days: readonly Day[], kind: 'completed' | 'failed' | 'cancelled'): number {
  return days.reduce((total, day) => total + day[kind], 0);
}

/** `12 runs in 14 days: 10 completed, 2 failed`. */
function inWords(days: readonly Day[]): string {
  const parts = (['completed', 'failed', 'cancelled'] as const)
    .map((kind) => ({ kind, count: sum(days, kind) }))
    .filter(({ count }) => count > 0);
  const total = parts.reduce((all, { count }) => all + count, 0);
  if (total === 0) return `No runs in ${days.length} days`;
  const split = parts.map(({ kind, count }) => `${formatCount(count)} ${kind}`).join(', ');
  return `${formatCount(total)} ${total === 1 ? 'run' : 'runs'} in ${days.length} days: ${split}`;
}

/** A bar a day, by how its runs ended. */
export function RunSparkline({ days, className }: { days: readonly Day[]; className?: string }) {
  const most = Math.max(1, ...days.map((day) => day.completed + day.failed + day.cancelled));
  const words = inWords(days);
  return (
    <svg
      role="img"
      aria-label={words}
      width={days.length * (BAR + GAP) - GAP}
      height={HEIGHT}
      className={cn('shrink-0', className)}
    >
      <title>{words}</title>
      {days.map((day, index) => {
        const x = index * (BAR + GAP);
        const total = day.completed + day.failed + day.cancelled;
        if (total === 0)
          return (
            <rect key={day.date} x={x} y={HEIGHT - 2} width={BAR} height={2} rx={1} className="fill-line-strong" />
          );
        const height = Math.max(LEAST, Math.round((total / most) * HEIGHT));
        let y = HEIGHT;
        return (
          <g key={day.date}>
            {(
              [
                [day.completed, 'fill-completed-solid'],
                [day.cancelled, 'fill-idle-solid'],
                [day.failed, 'fill-failed-solid'],
              ] as const
            ).map(([count, fill]) => {
              const part = (count / total) * height;
              y -= part;
              return count === 0 ? null : (
                <rect key={fill} x={x} y={y} width={BAR} height={part} rx={1} className={fill} />
              );
            })}
          </g>
        );
      })}
    </svg>
  );
}
