import { BudgetsCard } from '@/features/budgets/budgets-card.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function BudgetsPage() {
  usePageTitle('Budgets');
  useBreadcrumbs(
    [{ label: 'Settings', link: { to: '/dashboard/settings/general' } }, { label: 'Budgets' }],
    'settings:budgets',
  );
  return (
    <BudgetsCard
      path="/org/budget"
      owner="the organization"
      description="What the model calls of all agents may cost together. Agents, projects and external agents have budgets of their own."
    />
  );
}
