import type { JsonValue, ShadowComparison, ShadowRun, ShadowStepDifference } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { ChevronRight, CircleX, Equal, PencilLine } from 'lucide-react';
import { Fragment, useState } from 'react';
import { NodeIcon } from '@/components/node-icon.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { StatusBadge } from '@/components/status-badge.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { cn } from '@/lib/class-names.ts';
import { formatDuration, formatUsd, shortId } from '@/lib/format.ts';
import { comparisonQuery } from './queries.ts';
import { ValueDiff } from './value-diff.tsx';

/** ` (−25 %)`; nothing where there is nothing to compare with, or no difference to speak of. */
function delta(before: number, after: number): string {
  if (before === 0) return '';
  const percent = Math.round(((after - before) / before) * 100);
  if (percent === 0) return '';
  return ` (${percent > 0 ? '+' : '−'}${Math.abs(percent)} %)`;
}

/** `$0.02 → $0.04 (+100 %)`, or the one value where nobody would see a difference. */
export function pair(before: number, after: number, format: (value: number) => string): string {
  const [then, now] = [format(before), format(after)];
  return then === now ? now : `${then} → ${now}${delta(before, after)}`;
}

function changes(count: number): string {
  return `${count} ${count === 1 ? 'step differs' : 'steps differ'}`;
}

/** One row an execution: what came out then, and what comes out with the draft. */
export function ComparisonTable({ run }: { run: ShadowRun }) {
  const [opened, setOpened] = useState<string | null>(null);
  return (
    <Table label="Comparisons">
      <thead>
        <tr>
          <TableHead>Execution</TableHead>
          <TableHead>Output</TableHead>
          <TableHead>Status</TableHead>
          <TableHead>Cost</TableHead>
          <TableHead>Time</TableHead>
        </tr>
      </thead>
      <tbody>
        {run.comparisons.map((comparison) => {
          const open = opened === comparison.execution_id;
          return (
            <Fragment key={comparison.execution_id}>
              <ComparisonRow
                comparison={comparison}
                open={open}
                onToggle={() => setOpened(open ? null : comparison.execution_id)}
              />
              {open && (
                <tr className="border-line border-b last:border-b-0">
                  <td colSpan={5} className="bg-sunken p-3 sm:px-4">
                    <Details run={run} executionId={comparison.execution_id} />
                  </td>
                </tr>
              )}
            </Fragment>
          );
        })}
      </tbody>
    </Table>
  );
}

interface ComparisonRowProps {
  comparison: ShadowComparison;
  open: boolean;
  onToggle: () => void;
}

function ComparisonRow({ comparison, open, onToggle }: ComparisonRowProps) {
  const { execution_id, outcome, status } = comparison;
  return (
    <TableRow>
      <TableCell>
        <span className="flex items-center gap-1">
          <Button
            variant="ghost"
            size="icon-sm"
            aria-expanded={open}
            aria-label={`Steps of ${shortId(execution_id)} that differ`}
            disabled={outcome === null}
            onClick={onToggle}
          >
            <ChevronRight aria-hidden="true" className={cn('transition-transform', open && 'rotate-90')} />
          </Button>
          <ExecutionLink id={execution_id}>{shortId(execution_id)}</ExecutionLink>
        </span>
      </TableCell>
      {outcome === null ? (
        <TableCell colSpan={4}>
          {comparison.error !== null ? (
            <span className="flex items-center gap-1.5 py-2 text-failed">
              <CircleX className="size-4 shrink-0" aria-hidden="true" /> {comparison.error.message}
            </span>
          ) : status === 'cancelled' ? (
            'Cancelled'
          ) : (
            <StatusBadge status={status === 'running' ? 'running' : 'pending'} />
          )}
        </TableCell>
      ) : (
        <>
          <TableCell className="whitespace-nowrap">
            {outcome.output_changed || outcome.steps_changed > 0 ? (
              <span className="inline-flex items-center gap-1.5 font-medium text-waiting">
                <PencilLine className="size-3.5" aria-hidden="true" />
                {outcome.output_changed ? 'Differs' : changes(outcome.steps_changed)}
              </span>
            ) : (
              <span className="inline-flex items-center gap-1.5">
                <Equal className="size-3.5" aria-hidden="true" /> The same
              </span>
            )}
          </TableCell>
          <TableCell className="whitespace-nowrap">
            {outcome.before.status === outcome.after.status ? (
              <StatusBadge status={outcome.after.status} />
            ) : (
              <>
                <StatusBadge status={outcome.before.status} /> → <StatusBadge status={outcome.after.status} />
              </>
            )}
          </TableCell>
          <TableCell className="whitespace-nowrap">
            {pair(outcome.before.cost_usd, outcome.after.cost_usd, formatUsd)}
          </TableCell>
          <TableCell className="whitespace-nowrap">
            {pair(outcome.before.latency_ms, outcome.after.latency_ms, formatDuration)}
          </TableCell>
        </>
      )}
    </TableRow>
  );
}

function ExecutionLink({ id, inText, children }: { id: string; inText?: boolean; children: React.ReactNode }) {
  return (
    <Link
      to="/dashboard/executions/$executionId"
      params={{ executionId: id }}
      target="_blank"
      className={cn('rounded-sm text-accent-text underline-offset-4 hover:underline', inText && 'underline')}
    >
      {children}
    </Link>
  );
}

const MISSING = {
  execution: 'The execution is no longer kept.',
  shadow_execution: 'Its repetition is no longer kept.',
} as const;

function Details({ run, executionId }: { run: ShadowRun; executionId: string }) {
  const detail = useQuery(comparisonQuery(run.agent_id, run.id, executionId));
  if (detail.error) return <ProblemCallout error={detail.error} onRetry={() => void detail.refetch()} />;
  if (detail.data === undefined) return <Skeleton className="h-24 w-full" />;
  const { outcome, output, steps, missing, shadow_execution_id } = detail.data;
  return (
    <div className="flex flex-col gap-3">
      <p className="text-sm text-soft">
        {outcome !== null && (
          <>
            {outcome.steps_recorded} {outcome.steps_recorded === 1 ? 'step' : 'steps'} answered as recorded,{' '}
            {outcome.steps_run} ran, {outcome.steps_blocked} blocked.{' '}
          </>
        )}
        {shadow_execution_id !== null && !missing.includes('shadow_execution') && (
          <ExecutionLink id={shadow_execution_id} inText>
            Open the repetition
          </ExecutionLink>
        )}
      </p>
      {missing.map((each) => (
        <p key={each} className="text-sm text-soft">
          {MISSING[each]}
        </p>
      ))}
      {outcome?.output_changed && output !== null && (
        <div>
          <h4 className="mb-1 font-medium text-sm">Output</h4>
          <ValueDiff before={output.before} after={output.after} />
        </div>
      )}
      {steps.length === 0
        ? missing.length === 0 && <p className="text-sm text-soft">Every step ended as it did then.</p>
        : steps.map((step) => <StepDifference key={step.step_id} step={step} />)}
    </div>
  );
}

function shownOf({ error, output }: NonNullable<ShadowStepDifference['before']>): JsonValue {
  return error?.message ?? output;
}

function StepDifference({ step }: { step: ShadowStepDifference }) {
  const { before, after } = step;
  return (
    <div className="rounded-lg border border-line bg-surface p-3">
      <div className="mb-2 flex flex-wrap items-center gap-2 text-sm">
        <NodeIcon type={step.node_type} />
        <span className="font-medium">{step.node_name}</span>
        <code className="font-mono text-2xs text-faint">{step.step_id}</code>
        {before !== null && after !== null && before.status === after.status ? (
          <StatusBadge status={after.status} />
        ) : (
          <>
            {before === null ? 'not there' : <StatusBadge status={before.status} />} →{' '}
            {after === null ? 'not there' : <StatusBadge status={after.status} />}
          </>
        )}
        {step.blocked && <span className="text-soft text-xs">Not sent: what was sent then, and what would be now</span>}
      </div>
      <ValueDiff
        before={before === null ? undefined : shownOf(before)}
        after={after === null ? undefined : shownOf(after)}
      />
    </div>
  );
}
