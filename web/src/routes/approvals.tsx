import { getRouteApi } from '@tanstack/react-router';
import { PageHeader } from '@/components/page-header.tsx';
import { ApprovalList } from '@/features/approvals/approval-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/approvals');

export function ApprovalsPage() {
  usePageTitle('Approvals');
  useBreadcrumbs([{ label: 'Approvals' }], 'approvals');
  const { status, cursor, approval } = route.useSearch();
  return (
    <div className="mx-auto max-w-7xl">
      <PageHeader title="Approvals" description="What executions ask people before they go on." />
      <ApprovalList tab={status ?? 'pending'} cursor={cursor} opened={approval} />
    </div>
  );
}
