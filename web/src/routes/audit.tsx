import { getRouteApi } from '@tanstack/react-router';
import { PageHeader } from '@/components/page-header.tsx';
import { AuditList } from '@/features/audit/audit-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/audit');

export function AuditPage() {
  usePageTitle('Audit');
  useBreadcrumbs([{ label: 'Audit' }], 'audit');
  return (
    <div className="mx-auto max-w-7xl">
      <PageHeader title="Audit" description="Every change in the organization, newest first." />
      <AuditList search={route.useSearch()} />
    </div>
  );
}
