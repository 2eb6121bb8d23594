import { type Execution, isTerminal } from '@agentflow/contracts';
import { useRef } from 'react';
import { nodeTypeTitle } from '@/components/node-icon.tsx';
import { StatusIcon, statusSolid, statusWord } from '@/components/status-badge.tsx';
import { cn } from '@/lib/class-names.ts';
import { useNow } from '@/lib/clock.ts';
import { formatDuration } from '@/lib/format.ts';
import { callTitle, type ShownStep } from './live-execution.ts';

interface TimelineProps {
  execution: Execution;
  steps: readonly ShownStep[];
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

/** Every step as a row on one scale of time; what runs side by side stands side by side. Arrow keys move. */
export function Timeline({ execution, steps, selected, onSelect, onOpen }: TimelineProps) {
  const list = useRef<HTMLDivElement>(null);
  const running = !isTerminal(execution.status);
  const now = useNow(100, running);
  const start = ms(execution.started_at) ?? ms(execution.created_at) ?? now;
  const bars = new Map(steps.map((step) => [step.id, barsOf(step, now)]));
  const lastEnd = Math.max(start, ...[...bars.values()].flat().map((bar) => bar.to));
  const end = running ? Math.max(now, lastEnd) : Math.max(lastEnd, start + (execution.duration_ms ?? 0));
  const span = Math.max(end - start, 1);
  const percent = (at: number) => Math.min(100, Math.max(0, ((at - start) / span) * 100));

  const onKeyDown = (event: React.KeyboardEvent) => {
    const at = steps.findIndex((step) => step.id === selected);
    const to =
      event.key === 'ArrowDown'
        ? at + 1
        : event.key === 'ArrowUp'
          ? at - 1
          : event.key === 'Home'
            ? 0
            : event.key === 'End'
              ? steps.length - 1
              : null;
    const next = to === null ? undefined : steps[to];
    if (next === undefined) return;
    event.preventDefault();
    onSelect(next.id);
    const row = list.current?.querySelectorAll<HTMLElement>('[role="option"]')[to ?? 0];
    row?.focus({ preventScroll: true });
    row?.scrollIntoView({ block: 'nearest' });
  };

  if (steps.length === 0) {
    return <p className="px-4 py-10 text-center text-sm text-soft">No step has started yet.</p>;
  }
  return (
    <div className="pb-2">
      <div className="flex h-7 items-center gap-3 px-4 text-2xs text-faint" aria-hidden="true">
        <div className="w-36 shrink-0 sm:w-52" />
        <div className="tabular relative h-full flex-1">
          <span className="absolute top-1.5 left-0">0</span>
          {ticksOver(span).map((tick) => (
            <span
              key={tick}
              className="-translate-x-1/2 absolute top-1.5 whitespace-nowrap max-sm:even:hidden"
              style={{ left: `${(tick / span) * 100}%` }}
            >
              {formatDuration(tick)}
            </span>
          ))}
        </div>
        <div className="w-16 shrink-0" />
      </div>
      <div ref={list} role="listbox" aria-label="Steps" onKeyDown={onKeyDown} tabIndex={-1}>
        {steps.map((step) => (
          <div
            key={step.id}
            role="option"
            aria-selected={step.id === selected}
            tabIndex={step.id === selected ? 0 : -1}
            data-step={step.id}
            data-status={step.status}
            onClick={() => {
              onSelect(step.id);
              onOpen();
            }}
            onKeyDown={(event) => {
              if (event.key !== 'Enter' && event.key !== ' ') return;
              event.preventDefault();
              onOpen();
            }}
            className={cn(
              'flex h-10 cursor-pointer items-center gap-3 px-4 transition-colors duration-100 hover:bg-hover focus-visible:outline-offset-[-2px]',
              step.id === selected && 'bg-accent-soft hover:bg-accent-soft',
            )}
          >
            <div className={cn('flex w-36 shrink-0 items-center gap-2 sm:w-52', callTitle(step) !== null && 'pl-4')}>
              <StatusIcon status={step.status} />
              <span className="sr-only">{statusWord(step.status)}:</span>
              <span className="min-w-0 leading-tight">
                <span
                  className={cn(
                    'block truncate text-sm',
                    step.status === 'pending' || step.status === 'skipped' ? 'text-faint' : 'text-text',
                  )}
                >
                  {callTitle(step) ?? step.node_name}
                  {step.iteration !== '' && <span className="ml-1 text-faint">#{step.iteration}</span>}
                </span>
                <span className="block truncate text-2xs text-faint">
                  {step.status === 'skipped' ? 'Skipped' : kindOf(step)}
                  {step.attempt > 1 && ` · attempt ${step.attempt}`}
                </span>
              </span>
            </div>
            <div className="relative h-full min-w-0 flex-1" aria-hidden="true">
              {ticksOver(span).map((tick) => (
                <span
                  key={tick}
                  className="absolute inset-y-0 w-px bg-line"
                  style={{ left: `${(tick / span) * 100}%` }}
                />
              ))}
              {bars.get(step.id)?.map((bar) => (
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
        ))}
      </div>
    </div>
  );
}

/** Under the name: what kind of node it is, and of a call whose. */
function kindOf(step: ShownStep): string {
  return callTitle(step) === null ? nodeTypeTitle(step.node_type) : `of ${step.node_name}`;
}

function StepDuration({ step, now }: { step: ShownStep; now: number }) {
  if (step.status === 'skipped' || step.status === 'pending') return <span className="text-faint">–</span>;
  if (step.duration_ms !== null) return formatDuration(step.duration_ms);
  const started = ms(step.started_at);
  return started === null ? '–' : formatDuration(Math.max(0, (ms(step.finished_at) ?? now) - started));
}
