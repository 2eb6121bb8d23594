import { DangerZone } from '@/features/erasure/danger-zone.tsx';
import { OrganizationCard } from '@/features/settings/organization-card.tsx';
import { RetentionCard } from '@/features/settings/retention-card.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function GeneralSettingsPage() {
  usePageTitle('General settings');
  useBreadcrumbs(
    [{ label: 'Settings', link: { to: '/dashboard/settings/general' } }, { label: 'General' }],
    'settings:general',
  );
  return (
    <>
      <OrganizationCard />
      <RetentionCard />
      <DangerZone />
    </>
  );
}
