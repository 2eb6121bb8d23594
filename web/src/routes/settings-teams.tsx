import { TeamList } from '@/features/settings/team-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function TeamsPage() {
  usePageTitle('Teams');
  useBreadcrumbs(
    [{ label: 'Settings', link: { to: '/dashboard/settings/general' } }, { label: 'Teams' }],
    'settings:teams',
  );
  return <TeamList />;
}
