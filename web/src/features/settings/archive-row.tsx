import type { Retention } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Select } from '@/components/ui/select.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { api } from '@/lib/api.ts';
import { retentionQuery } from './queries.ts';

const CHOICES = [30, 90, 180, 365];

/** After how many days what external agents asked, and were answered, moves to the archive. Nothing is deleted by it. */
export function ArchiveRow({ days }: { days: number }) {
  const queries = useQueryClient();
  const mayManage = useCan('org:manage');
  const save = useMutation({
    mutationFn: (invocation_archive_days: number) =>
      api<Retention>('/org/retention', { method: 'PUT', body: { invocation_archive_days } }),
    onSuccess: (saved) => {
      queries.setQueryData(retentionQuery.queryKey, saved);
      toast.success(`Calls of external agents are archived after ${saved.invocation_archive_days} days`);
    },
  });
  // Another number may have been chosen over the API.
  const choices = [...new Set([...CHOICES, days])].sort((one, other) => one - other);
  return (
    <div className="border-line border-t px-4 py-3">
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2">
        <div className="min-w-0 flex-1">
          <p className="text-text">Calls of external agents are archived</p>
          <p className="mt-0.5 text-soft text-sm">
            What they asked and were answered moves to cheaper storage, and is shown as before.
          </p>
        </div>
        {mayManage ? (
          <Select
            label="Calls of external agents are archived"
            value={String(days)}
            onValueChange={(choice) => {
              if (choice !== String(days)) save.mutate(Number(choice));
            }}
            options={choices.map((each) => ({ value: String(each), label: `After ${each} days` }))}
          />
        ) : (
          <span className="text-text">After {days} days</span>
        )}
      </div>
      {save.error && (
        <div className="pt-3">
          <ProblemCallout error={save.error} />
        </div>
      )}
    </div>
  );
}
