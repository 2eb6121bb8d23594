import { BUDGET_PERIODS, type BudgetPeriod, type BudgetState, type BudgetStates } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { api } from '@/lib/api.ts';
import { BudgetForm } from './budget-form.tsx';
import { BudgetMeter } from './budget-meter.tsx';
import { PERIOD_NAMES } from './budget-words.ts';
import { budgetsQuery } from './queries.ts';
import { TopUpDialog } from './top-up-dialog.tsx';

interface BudgetsCardProps {
  /** Whose budgets, as in `/agents/agt_…/budget`. */
  path: string;
  /** As in `this agent`. */
  owner: string;
  /** What counts, in a sentence. */
  description: string;
}

/** The budgets of something, as they stand, and how they are set, topped up and taken away. */
export function BudgetsCard({ path, owner, description }: BudgetsCardProps) {
  const mayRead = useCan('governance:read');
  const mayChange = useCan('governance:write');
  const budgets = useQuery({ ...budgetsQuery(path), enabled: mayRead });
  const [form, setForm] = useState<{ changed: BudgetState | null } | null>(null);
  const [toppedUp, setToppedUp] = useState<BudgetPeriod | null>(null);
  const [removed, setRemoved] = useState<BudgetPeriod | null>(null);
  if (!mayRead) return null;
  if (budgets.error && budgets.data === undefined) {
    return <ProblemCallout error={budgets.error} onRetry={() => void budgets.refetch()} />;
  }
  const states = budgets.data?.data;
  const free = BUDGET_PERIODS.filter((period) => !states?.some((state) => state.period === period));
  return (
    <Card aria-label="Budgets">
      <CardHeader title="Budgets" description={description}>
        {mayChange && form === null && free.length > 0 && states !== undefined && (
          <Button size="sm" onClick={() => setForm({ changed: null })}>
            Set a budget…
          </Button>
        )}
      </CardHeader>
      {states === undefined ? (
        <div className="p-4">
          <Skeleton className="h-12 w-full" />
        </div>
      ) : (
        <>
          {states.length === 0 && form === null && (
            <p className="p-4 text-sm text-soft">There is no limit on what {owner} may spend.</p>
          )}
          {states.length > 0 && (
            <ul className="divide-y divide-line">
              {states.map((state) => (
                <li key={state.period} className="flex flex-wrap items-start gap-x-4 gap-y-2 px-4 py-3">
                  <div className="w-20 shrink-0">
                    <p className="font-medium text-sm text-text">{PERIOD_NAMES[state.period]}</p>
                    <p className="text-faint text-xs">{state.on_exceeded === 'park' ? 'then waits' : 'then fails'}</p>
                  </div>
                  <div className="min-w-0 flex-1 basis-60">
                    <BudgetMeter state={state} />
                  </div>
                  {mayChange && (
                    <div className="flex gap-1">
                      <Button size="sm" onClick={() => setToppedUp(state.period)}>
                        Top up…
                      </Button>
                      <Button size="sm" variant="ghost" onClick={() => setForm({ changed: state })}>
                        Change
                      </Button>
                      <Button size="sm" variant="ghost" onClick={() => setRemoved(state.period)}>
                        Remove
                      </Button>
                    </div>
                  )}
                </li>
              ))}
            </ul>
          )}
          {form !== null && (
            <div className="border-line border-t">
              <BudgetForm
                key={form.changed?.period ?? 'new'}
                path={path}
                changed={form.changed}
                free={free}
                onDone={() => setForm(null)}
              />
            </div>
          )}
        </>
      )}
      <TopUpDialog
        open={toppedUp !== null}
        onClose={() => setToppedUp(null)}
        path={`${path}/top-up`}
        {...(toppedUp === null ? {} : { body: { period: toppedUp } })}
        of={owner}
      />
      <RemoveDialog path={path} period={removed} onClose={() => setRemoved(null)} />
    </Card>
  );
}

function RemoveDialog({ path, period, onClose }: { path: string; period: BudgetPeriod | null; onClose: () => void }) {
  const queries = useQueryClient();
  const remove = useMutation({
    mutationFn: () => api<BudgetStates>(path, { method: 'PUT', body: { period, limit_usd: null } }),
    onSuccess: (left) => {
      queries.setQueryData(budgetsQuery(path).queryKey, left);
      onClose();
      toast.success('The limit is gone');
    },
  });
  return (
    <ConfirmDialog
      open={period !== null}
      onOpenChange={(open) => {
        remove.reset();
        if (!open) onClose();
      }}
      title="Remove this budget?"
      description="Nothing limits this spending any more, but for other budgets. Executions that wait for its money go on. What is spent is still counted."
      confirmLabel="Remove budget"
      danger
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
    />
  );
}
