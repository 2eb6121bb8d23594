import { BUDGET_PERIODS, type BudgetPeriod } from '@agentflow/contracts';
import { useState } from 'react';
import { Controller } from 'react-hook-form';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { Select } from '@/components/ui/select.tsx';
import { AMOUNT_HINT, PERIOD_NAMES } from '@/features/budgets/budget-words.ts';
import { type ExternalAgentForm, numberOrNull } from './form-values.ts';

const PERIODS = BUDGET_PERIODS.map((value) => ({ value, label: PERIOD_NAMES[value] }));

/** Its first budget; more of them, and what happens at their end, are set on its page. */
export function BudgetFields({ form }: { form: ExternalAgentForm }) {
  // Chosen before there is an amount, too.
  const [period, setPeriod] = useState<BudgetPeriod>('month');
  return (
    <Controller
      control={form.control}
      name="budget"
      render={({ field, formState }) => (
        <div className="grid gap-3 sm:grid-cols-2">
          <Field
            label="Budget in US dollars"
            help="What its calls may cost, with all that they start."
            error={formState.errors.budget && AMOUNT_HINT}
          >
            {(control) => (
              <Input
                {...control}
                type="number"
                inputMode="decimal"
                min={0}
                step="any"
                placeholder="no limit"
                value={field.value?.limit_usd ?? ''}
                onBlur={field.onBlur}
                onChange={({ target }) => {
                  const limit_usd = numberOrNull(target.value);
                  field.onChange(limit_usd === null ? null : { period, limit_usd });
                }}
              />
            )}
          </Field>
          <Field label="For">
            {(control) => (
              <Select
                id={control.id}
                value={period}
                options={PERIODS}
                onValueChange={(chosen) => {
                  const next = BUDGET_PERIODS.find((each) => each === chosen) ?? period;
                  setPeriod(next);
                  if (field.value) field.onChange({ ...field.value, period: next });
                }}
              />
            )}
          </Field>
        </div>
      )}
    />
  );
}
