import { getRouteApi } from '@tanstack/react-router';
import { PageHeader } from '@/components/page-header.tsx';
import { ExecutionList } from '@/features/executions/execution-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/executions');

export function ExecutionsPage() {
  usePageTitle('Executions');
  useBreadcrumbs([{ label: 'Executions' }], 'executions');
  const search = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <div className="mx-auto max-w-7xl">
      <PageHeader title="Executions" description="Every run, newest first. The list keeps itself up to date." />
      <ExecutionList chosen={search} onChoose={(chosen) => void navigate({ search: chosen })} />
    </div>
  );
}
