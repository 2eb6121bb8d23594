import { topUpExecutionRequest } from '@agentflow/contracts';
import { zodResolver } from '@hookform/resolvers/zod';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useForm } from 'react-hook-form';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Dialog, DialogBody, DialogFooter } from '@/components/ui/dialog.tsx';
import { Field } from '@/components/ui/field.tsx';
import { Input } from '@/components/ui/input.tsx';
import { api, newIdempotencyKey } from '@/lib/api.ts';
import { showOnFields } from '@/lib/form-problems.ts';
import { formatUsd } from '@/lib/format.ts';
import { AMOUNT_HINT } from './budget-words.ts';

interface TopUpDialogProps {
  open: boolean;
  onClose: () => void;
  /** Where the money goes, as in `/org/budget/top-up`, and what besides the amount is sent there. */
  path: string;
  body?: Readonly<Record<string, string>>;
  /** Whose budget, in words: `the organization for the month`. */
  of: string;
  /** What one call that waits may need. */
  needed?: number | undefined;
}

export function TopUpDialog({ open, onClose, of, ...rest }: TopUpDialogProps) {
  return (
    <Dialog
      open={open}
      onOpenChange={(next) => !next && onClose()}
      title="Top up the budget"
      description={`More for ${of}. Executions that wait for money go on in the order in which they came.`}
      className="max-w-md"
      startInField
    >
      <TopUpForm onClose={onClose} {...rest} />
    </Dialog>
  );
}

interface Amount {
  amount_usd: number;
}

function TopUpForm({
  onClose,
  path,
  body = {},
  needed,
}: Pick<TopUpDialogProps, 'onClose' | 'path' | 'body' | 'needed'>) {
  const queries = useQueryClient();
  const form = useForm<Amount>({ resolver: zodResolver(topUpExecutionRequest), mode: 'onTouched' });
  const topUp = useMutation({
    mutationFn: ({ amount_usd }: Amount) =>
      api(path, {
        method: 'POST',
        body: { ...body, amount_usd },
        headers: { 'Idempotency-Key': newIdempotencyKey() },
      }),
    onSuccess: async (_answer, { amount_usd }) => {
      onClose();
      toast.success(`${formatUsd(amount_usd)} added`);
      await queries.invalidateQueries({ queryKey: ['budgets'] });
    },
    onError: (error) => showOnFields(form, error, ['amount_usd']),
  });
  const { errors } = form.formState;
  return (
    <form noValidate className="flex min-h-0 flex-col" onSubmit={form.handleSubmit((amount) => topUp.mutate(amount))}>
      <DialogBody>
        <Field
          label="Amount in US dollars"
          error={errors.amount_usd && AMOUNT_HINT}
          {...(needed === undefined ? {} : { help: `The call that waits may need up to ${formatUsd(needed)}.` })}
        >
          {(control) => (
            <Input
              {...control}
              {...form.register('amount_usd', { valueAsNumber: true })}
              inputMode="decimal"
              placeholder="10"
              autoComplete="off"
            />
          )}
        </Field>
        {topUp.error && <ProblemCallout error={topUp.error} shownPaths={['amount_usd']} />}
      </DialogBody>
      <DialogFooter>
        <Button onClick={onClose}>Cancel</Button>
        <Button type="submit" variant="primary" busy={topUp.isPending}>
          Top up
        </Button>
      </DialogFooter>
    </form>
  );
}
