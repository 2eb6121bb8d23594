import { getRouteApi, Link } from '@tanstack/react-router';
import { Plus } from 'lucide-react';
import { PageHeader } from '@/components/page-header.tsx';
import { Button } from '@/components/ui/button.tsx';
import { DefaultCard } from '@/features/policies/default-card.tsx';
import { PolicyList } from '@/features/policies/policy-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/policies');

export function PoliciesPage() {
  usePageTitle('Policies');
  useBreadcrumbs([{ label: 'Policies' }], 'policies');
  const { search, effect, active, cursor } = route.useSearch();
  const mayWrite = useCan('governance:write');
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader title="Policies" description="Who may start which agents, and when. A deny wins over every allow.">
        {mayWrite && (
          <Button variant="primary" asChild>
            <Link to="/dashboard/policies/new">
              <Plus aria-hidden="true" /> New policy
            </Link>
          </Button>
        )}
      </PageHeader>
      <DefaultCard />
      <PolicyList search={search} effect={effect} active={active} cursor={cursor} />
    </div>
  );
}
