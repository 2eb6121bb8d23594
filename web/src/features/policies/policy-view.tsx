import type { Policy } from '@agentflow/contracts';
import { useMutation, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { Trash2 } from 'lucide-react';
import { useState } from 'react';
import { toast } from 'sonner';
import { CopyableId } from '@/components/copy-button.tsx';
import { PageHeader } from '@/components/page-header.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { RoutePending } from '@/components/route-pending.tsx';
import { Button } from '@/components/ui/button.tsx';
import { ConfirmDialog } from '@/components/ui/confirm-dialog.tsx';
import { Tabs, TabsContent, TabsList, TabsTrigger } from '@/components/ui/tabs.tsx';
import { useActorName } from '@/features/settings/use-actor-name.ts';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { NotFoundPage } from '@/features/shell/not-found-page.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { api, RequestFailure } from '@/lib/api.ts';
import { shortId } from '@/lib/format.ts';
import { usePageTitle } from '@/lib/page-title.ts';
import type { Tagged } from '@/lib/tagged.ts';
import { EffectBadge } from './effect-badge.tsx';
import { EditPolicy } from './policy-editor.tsx';
import { PolicyHistory } from './policy-history.tsx';
import { policyQuery } from './queries.ts';

type PolicyTab = 'policy' | 'history';

export function PolicyView({ policyId, tab }: { policyId: string; tab: PolicyTab }) {
  const policy = useQuery(policyQuery(policyId));
  const name = policy.data?.value.name;
  usePageTitle(name ?? 'Policy');
  useBreadcrumbs(
    [{ label: 'Policies', link: { to: '/dashboard/policies' } }, { label: name ?? '…' }],
    `policy:${name ?? ''}`,
  );
  if (policy.error instanceof RequestFailure && policy.error.status === 404) return <NotFoundPage />;
  if (policy.error && policy.data === undefined) {
    return <ProblemCallout error={policy.error} onRetry={() => void policy.refetch()} />;
  }
  if (policy.data === undefined) return <RoutePending />;
  return <LoadedPolicy tagged={policy.data} tab={tab} />;
}

function LoadedPolicy({ tagged, tab }: { tagged: Tagged<Policy>; tab: PolicyTab }) {
  const policy = tagged.value;
  const navigate = useNavigate({ from: '/dashboard/policies/$policyId' });
  const nameOf = useActorName();
  const mayWrite = useCan('governance:write');
  const [deleting, setDeleting] = useState(false);
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader
        title={policy.name}
        description={
          <div className="flex flex-wrap items-center gap-x-3 gap-y-1 text-sm">
            <EffectBadge policy={policy} />
            <span className="text-soft">
              Version {policy.version}, changed <RelativeTime iso={policy.updated_at} /> by {nameOf(policy.updated_by)}
            </span>
            <CopyableId id={policy.id} short={shortId(policy.id)} />
          </div>
        }
      >
        {mayWrite && (
          <Button onClick={() => setDeleting(true)}>
            <Trash2 aria-hidden="true" /> Delete…
          </Button>
        )}
      </PageHeader>
      <Tabs
        value={tab}
        onValueChange={(next) => void navigate({ search: { tab: next === 'history' ? 'history' : undefined } })}
      >
        <TabsList aria-label="Policy">
          <TabsTrigger value="policy">Policy</TabsTrigger>
          <TabsTrigger value="history">History</TabsTrigger>
        </TabsList>
        <TabsContent value="policy" className="pt-5">
          <EditPolicy tagged={tagged} mayWrite={mayWrite} />
        </TabsContent>
        <TabsContent value="history" className="pt-5">
          <PolicyHistory policyId={policy.id} />
        </TabsContent>
      </Tabs>
      <DeleteDialog policy={policy} open={deleting} onClose={() => setDeleting(false)} />
    </div>
  );
}

function DeleteDialog({ policy, open, onClose }: { policy: Policy; open: boolean; onClose: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const remove = useMutation({
    mutationFn: () => api(`/policies/${policy.id}`, { method: 'DELETE' }),
    onSuccess: async () => {
      await navigate({ to: '/dashboard/policies', ignoreBlocker: true });
      await queries.invalidateQueries({ queryKey: ['policies', 'list'] });
      toast.success(`${policy.name} is deleted`);
    },
  });
  return (
    <ConfirmDialog
      open={open}
      onOpenChange={(next) => {
        remove.reset();
        if (!next) onClose();
      }}
      title={`Delete ${policy.name}?`}
      description={
        policy.effect === 'deny'
          ? 'What it denies can start from this moment on, unless another policy denies it. Its history stays.'
          : 'What it allows is then decided by the other policies and the default. Its history stays.'
      }
      confirmLabel="Delete policy"
      danger
      busy={remove.isPending}
      error={remove.error}
      onConfirm={() => remove.mutate()}
    />
  );
}
