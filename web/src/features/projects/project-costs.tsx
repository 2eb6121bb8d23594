import type { Project, ProjectCosts } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleDollarSign } from 'lucide-react';
import { lazy, type ReactNode, Suspense, useState } from 'react';
import { EmptyState } from '@/components/empty-state.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Table, TableCell, TableHead, TableRow } from '@/components/ui/table.tsx';
import { BudgetsCard } from '@/features/budgets/budgets-card.tsx';
import { formatCount, formatUsd } from '@/lib/format.ts';
import { projectCostsQuery } from './queries.ts';

const CostChart = lazy(() => import('./cost-chart.tsx'));

const SPANS = [
  { value: '7', label: 'Last 7 days' },
  { value: '30', label: 'Last 30 days' },
  { value: '90', label: 'Last 90 days' },
];

/** The project's budgets, and what its model calls have cost. */
export function ProjectCostsTab({ project }: { project: Project }) {
  return (
    <div className="flex min-w-0 flex-col gap-5">
      <BudgetsCard
        path={`/projects/${project.id}/budget`}
        owner="this project"
        description="What the model calls of its executions may cost, and of all that these start."
      />
      <CostsCard project={project} />
    </div>
  );
}

function CostsCard({ project }: { project: Project }) {
  const [days, setDays] = useState('30');
  const costs = useQuery(projectCostsQuery(project.id, Number(days)));
  if (costs.error && costs.data === undefined) {
    return <ProblemCallout error={costs.error} onRetry={() => void costs.refetch()} />;
  }
  return (
    <Card aria-label="Costs" className="min-w-0">
      <CardHeader title="Costs" description="Of model calls, those that failed included. Days begin at midnight, UTC.">
        <Select label="Time" value={days} onValueChange={setDays} options={SPANS} />
      </CardHeader>
      {costs.data === undefined ? (
        <div className="p-4">
          <Skeleton className="h-56 w-full" />
        </div>
      ) : costs.data.total.calls === 0 ? (
        <EmptyState
          icon={CircleDollarSign}
          title="No model was called in this time"
          description="What agents spend in this project shows here by day, by agent and by model."
          className="border-0 py-10"
        />
      ) : (
        <Costs costs={costs.data} />
      )}
    </Card>
  );
}

function Costs({ costs }: { costs: ProjectCosts }) {
  const { total, by_day, by_agent, by_model } = costs;
  return (
    <>
      <dl className="grid grid-cols-2 gap-y-3 px-4 pt-4 sm:grid-cols-4">
        <Figure label="Cost">{formatUsd(total.cost_usd)}</Figure>
        <Figure label="Model calls">{formatCount(total.calls)}</Figure>
        <Figure label="Tokens in">{formatCount(total.input_tokens)}</Figure>
        <Figure label="Tokens out">{formatCount(total.output_tokens)}</Figure>
      </dl>
      {/* Clipped: a drawing is as wide as it was until it has heard that its place is narrower. */}
      <div className="h-56 min-w-0 overflow-hidden px-2 pt-4 pb-2">
        <Suspense fallback={<Skeleton className="h-full w-full" />}>
          <CostChart days={by_day} />
        </Suspense>
      </div>
      <div className="grid items-start gap-x-6 gap-y-4 border-line border-t p-4 lg:grid-cols-2 [&>*]:min-w-0">
        <SpendingTable
          label="By agent"
          rows={by_agent.map((row) => ({
            ...row,
            key: row.agent_id,
            name: (
              <Link
                to="/dashboard/agents/$agentId"
                params={{ agentId: row.agent_id }}
                className="rounded-sm hover:text-accent-text"
              >
                {row.name}
              </Link>
            ),
          }))}
        />
        <SpendingTable
          label="By model"
          rows={by_model.map((row) => ({
            ...row,
            key: row.model,
            name: <span className="font-mono text-xs">{row.model}</span>,
          }))}
        />
      </div>
    </>
  );
}

function Figure({ label, children }: { label: string; children: ReactNode }) {
  return (
    <div>
      <dt className="text-faint text-xs">{label}</dt>
      <dd className="tabular font-semibold text-lg text-text">{children}</dd>
    </div>
  );
}

interface SpendingRow {
  readonly key: string;
  readonly name: ReactNode;
  readonly cost_usd: number;
  readonly calls: number;
}

function SpendingTable({ label, rows }: { label: string; rows: readonly SpendingRow[] }) {
  return (
    <Table label={label}>
      <thead>
        <tr>
          <TableHead className="w-full">{label}</TableHead>
          <TableHead className="text-right">Calls</TableHead>
          <TableHead className="text-right">Cost</TableHead>
        </tr>
      </thead>
      <tbody>
        {rows.map(({ key, name, calls, cost_usd }) => (
          <TableRow key={key}>
            <TableCell className="max-w-0 truncate">{name}</TableCell>
            <TableCell className="tabular text-right">{formatCount(calls)}</TableCell>
            <TableCell className="tabular text-right">{formatUsd(cost_usd)}</TableCell>
          </TableRow>
        ))}
      </tbody>
    </Table>
  );
}
