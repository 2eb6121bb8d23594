import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { PageHeader } from '@/components/page-header.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RoutePending } from '@/components/route-pending.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { agentsQuery } from '@/features/agents/queries.ts';
import { WaitingForMe } from '@/features/approvals/waiting-for-me.tsx';
import { ExecutionRows } from '@/features/executions/execution-rows.tsx';
import { executionsQuery } from '@/features/executions/queries.ts';
import { cn } from '@/lib/class-names.ts';
import { formatCount, formatShare, formatUsd } from '@/lib/format.ts';
import { FirstSteps } from './first-steps.tsx';
import { overviewQuery } from './queries.ts';

export function Overview({ firstName }: { firstName: string }) {
  const newest = useQuery(executionsQuery({ limit: 1 }));
  const agents = useQuery(agentsQuery({ limit: 20 }));
  const error = newest.error ?? agents.error;
  if (error !== null && (newest.data === undefined || agents.data === undefined)) {
    return (
      <ProblemCallout
        error={error}
        onRetry={() => {
          void newest.refetch();
          void agents.refetch();
        }}
      />
    );
  }
  if (newest.data === undefined || agents.data === undefined) return <RoutePending />;
  if (newest.data.data.length === 0) {
    return (
      <div className="mx-auto max-w-3xl pt-4">
        <PageHeader
          title={firstName === '' ? 'Welcome' : `Welcome, ${firstName}`}
          description="Three steps to your first run."
        />
        <FirstSteps agents={agents.data.data.filter((agent) => agent.status !== 'archived')} />
      </div>
    );
  }
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader title="Overview" />
      <WaitingForMe />
      <Figures />
      <div className="mt-6 grid items-start gap-6 lg:grid-cols-2">
        <section aria-label="Recent executions" className="min-w-0">
          <SectionTitle title="Recent executions">
            <Link to="/dashboard/executions" className="rounded-sm text-accent-text text-sm hover:underline">
              All of them
            </Link>
          </SectionTitle>
          <ExecutionRows withAgent limit={8} />
        </section>
        <section aria-label="Last failures" className="min-w-0">
          <SectionTitle title="Last failures">
            <Link
              to="/dashboard/executions"
              search={{ status: 'failed' }}
              className="rounded-sm text-accent-text text-sm hover:underline"
            >
              All failures
            </Link>
          </SectionTitle>
          <ExecutionRows withAgent status="failed" limit={8} empty="No execution has failed." />
        </section>
      </div>
    </div>
  );
}

function SectionTitle({ title, children }: { title: string; children: ReactNode }) {
  return (
    <div className="mb-2 flex items-baseline justify-between">
      <h2 className="font-semibold">{title}</h2>
      {children}
    </div>
  );
}

/** "12 yesterday by now": what a number of today is to be seen beside. */
function beside(now: number, before: number, show: (value: number) => string): string {
  if (before === 0) return now === 0 ? 'none yesterday by now either' : 'none yesterday by now';
  if (now === before) return 'as yesterday by now';
  return `${show(before)} yesterday by now`;
}

function Figures() {
  const overview = useQuery(overviewQuery);
  if (overview.error && overview.data === undefined) {
    return <ProblemCallout error={overview.error} onRetry={() => void overview.refetch()} />;
  }
  const day = overview.data;
  const ended = day === undefined ? 0 : day.completed + day.failed;
  const lives = [
    day !== undefined && day.waiting > 0 && `${formatCount(day.waiting)} waiting`,
    day !== undefined && day.queued > 0 && `${formatCount(day.queued)} queued`,
  ].filter(Boolean);
  return (
    <section aria-label="Today" className="grid grid-cols-2 gap-3 lg:grid-cols-4">
      <Figure
        label="Running now"
        note={lives.length > 0 ? lives.join(', ') : day?.running === 0 ? 'all is quiet' : 'right now'}
        value={day && formatCount(day.running)}
        live={(day?.running ?? 0) > 0}
      />
      <Figure
        label="Runs today"
        note={day === undefined ? 'since midnight' : beside(day.runs, day.runs_before, formatCount)}
        value={day && formatCount(day.runs)}
      >
        {day !== undefined && day.runs > 0 && <HourBars byHour={day.runs_by_hour} />}
      </Figure>
      <Figure
        label="Success share"
        note={
          ended === 0 ? 'nothing has ended today' : `${formatCount(day?.failed ?? 0)} of ${formatCount(ended)} failed`
        }
        value={day && (ended === 0 ? '–' : formatShare(day.completed / ended))}
      />
      <Figure
        label="Spent today"
        note={day === undefined ? 'tests included' : beside(day.cost_usd, day.cost_usd_before, formatUsd)}
        value={day && formatUsd(day.cost_usd)}
      />
    </section>
  );
}

interface FigureProps {
  label: string;
  note: string;
  value: string | undefined;
  live?: boolean;
  children?: ReactNode;
}

function Figure({ label, note, value, live, children }: FigureProps) {
  return (
    <div className="relative flex flex-col overflow-hidden rounded-xl border border-line bg-surface px-4 py-3 shadow-card">
      <p className="flex items-center gap-2 text-sm text-soft">
        {label}
        {live && <span aria-hidden="true" className="size-2 animate-pulse-soft rounded-full bg-running-solid" />}
      </p>
      {value === undefined ? (
        <Skeleton className="my-1 h-6 w-16" />
      ) : (
        <p className="tabular font-semibold text-2xl tracking-tight">{value}</p>
      )}
      <p className="text-faint text-xs">{note}</p>
      {children}
    </div>
  );
}

/** Runs by hour of the day, small: a shape to see, with the numbers for those who cannot see it. */
function HourBars({ byHour }: { byHour: readonly number[] }) {
  const most = Math.max(...byHour, 1);
  const told = byHour.flatMap((runs, hour) => (runs > 0 ? [`${hour}:00 ${runs}`] : [])).join(', ');
  return (
    <div
      role="img"
      aria-label={`Runs by hour: ${told}`}
      className="absolute right-3 bottom-3 hidden h-8 items-end gap-px sm:flex"
    >
      {Array.from({ length: 24 }, (_, hour) => byHour[hour] ?? 0).map((runs, hour) => (
        <span
          // biome-ignore lint/suspicious/noArrayIndexKey: an hour is its number
          key={hour}
          className={cn('w-[3px] rounded-t-[1px]', runs > 0 ? 'bg-accent' : 'bg-line')}
          style={{ height: `${Math.max(8, (runs / most) * 100)}%` }}
        />
      ))}
    </div>
  );
}
