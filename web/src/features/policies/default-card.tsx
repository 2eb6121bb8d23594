import type { PolicyDefault, PolicyEffect } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useState } from 'react';
import { toast } from 'sonner';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { Segments } from '@/features/node-form/controls/segments.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { fetchApi } from '@/lib/api.ts';
import { readTagged } from '@/lib/tagged.ts';
import { policyDefaultQuery } from './queries.ts';

/** What holds where no policy decides. Refusing everything is asked about first. */
export function DefaultCard() {
  const queries = useQueryClient();
  const mayWrite = useCan('governance:write');
  const state = useQuery(policyDefaultQuery);
  const [asking, setAsking] = useState(false);
  const set = useMutation({
    mutationFn: async (wanted: PolicyEffect) =>
      readTagged<PolicyDefault>(
        await fetchApi('/policies/default', {
          method: 'PUT',
          body: { default: wanted },
          headers: state.data?.etag == null ? {} : { 'If-Match': state.data.etag },
        }),
      ),
    onSuccess: (next) => {
      queries.setQueryData(policyDefaultQuery.queryKey, next);
      setAsking(false);
      toast.success(
        next.value.default === 'deny' ? 'Only what a policy allows starts now' : 'What no policy denies starts',
      );
    },
    onError: () => void queries.invalidateQueries({ queryKey: policyDefaultQuery.queryKey }),
  });
  if (state.error) return <ProblemCallout error={state.error} onRetry={() => void state.refetch()} className="mb-4" />;
  if (state.data === undefined) return <Skeleton className="mb-4 h-16 w-full" />;
  const current = state.data.value.default;
  return (
    <section
      aria-label="Default"
      className="mb-4 flex flex-wrap items-center gap-x-4 gap-y-2 rounded-xl border border-line bg-surface px-4 py-3 shadow-card"
    >
      <div className="min-w-0 flex-1 basis-60">
        <h2 className="font-medium text-text">Where no policy decides</h2>
        <p className="text-sm text-soft">
          {current === 'allow'
            ? 'A start that no policy denies is allowed.'
            : 'A start is denied unless a policy allows it, also for people on these pages.'}
        </p>
      </div>
      {mayWrite ? (
        <Segments
          label="Where no policy decides"
          value={current}
          options={[
            { value: 'allow', label: 'Allow' },
            { value: 'deny', label: 'Deny' },
          ]}
          onChange={(next) => {
            if (next === current) return;
            if (next === 'deny') setAsking(true);
            else set.mutate(next);
          }}
        />
      ) : (
        <span className="text-sm">{current === 'allow' ? 'Allow' : 'Deny'}</span>
      )}
      {set.error && !asking && <ProblemCallout error={set.error} className="basis-full" />}
      <ConfirmDialog
        open={asking}
        onOpenChange={(open) => {
          set.reset();
          setAsking(open);
        }}
        title="Deny what no policy allows?"
        description="From this moment on nothing starts that no policy allows: no call from outside, no program, and nothing that people start here."
        confirmLabel="Deny by default"
        danger
        busy={set.isPending}
        error={set.error}
        onConfirm={() => set.mutate('deny')}
      />
    </section>
  );
}
