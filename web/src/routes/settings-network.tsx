import { IpAllowlistCard } from '@/features/network/ip-allowlist-card.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function NetworkPage() {
  usePageTitle('Network');
  useBreadcrumbs(
    [{ label: 'Settings', link: { to: '/dashboard/settings/general' } }, { label: 'Network' }],
    'settings:network',
  );
  return <IpAllowlistCard />;
}
