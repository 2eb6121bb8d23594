import { RETENTION_DAYS, type Retention, type RetentionDays } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { Card, CardHeader } from '@/components/ui/card.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Select } from '@/components/ui/select.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { api } from '@/lib/api.ts';
import { formatDay } from '@/lib/format.ts';
import { ArchiveRow } from './archive-row.tsx';
import { retentionQuery } from './queries.ts';

const FOREVER = 'forever';
const CHOICES = [
  ...RETENTION_DAYS.map((days) => ({ value: String(days), label: `${days} days` })),
  { value: FOREVER, label: 'Without limit' },
];

function daysOf(choice: string): RetentionDays {
  return RETENTION_DAYS.find((days) => String(days) === choice) ?? null;
}

/** How long executions are kept. What a choice deletes is asked first and said after. */
export function RetentionCard() {
  const queries = useQueryClient();
  const retention = useQuery(retentionQuery);
  const mayManage = useCan('org:manage');
  const [asked, setAsked] = useState<RetentionDays | undefined>(undefined);
  const save = useMutation({
    mutationFn: (days: RetentionDays) => api<Retention>('/org/retention', { method: 'PUT', body: { days } }),
    onSuccess: (saved) => {
      queries.setQueryData(retentionQuery.queryKey, saved);
      toast.success(
        saved.days === null ? 'Executions are kept without limit' : `Executions are kept for ${saved.days} days`,
      );
    },
    onSettled: () => setAsked(undefined),
  });
  const choose = (days: RetentionDays) => {
    if (days === retention.data?.days) return;
    if (days === null) save.mutate(days);
    else setAsked(days);
  };
  if (retention.error && retention.data === undefined) {
    return (
      <div className="mt-5">
        <ProblemCallout error={retention.error} onRetry={() => void retention.refetch()} />
      </div>
    );
  }
  const current = retention.data;
  const label = CHOICES.find(({ value }) => value === String(current?.days ?? FOREVER))?.label;
  return (
    <Card className="mt-5">
      <CardHeader title="Executions" />
      <div className="flex flex-wrap items-center justify-between gap-x-4 gap-y-2 px-4 py-3">
        <div className="min-w-0 flex-1">
          <p className="text-text">Kept after they end</p>
          <p className="mt-0.5 text-soft text-sm">
            {current === undefined ? <Skeleton className="h-4 w-64" /> : announced(current)}
          </p>
        </div>
        {current !== undefined &&
          (mayManage ? (
            <Select
              label="Executions are kept"
              value={current.days === null ? FOREVER : String(current.days)}
              onValueChange={(choice) => choose(daysOf(choice))}
              options={CHOICES}
            />
          ) : (
            <span className="text-text">{label}</span>
          ))}
      </div>
      {current !== undefined && <ArchiveRow days={current.invocation_archive_days} />}
      {save.error && (
        <div className="px-4 pb-4">
          <ProblemCallout error={save.error} />
        </div>
      )}
      <ConfirmDialog
        open={asked !== undefined}
        onOpenChange={(open) => {
          if (!open) setAsked(undefined);
        }}
        title={`Keep executions for ${asked ?? ''} days?`}
        description="Older ones are deleted for good, with their steps, logs and values. Nothing is deleted within the next 24 hours: until then you can take it back. The audit log, costs and what is counted of calls by external agents stay."
        confirmLabel="Keep them so long"
        busy={save.isPending}
        danger
        onConfirm={() => {
          if (asked !== undefined) save.mutate(asked);
        }}
      />
    </Card>
  );
}

function announced({ days, next_deletion_at, executions }: Retention): string {
  if (days === null) return 'Nothing is deleted.';
  if (next_deletion_at === null) return 'There is nothing to delete yet.';
  const when = `Deleted next: ${formatDay(next_deletion_at)}`;
  if (executions === 0) return `${when}.`;
  return `${when}, ${executions.toLocaleString('en')} ${executions === 1 ? 'execution' : 'executions'}.`;
}
