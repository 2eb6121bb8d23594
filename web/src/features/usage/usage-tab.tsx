import type { BudgetState, Usage } from '@agentflow/contracts';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { ChartNoAxesCombined } from 'lucide-react';
import { useMemo } from 'react';
import { DateRange } from '@/components/date-range.tsx';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { BudgetMeter } from '@/features/budgets/budget-meter.tsx';
import { PERIOD_NAMES } from '@/features/budgets/budget-words.ts';
import { budgetsQuery } from '@/features/budgets/queries.ts';
import { refusalAdvice } from '@/features/invocations/invocation-facts.ts';
import { useCan } from '@/features/shell/queries.ts';
import { useNow } from '@/lib/clock.ts';
import { dayRange } from '@/lib/day-range.ts';
import { formatCount, formatDuration, formatShare, formatUsd } from '@/lib/format.ts';
import { ChartCard, Legend } from './chart-card.tsx';
import { CallsChart, LatencyChart, RefusalsChart, SharesChart, SpendChart } from './charts.tsx';
import { usageQuery } from './queries.ts';
import { presentStatuses, STATUSES } from './statuses.ts';
import { groupTitle, type UsageRange, usagePeriod, usageSeries } from './usage-series.ts';

const RANGES = [
  ['7d', '7 days'],
  ['30d', '30 days'],
  ['custom', 'Custom'],
] as const;
/** A period ends now; it is asked for anew this often. */
const MOVES_EVERY_MS = 60_000;

interface UsageTabProps {
  externalAgentId: string;
  range: UsageRange;
  /** Days of the reader's time zone, YYYY-MM-DD. */
  from: string | undefined;
  to: string | undefined;
  onChoose: (next: { range?: UsageRange; from?: string | undefined; to?: string | undefined }) => void;
  /** Leads to the calls behind a number. */
  onShowCalls: (filter: { error_code: string }) => void;
}

/** What an external agent used: how much, what it cost, how it went, and which limits it ran into. */
export default function UsageTab(props: UsageTabProps) {
  const { externalAgentId, range, from, to, onChoose } = props;
  const now = useNow(MOVES_EVERY_MS);
  const period = usagePeriod(range, dayRange(from, to), now);
  const usage = useQuery({ ...usageQuery(externalAgentId, period), placeholderData: keepPreviousData });
  return (
    <>
      <div className="mb-4 flex flex-wrap items-center gap-2">
        {/* biome-ignore lint/a11y/useSemanticElements: a fieldset would break the row that it stands in */}
        <div role="group" aria-label="Time" className="flex gap-0.5 rounded-md bg-sunken p-0.5 dark:bg-hover">
          {RANGES.map(([value, label]) => (
            <Button
              key={value}
              variant="ghost"
              size="sm"
              aria-pressed={range === value}
              onClick={() =>
                onChoose(value === '7d' ? {} : value === 'custom' ? { range: value, from, to } : { range: value })
              }
              className="aria-pressed:bg-surface aria-pressed:text-text aria-pressed:shadow-card dark:aria-pressed:bg-line-strong"
            >
              {label}
            </Button>
          ))}
        </div>
        {range === 'custom' && (
          <DateRange from={from} to={to} onChange={(changes) => onChoose({ range, from, to, ...changes })} />
        )}
        <span className="text-faint text-xs">by {period.group_by}, in UTC</span>
      </div>
      {usage.error && usage.data === undefined ? (
        <ProblemCallout error={usage.error} onRetry={() => void usage.refetch()} />
      ) : usage.data === undefined ? (
        <LoadingUsage />
      ) : usage.data.totals.invocations === 0 ? (
        <EmptyState
          icon={ChartNoAxesCombined}
          title="No calls in this time"
          description="How often it calls, what that costs, how it goes and which limits it runs into shows here from its first call on."
        >
          {range !== '30d' && <Button onClick={() => onChoose({ range: '30d' })}>Look at 30 days</Button>}
        </EmptyState>
      ) : (
        <LoadedUsage usage={usage.data} {...props} />
      )}
    </>
  );
}

function LoadedUsage({ usage, externalAgentId, onShowCalls }: { usage: Usage } & UsageTabProps) {
  const { totals, group_by: by, refusals } = usage;
  const points = useMemo(() => usageSeries(usage), [usage]);
  const present = presentStatuses(totals);
  const mayReadBudgets = useCan('governance:read');
  const budgets = useQuery({
    ...budgetsQuery(`/external-agents/${externalAgentId}/budget`),
    enabled: mayReadBudgets,
  }).data;
  const ran = totals.success + totals.error;
  const refused = totals.throttled + totals.denied;
  const names = points.map((point) => groupTitle(point.at, by));
  return (
    <div className="flex flex-col gap-4">
      <dl className="grid grid-cols-2 overflow-hidden rounded-xl border border-line bg-surface shadow-card sm:grid-cols-4 [&>div]:border-line max-sm:[&>div:nth-child(n+3)]:border-t max-sm:[&>div:nth-child(even)]:border-l sm:[&>div:not(:first-child)]:border-l">
        <Figure label="Calls" value={formatCount(totals.invocations)} note={`${formatCount(refused)} refused`} />
        <Figure
          label="Success share"
          value={ran === 0 ? '–' : formatShare(totals.success / ran)}
          note={ran === 0 ? 'none has ended' : `${formatCount(totals.error)} of ${formatCount(ran)} failed`}
        />
        <Figure
          label="Average latency"
          value={totals.average_latency_ms === null ? '–' : formatDuration(totals.average_latency_ms)}
          note="of those that ran"
        />
        <Figure
          label="Spent"
          value={formatUsd(totals.cost_usd)}
          note={ran === 0 ? 'nothing ran' : `${formatUsd(totals.cost_usd / ran)} a call`}
        />
      </dl>
      <div className="grid grid-cols-[minmax(0,1fr)] gap-4 lg:grid-cols-3">
        <ChartCard
          title="Invocations over time"
          className="lg:col-span-2"
          summary={`${formatCount(totals.invocations)} calls: ${present.map(({ status, word }) => `${formatCount(totals[status])} ${word.toLowerCase()}`).join(', ')}. Their numbers are in the table.`}
          table={{
            head: ['When', ...STATUSES.map(({ word }) => word)],
            rows: points.map((point, index) => [
              names[index] ?? '',
              ...STATUSES.map(({ status }) => formatCount(point[status])),
            ]),
          }}
          footer={
            <Legend
              className="mt-3"
              entries={present.map(({ status, word, colour }) => ({
                label: word,
                colour,
                value: formatCount(totals[status]),
              }))}
            />
          }
        >
          <CallsChart points={points} by={by} totals={totals} />
        </ChartCard>
        <ChartCard
          title="How they went"
          summary={present
            .map(({ status, word }) => `${word} ${formatShare(totals[status] / totals.invocations)}`)
            .join(', ')}
          table={{
            head: ['Status', 'Calls', 'Share'],
            rows: present.map(({ status, word }) => [
              word,
              formatCount(totals[status]),
              formatShare(totals[status] / totals.invocations),
            ]),
          }}
          footer={
            <Legend
              className="mt-3 justify-center"
              entries={present.map(({ status, word, colour }) => ({
                label: word,
                colour,
                value: formatShare(totals[status] / totals.invocations),
              }))}
            />
          }
        >
          <SharesChart totals={totals} />
        </ChartCard>
        <ChartCard
          title="Spend"
          description="Added up over the time, and the budgets that it runs against"
          className="lg:col-span-2"
          footer={
            budgets !== undefined &&
            budgets.data.length > 0 && (
              <ul aria-label="Budgets" className="mt-3 grid gap-4 border-line border-t pt-3 sm:grid-cols-2">
                {budgets.data.map((state) => (
                  <li key={state.period}>
                    <p className="text-faint text-xs">{PERIOD_NAMES[state.period]}</p>
                    <BudgetMeter state={state} />
                  </li>
                ))}
              </ul>
            )
          }
          summary={`${formatUsd(totals.cost_usd)} was spent in all.`}
          table={{
            head: ['When', 'Spent', 'So far'],
            rows: points.map((point, index) => [
              names[index] ?? '',
              formatUsd(point.cost_usd),
              formatUsd(point.spent_usd),
            ]),
          }}
        >
          <SpendChart points={points} by={by} limits={limitsOf(budgets?.data ?? [])} />
        </ChartCard>
        <ChartCard
          title="Average latency"
          summary={`On average ${totals.average_latency_ms === null ? 'nothing ran' : formatDuration(totals.average_latency_ms)} from the call to its end.`}
          table={{
            head: ['When', 'Average'],
            rows: points.map((point, index) => [
              names[index] ?? '',
              point.average_latency_ms === null ? '–' : formatDuration(point.average_latency_ms),
            ]),
          }}
        >
          <LatencyChart points={points} by={by} />
        </ChartCard>
      </div>
      <RefusalsCard refusals={refusals} onShowCalls={onShowCalls} />
    </div>
  );
}

/** Each budget as a line to run against. */
function limitsOf(budgets: readonly BudgetState[]): { label: string; usd: number }[] {
  return budgets.map(({ period, limit_usd, top_up_usd }) => ({
    label: `${PERIOD_NAMES[period]}: ${formatUsd(limit_usd + top_up_usd)}`,
    usd: limit_usd + top_up_usd,
  }));
}

function RefusalsCard({ refusals, onShowCalls }: Pick<Usage, 'refusals'> & Pick<UsageTabProps, 'onShowCalls'>) {
  const total = refusals.reduce((sum, { count }) => sum + count, 0);
  if (total === 0) {
    return (
      <p className="rounded-xl border border-line-strong border-dashed px-4 py-6 text-center text-sm text-soft">
        No limit has refused a call in this time.
      </p>
    );
  }
  return (
    <ChartCard
      title="Limit hits"
      description="Which limits refused its calls, the most frequent first"
      summary={refusals.map(({ code, count }) => `${code} ${formatCount(count)}`).join(', ')}
      table={{
        head: ['Reason', 'Refused calls', 'Share'],
        rows: refusals.map(({ code, count }) => [code, formatCount(count), formatShare(count / total)]),
      }}
      footer={
        <ul aria-label="What to do" className="mt-3 flex flex-col gap-2 border-line border-t pt-3 text-sm">
          {refusals.map(({ code, count, last_at }) => (
            <li key={code} className="flex flex-wrap items-baseline gap-x-2">
              <code className="font-mono text-xs">{code}</code>
              <span className="tabular text-faint text-xs">
                {formatCount(count)}, last <RelativeTime iso={last_at} />
              </span>
              <span className="text-soft">{refusalAdvice(code)}</span>
              <Button variant="link" className="text-xs" onClick={() => onShowCalls({ error_code: code })}>
                Show these calls
              </Button>
            </li>
          ))}
        </ul>
      }
    >
      <RefusalsChart refusals={refusals} />
    </ChartCard>
  );
}

function Figure({ label, value, note }: { label: string; value: string; note: string }) {
  return (
    <div className="px-4 py-2.5">
      <dt className="text-faint text-xs">{label}</dt>
      <dd className="tabular font-semibold text-lg text-text">{value}</dd>
      <dd className="text-faint text-xs">{note}</dd>
    </div>
  );
}

function LoadingUsage() {
  return (
    <div role="status" aria-label="Loading" className="flex flex-col gap-4">
      <Skeleton className="h-20 w-full" />
      <div className="grid gap-4 lg:grid-cols-3">
        <Skeleton className="h-72 lg:col-span-2" />
        <Skeleton className="h-72" />
        <Skeleton className="h-72 lg:col-span-2" />
        <Skeleton className="h-72" />
      </div>
    </div>
  );
}
