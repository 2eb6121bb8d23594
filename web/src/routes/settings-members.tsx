import { MemberList } from '@/features/settings/member-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function MembersPage() {
  usePageTitle('Members');
  useBreadcrumbs(
    [{ label: 'Settings', link: { to: '/dashboard/settings/general' } }, { label: 'Members' }],
    'settings:members',
  );
  return <MemberList />;
}
