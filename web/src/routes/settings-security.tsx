import { DeleteAccountCard } from '@/features/erasure/delete-account-card.tsx';
import { PasswordCard } from '@/features/settings/password-card.tsx';
import { SessionList } from '@/features/settings/session-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function SecuritySettingsPage() {
  usePageTitle('Security');
  useBreadcrumbs(
    [{ label: 'Settings', link: { to: '/dashboard/settings/general' } }, { label: 'Security' }],
    'settings:security',
  );
  return (
    <>
      <PasswordCard />
      <SessionList />
      <DeleteAccountCard />
    </>
  );
}
