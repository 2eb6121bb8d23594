import {
  BUDGET_PERIODS,
  type BudgetPeriod,
  type BudgetState,
  type BudgetStates,
  type OnExceeded,
  type SetBudgetRequest,
  setBudgetRequest,
} from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { Controller, useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { Select } from '@/components/ui/select.tsx';
import { api } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { AMOUNT_HINT, PERIOD_NAMES } from './budget-words.ts';
import { budgetsQuery } from './queries.ts';

const CONSEQUENCES: readonly { value: OnExceeded; label: string }[] = [
  { value: 'park', label: 'Wait until there is money' },
  { value: 'fail', label: 'Fail the step' },
];

interface BudgetFormProps {
  /** Whose budgets, as in `/agents/agt_…/budget`. */
  path: string;
  /** The limit that is changed; null for a new one. */
  changed: BudgetState | null;
  /** Periods without a limit: what a new one can be for. */
  free: readonly BudgetPeriod[];
  onDone: () => void;
}

/** Sets the limit of one period. */
export function BudgetForm({ path, changed, free, onDone }: BudgetFormProps) {
  const queries = useQueryClient();
  const form = useForm<SetBudgetRequest>({
    resolver: zodResolver(setBudgetRequest),
    mode: 'onTouched',
    defaultValues: {
      period: changed?.period ?? (free.includes('month') ? 'month' : (free[0] ?? 'total')),
      on_exceeded: changed?.on_exceeded ?? 'park',
      ...(changed === null ? {} : { limit_usd: changed.limit_usd }),
    },
  });
  const save = useMutation({
    mutationFn: (body: SetBudgetRequest) => api<BudgetStates>(path, { method: 'PUT', body }),
    onSuccess: (saved) => {
      queries.setQueryData(budgetsQuery(path).queryKey, saved);
      toast.success('The budget holds from this moment on');
      onDone();
    },
    onError: (error) => showOnFields(form, error, ['limit_usd', 'period', 'on_exceeded']),
  });
  const { errors } = form.formState;
  const periods = BUDGET_PERIODS.filter((period) => period === changed?.period || free.includes(period));
  return (
    <form
      noValidate
      aria-label={changed === null ? 'New budget' : 'Change the budget'}
      className="flex flex-col gap-4 p-4"
      onSubmit={form.handleSubmit((body) => save.mutate(body))}
    >
      <div className="grid gap-4 sm:grid-cols-3">
        <Field label="Limit in US dollars" error={errors.limit_usd && AMOUNT_HINT}>
          {(control) => (
            <Input
              {...control}
              {...form.register('limit_usd', { valueAsNumber: true })}
              inputMode="decimal"
              placeholder="50"
              autoComplete="off"
              autoFocus
            />
          )}
        </Field>
        <Field label="For" help="Days and months begin at midnight, UTC.">
          {(control) => (
            <Controller
              control={form.control}
              name="period"
              render={({ field }) => (
                <Select
                  {...control}
                  value={field.value}
                  onValueChange={field.onChange}
                  options={periods.map((value) => ({ value, label: PERIOD_NAMES[value] }))}
                />
              )}
            />
          )}
        </Field>
        <Field label="A model call without money">
          {(control) => (
            <Controller
              control={form.control}
              name="on_exceeded"
              render={({ field }) => (
                <Select
                  {...control}
                  value={field.value ?? 'park'}
                  onValueChange={field.onChange}
                  options={CONSEQUENCES}
                />
              )}
            />
          )}
        </Field>
      </div>
      {save.error && <ProblemCallout error={save.error} shownPaths={['limit_usd', 'period', 'on_exceeded']} />}
      <div className="flex justify-end gap-2">
        <Button variant="ghost" onClick={onDone}>
          Cancel
        </Button>
        <Button type="submit" variant="primary" busy={save.isPending}>
          {changed === null ? 'Set budget' : 'Save budget'}
        </Button>
      </div>
    </form>
  );
}
