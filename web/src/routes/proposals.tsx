import { getRouteApi } from '@tanstack/react-router';
import { PageHeader } from '@/components/page-header.tsx';
import { ProposalList } from '@/features/proposals/proposal-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/proposals');

export function ProposalsPage() {
  usePageTitle('Proposals');
  useBreadcrumbs([{ label: 'Proposals' }], 'proposals');
  return (
    <div className="mx-auto max-w-7xl">
      <PageHeader
        title="Proposals"
        description="Changes of drafts that were asked for in words, and what became of them."
      />
      <ProposalList chosen={route.useSearch()} />
    </div>
  );
}
