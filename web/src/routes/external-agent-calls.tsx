import { getRouteApi, useNavigate } from '@tanstack/react-router';
import { lazy, Suspense } from 'react';
import { PageHeader } from '@/components/page-header.tsx';
import { InvocationList } from '@/features/invocations/invocation-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/external-agents/calls');
const InvocationDialog = lazy(() => import('@/features/invocations/invocation-dialog.tsx'));

export function ExternalAgentCallsPage() {
  usePageTitle('Calls of external agents');
  useBreadcrumbs(
    [{ label: 'External agents', link: { to: '/dashboard/external-agents' } }, { label: 'Calls' }],
    'external-agents:calls',
  );
  const { invocation, ...chosen } = route.useSearch();
  const navigate = route.useNavigate();
  const go = useNavigate();
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader title="Calls" description="Of every external agent, through every door. Each opens what it caused." />
      <InvocationList
        chosen={chosen}
        onChoose={(next) => void navigate({ search: next })}
        onConnect={() => void go({ to: '/dashboard/external-agents' })}
      />
      {invocation !== undefined && (
        <Suspense>
          <InvocationDialog
            invocationId={invocation}
            onClose={() => void navigate({ search: (old) => ({ ...old, invocation: undefined }), resetScroll: false })}
          />
        </Suspense>
      )}
    </div>
  );
}
