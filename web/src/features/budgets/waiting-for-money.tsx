import { budgetInWords, type Execution, type ExecutionBudget } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CircleDollarSign } from 'lucide-react';
import { useState } from 'react';
import { Button } from '@/components/ui/button.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { formatUsd } from '@/lib/format.ts';
import { BudgetMeter } from './budget-meter.tsx';
import { executionBudgetsQuery } from './queries.ts';
import { TopUpDialog } from './top-up-dialog.tsx';

/** Where an execution stands that waits for money, which budget has none, and the way to give it some. */
export function WaitingForMoney({ execution }: { execution: Execution }) {
  const mayRead = useCan('governance:read');
  const mayChange = useCan('governance:write');
  const money = useQuery({ ...executionBudgetsQuery(execution.id), enabled: mayRead });
  const [toppedUp, setToppedUp] = useState<ExecutionBudget | null>(null);
  const blocking = money.data?.data.filter(({ blocks }) => blocks) ?? [];
  const needed = money.data?.waiting.length
    ? Math.min(...money.data.waiting.map(({ needs_usd }) => needs_usd))
    : undefined;
  const before = money.data?.waiting[0]?.place ?? 0;
  return (
    <section
      aria-label="Waiting for money"
      className="mb-4 rounded-xl border border-waiting-solid/35 bg-waiting-soft px-4 py-3 text-sm"
    >
      <div className="flex gap-2.5">
        <CircleDollarSign className="mt-0.5 size-4 shrink-0 text-waiting" aria-hidden="true" />
        <div className="min-w-0 flex-1">
          <p role="status" className="font-medium text-text">
            It waits for money: a budget has not enough left for its next model call
            {needed === undefined ? '' : `, which may cost up to ${formatUsd(needed)}`}.
          </p>
          <p className="mt-0.5 text-soft">
            It goes on by itself once there is some: after a top-up, with a higher limit, or in a new period.
            {before > 0 && ` ${before === 1 ? 'One step' : `${before} steps`} asked before it.`}
          </p>
          {!mayRead && (
            <p className="mt-0.5 text-soft">Ask somebody who may see the organization’s budgets to top one up.</p>
          )}
        </div>
      </div>
      {blocking.length > 0 && (
        <ul className="mt-3 flex flex-col gap-3 sm:pl-6.5">
          {blocking.map((budget) => (
            <li key={`${budget.scope} ${budget.period}`} className="flex flex-wrap items-start gap-x-4 gap-y-2">
              <div className="min-w-0 flex-1 basis-60">
                <p className="mb-1 font-medium text-text">
                  <BudgetName budget={budget} />
                </p>
                <BudgetMeter state={budget} />
              </div>
              {mayChange && <Button onClick={() => setToppedUp(budget)}>Top up…</Button>}
            </li>
          ))}
        </ul>
      )}
      {toppedUp !== null && (
        <TopUpDialog
          open
          onClose={() => setToppedUp(null)}
          {...topUpOf(execution.id, toppedUp)}
          of={`the ${budgetInWords(toppedUp.scope, toppedUp.period)}`}
          needed={needed}
        />
      )}
    </section>
  );
}

function topUpOf(
  executionId: string,
  { scope, id, period }: ExecutionBudget,
): {
  path: string;
  body?: Record<string, string>;
} {
  switch (scope) {
    case 'execution':
      return { path: `/executions/${executionId}/top-up` };
    case 'organization':
      return { path: '/org/budget/top-up', body: { period } };
    case 'agent':
      return { path: `/agents/${id}/budget/top-up`, body: { period } };
    case 'project':
      return { path: `/projects/${id}/budget/top-up`, body: { period } };
    case 'external_agent':
      return { path: `/external-agents/${id}/budget/top-up`, body: { period } };
  }
}

const LINK = 'rounded-sm underline underline-offset-4';

/** The budget by its name, with a link to where it is set. */
function BudgetName({ budget }: { budget: ExecutionBudget }) {
  const words = budgetInWords(budget.scope, budget.period);
  const name = words.charAt(0).toUpperCase() + words.slice(1);
  switch (budget.scope) {
    case 'organization':
      return (
        <Link to="/dashboard/settings/budgets" className={LINK}>
          {name}
        </Link>
      );
    case 'project':
      return (
        <Link
          to="/dashboard/projects/$projectId"
          params={{ projectId: budget.id }}
          search={{ tab: 'costs' }}
          className={LINK}
        >
          {name}
        </Link>
      );
    case 'agent':
      return (
        <Link
          to="/dashboard/agents/$agentId"
          params={{ agentId: budget.id }}
          search={{ tab: 'settings' }}
          className={LINK}
        >
          {name}
        </Link>
      );
    default:
      return <>{name}</>;
  }
}
