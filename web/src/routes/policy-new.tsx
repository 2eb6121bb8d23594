import { PageHeader } from '@/components/page-header.tsx';
import { NewPolicy } from '@/features/policies/policy-editor.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function NewPolicyPage() {
  usePageTitle('New policy');
  useBreadcrumbs([{ label: 'Policies', link: { to: '/dashboard/policies' } }, { label: 'New' }], 'policies:new');
  return (
    <div className="mx-auto max-w-6xl">
      <PageHeader title="New policy" description="It holds from the moment that it is created. Try it beside first." />
      <NewPolicy />
    </div>
  );
}
