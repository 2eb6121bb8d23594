import { RoleMatrix } from '@/features/settings/role-matrix.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function RolesPage() {
  usePageTitle('Roles');
  useBreadcrumbs(
    [{ label: 'Settings', link: { to: '/dashboard/settings/general' } }, { label: 'Roles' }],
    'settings:roles',
  );
  return <RoleMatrix />;
}
