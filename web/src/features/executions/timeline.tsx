import { type Execution, isTerminal } from '@agentflow/contracts';
import { ChevronRight, Maximize, ZoomIn } from 'lucide-react';
import { useMemo, useRef, useState } from 'react';
import { nodeTypeTitle } from '@/components/node-icon.tsx';
import { StatusIcon, statusSolid, statusWord } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { cn } from '@/lib/class-names.ts';
import { useNow } from '@/lib/clock.ts';
import { formatDuration } from '@/lib/format.ts';
import { callTitle, type ShownStep } from './live-execution.ts';
import { ancestorsOf, rowsInView, type StepRow, stepRows } from './step-tree.ts';

interface TimelineProps {
  execution: Execution;
  steps: readonly ShownStep[];
  /** The loop in whose rounds each node runs. */
  loops: ReadonlyMap<string, string>;
  selected: string | undefined;
  onSelect: (stepId: string) => void;
  /** The step was chosen on purpose: its details should come into view. */
  onOpen: () => void;
}

interface Bar {
  readonly key: string;
  readonly from: number;
  readonly to: number;
  readonly status: 'running' | 'completed' | 'failed' | 'cancelled' | 'waiting';
}

function ms(iso: string | null): number | null {
  return iso === null ? null : new Date(iso).getTime();
}

/** One bar for each attempt; before the attempts have been read, one for the step. */
function barsOf(step: ShownStep, now: number): Bar[] {
  const attempts = step.record?.attempts ?? [];
  const bars: Bar[] = attempts.map((attempt) => {
    const from = ms(attempt.started_at) ?? now;
    return {
      key: String(attempt.attempt),
      from,
      to: attempt.duration_ms !== null ? from + attempt.duration_ms : (ms(attempt.finished_at) ?? now),
      status: attempt.status,
    };
  });
  const from = ms(step.started_at);
  const last = bars.at(-1);
  if (last !== undefined && last.status === 'running' && step.status === 'waiting') {
    return [...bars.slice(0, -1), { ...last, to: now, status: 'waiting' }];
  }
  if (last !== undefined && last.status === 'running' && step.status !== 'running') {
    // The events are ahead of the record: the attempt has ended, and how it did is not on record yet.
    const end = ms(step.finished_at) ?? now;
    const status = step.status === 'completed' || step.status === 'cancelled' ? step.status : 'failed';
    return [...bars.slice(0, -1), { ...last, to: end, status }];
  }
  if (last !== undefined && step.status === 'waiting') {
    return [...bars, { key: 'wait', from: last.to, to: now, status: 'waiting' }];
  }
  if (last !== undefined || from === null || step.status === 'skipped') return bars;
  const to = step.duration_ms !== null ? from + step.duration_ms : (ms(step.finished_at) ?? now);
  const status = step.status === 'pending' ? 'running' : step.status;
  return [{ key: 'step', from, to, status }];
}

/** Round marks over a stretch of time, about four of them. */
function ticksOver(span: number): number[] {
  const rough = span / 4;
  const unit = 10 ** Math.floor(Math.log10(Math.max(rough, 1)));
  const step = [1, 2, 5, 10].map((each) => each * unit).find((each) => each >= rough) ?? unit * 10;
  const ticks: number[] = [];
  for (let at = step; at < span * 0.96; at += step) ticks.push(at);
  return ticks;
}

const ROW = 40;
/** Longer lists scroll by themselves, and only what is in view is drawn. */
const LONG = 120;
const HEIGHT = 640;
const SPARE = 12;

interface Stretch {
  readonly from: number;
  readonly to: number;
}

/** From the first start to the last end, or to now. */
function wholeRun(execution: Execution, steps: readonly ShownStep[], now: number): Stretch {
  const from = ms(execution.started_at) ?? ms(execution.created_at) ?? now;
  if (!isTerminal(execution.status)) return { from, to: Math.max(now, from + 1) };
  let to = from + Math.max(1, execution.duration_ms ?? 0);
  for (const step of steps) to = Math.max(to, ms(step.finished_at) ?? 0);
  return { from, to };
}

/** A step's own time with some room around it. */
function stretchOf(step: ShownStep, now: number): Stretch | null {
  const bars = barsOf(step, now);
  const from = Math.min(...bars.map((bar) => bar.from));
  const to = Math.max(...bars.map((bar) => bar.to));
  if (!Number.isFinite(from)) return null;
  const room = Math.max(1, (to - from) * 0.15);
  return { from: from - room, to: to + room };
}

/**
 * Every step as a row on one scale of time; what runs side by side stands side by side, what belongs to a round or a call
 * below it. Arrow keys move, and fold.
 */
export function Timeline({ execution, steps, loops, selected, onSelect, onOpen }: TimelineProps) {
  const list = useRef<HTMLDivElement>(null);
  const [folds, setFolds] = useState<ReadonlyMap<string, boolean>>(new Map());
  const [zoom, setZoom] = useState<Stretch | null>(null);
  const [scrolled, setScrolled] = useState(0);
  const running = !isTerminal(execution.status);
  const now = useNow(100, running);
  // What is selected is never hidden: links lead to steps inside of rounds.
  const opened = useMemo(() => {
    if (selected === undefined) return folds;
    const above = ancestorsOf(selected, steps, loops).filter((id) => !folds.has(id));
    return above.length === 0 ? folds : new Map([...folds, ...above.map((id) => [id, false] as const)]);
  }, [folds, selected, steps, loops]);
  const rows = useMemo(() => stepRows(steps, loops, opened), [steps, loops, opened]);
  const long = rows.length > LONG;
  const shown = long
    ? rowsInView(rows.length, { scrolled, height: HEIGHT, row: ROW, spare: SPARE })
    : { from: 0, to: rows.length };
  const { from: start, to: end } = zoom ?? wholeRun(execution, steps, now);
  const span = Math.max(end - start, 1);
  const chosen = steps.find((step) => step.id === selected);

  const fold = (id: string, folded: boolean) => setFolds(new Map([...folds, [id, folded]]));
  const moveTo = (index: number) => {
    const row = rows[index];
    if (row === undefined) return;
    onSelect(row.step.id);
    const place = list.current;
    if (long && place !== null) {
      const top = index * ROW;
      if (top < place.scrollTop) place.scrollTop = top;
      else if (top + ROW > place.scrollTop + place.clientHeight) place.scrollTop = top + ROW - place.clientHeight;
    }
    // Drawn by then, also where it was out of view.
    requestAnimationFrame(() => {
      const element = list.current?.querySelector<HTMLElement>(`[data-step="${CSS.escape(row.step.id)}"]`);
      element?.focus({ preventScroll: true });
      element?.scrollIntoView({ block: 'nearest' });
    });
  };
  const onKeyDown = (event: React.KeyboardEvent) => {
    if (event.altKey || event.ctrlKey || event.metaKey) return;
    const at = rows.findIndex((row) => row.step.id === selected);
    const row = rows[at];
    const above = row === undefined ? -1 : rows.findLastIndex((each, index) => index < at && each.depth < row.depth);
    const acts: Record<string, (() => void) | undefined> = {
      ArrowDown: () => moveTo(at + 1),
      ArrowUp: () => moveTo(at - 1),
      Home: () => moveTo(0),
      End: () => moveTo(rows.length - 1),
      ArrowRight: () => {
        if (row === undefined || row.below === 0) return;
        if (row.folded) fold(row.step.id, false);
        else moveTo(at + 1);
      },
      ArrowLeft: () => {
        if (row === undefined) return;
        if (row.below > 0 && !row.folded) fold(row.step.id, true);
        else if (above >= 0) moveTo(above);
      },
    };
    const act = acts[event.key];
    if (act === undefined) return;
    event.preventDefault();
    act();
  };

  if (steps.length === 0) {
    return <p className="px-4 py-10 text-center text-sm text-soft">No step has started yet.</p>;
  }
  return (
    <div className="pb-2">
      <div className="flex h-8 items-center gap-3 px-4 text-2xs text-faint">
        <div className="flex w-36 shrink-0 gap-1 sm:w-52">
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label="Zoom to the selected step"
            title="Zoom to the selected step"
            disabled={chosen === undefined || chosen.started_at === null}
            onClick={() => setZoom(chosen === undefined ? null : stretchOf(chosen, now))}
          >
            <ZoomIn aria-hidden="true" />
          </Button>
          <Button
            variant="ghost"
            size="icon-sm"
            aria-label="Show the whole time"
            title="Show the whole time"
            disabled={zoom === null}
            onClick={() => setZoom(null)}
          >
            <Maximize aria-hidden="true" />
          </Button>
        </div>
        <div className="tabular relative h-full flex-1" aria-hidden="true">
          {zoom === null && <span className="absolute top-2 left-0">0</span>}
          {ticksOver(span).map((tick) => (
            <span
              key={tick}
              className="-translate-x-1/2 absolute top-2 whitespace-nowrap max-sm:even:hidden"
              style={{ left: `${(tick / span) * 100}%` }}
            >
              {zoom === null ? formatDuration(tick) : `+${formatDuration(tick)}`}
            </span>
          ))}
        </div>
        <div className="w-16 shrink-0" />
      </div>
      {/* Windowed by hand: every row is as high as the others. */}
      <div
        ref={list}
        role="tree"
        aria-label="Steps"
        onKeyDown={onKeyDown}
        onScroll={(event) => setScrolled(event.currentTarget.scrollTop)}
        tabIndex={-1}
        className={cn(long && 'overflow-y-auto')}
        style={long ? { maxHeight: HEIGHT } : undefined}
      >
        <div role="none" style={{ height: shown.from * ROW }} />
        {rows.slice(shown.from, shown.to).map((row, index) => (
          <TimelineRow
            key={row.step.id}
            row={row}
            now={now}
            start={start}
            span={span}
            selected={row.step.id === selected}
            // Something can always be reached by Tab, also where the selected row is out of view.
            reachable={row.step.id === selected || (index === 0 && !isShown(rows, shown, selected))}
            onSelect={onSelect}
            onOpen={onOpen}
            onFold={fold}
          />
        ))}
        <div role="none" style={{ height: (rows.length - shown.to) * ROW }} />
      </div>
    </div>
  );
}

function isShown(rows: readonly StepRow[], { from, to }: { from: number; to: number }, id: string | undefined) {
  const at = rows.findIndex((row) => row.step.id === id);
  return at >= from && at < to;
}

interface TimelineRowProps {
  row: StepRow;
  now: number;
  start: number;
  span: number;
  selected: boolean;
  reachable: boolean;
  onSelect: (stepId: string) => void;
  onOpen: () => void;
  onFold: (stepId: string, folded: boolean) => void;
}

function TimelineRow({ row, now, start, span, selected, reachable, onSelect, onOpen, onFold }: TimelineRowProps) {
  const { step, depth, below, folded, round } = row;
  const percent = (at: number) => Math.min(100, Math.max(0, ((at - start) / span) * 100));
  const name = round === null ? (callTitle(step) ?? step.node_name) : `Round ${round}`;
  return (
    <div
      role="treeitem"
      aria-level={depth + 1}
      aria-selected={selected}
      aria-expanded={below === 0 ? undefined : !folded}
      tabIndex={reachable ? 0 : -1}
      data-step={step.id}
      data-status={step.status}
      onClick={() => {
        onSelect(step.id);
        onOpen();
      }}
      onKeyDown={(event) => {
        if (event.key !== 'Enter' && event.key !== ' ') return;
        event.preventDefault();
        onSelect(step.id);
        onOpen();
      }}
      className={cn(
        'flex h-10 cursor-pointer items-center gap-3 px-4 transition-colors duration-100 hover:bg-hover focus-visible:outline-offset-[-2px]',
        selected && 'bg-accent-soft hover:bg-accent-soft',
      )}
    >
      <div className="flex w-36 shrink-0 items-center gap-1.5 sm:w-52" style={{ paddingLeft: Math.min(depth, 6) * 14 }}>
        {below > 0 ? (
          // By keys the row itself is folded.
          <span
            aria-hidden="true"
            className="-ml-1 rounded-sm p-0.5 hover:bg-hover"
            onClick={(event) => {
              event.stopPropagation();
              onFold(step.id, !folded);
            }}
          >
            <ChevronRight
              className={cn('size-3.5 text-faint transition-transform duration-100', !folded && 'rotate-90')}
            />
          </span>
        ) : (
          depth === 0 && <span className="w-3.5 shrink-0" />
        )}
        <StatusIcon status={step.status} />
        <span className="sr-only">{statusWord(step.status)}:</span>
        <span className="min-w-0 leading-tight">
          <span
            className={cn(
              'block truncate text-sm',
              step.status === 'pending' || step.status === 'skipped' ? 'text-faint' : 'text-text',
            )}
          >
            {name}
          </span>
          <span className="block truncate text-2xs text-faint">{underName(row)}</span>
        </span>
      </div>
      <div className="relative h-full min-w-0 flex-1 overflow-hidden" aria-hidden="true">
        {ticksOver(span).map((tick) => (
          <span key={tick} className="absolute inset-y-0 w-px bg-line" style={{ left: `${(tick / span) * 100}%` }} />
        ))}
        {barsOf(step, now)
          .filter((bar) => bar.to >= start && bar.from <= start + span)
          .map((bar) => (
            <span
              key={bar.key}
              className={cn(
                '-translate-y-1/2 absolute top-1/2 min-w-[3px] rounded-[3px]',
                bar.status === 'waiting' ? 'h-1' : 'h-2.5',
                statusSolid(bar.status),
                bar.status === 'running' && 'animate-pulse-soft',
              )}
              style={{
                left: `${Math.min(99, percent(bar.from))}%`,
                width: `${percent(bar.to) - percent(bar.from)}%`,
              }}
            />
          ))}
      </div>
      <div className="tabular w-16 shrink-0 whitespace-nowrap text-right text-soft text-xs">
        <StepDuration step={step} now={now} />
      </div>
    </div>
  );
}

/** Under the name: what kind of node it is, how often it was tried, what is folded away. */
function underName({ step, round, below, folded }: StepRow): string {
  const inside = folded ? [`${below} ${below === 1 ? 'step' : 'steps'}`] : [];
  if (round !== null) return inside[0] ?? step.node_name;
  const kind = step.status === 'skipped' ? 'Skipped' : kindOf(step);
  return [kind, ...(step.attempt > 1 ? [`attempt ${step.attempt}`] : []), ...inside].join(' · ');
}

/** What kind of node it is, and of a call whose. */
function kindOf(step: ShownStep): string {
  return callTitle(step) === null ? nodeTypeTitle(step.node_type) : `of ${step.node_name}`;
}

function StepDuration({ step, now }: { step: ShownStep; now: number }) {
  if (step.status === 'skipped' || step.status === 'pending') return <span className="text-faint">–</span>;
  if (step.duration_ms !== null) return formatDuration(step.duration_ms);
  const started = ms(step.started_at);
  return started === null ? '–' : formatDuration(Math.max(0, (ms(step.finished_at) ?? now) - started));
}
