import { RateLimitsCard } from '@/features/rate-limits/rate-limits-card.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function RateLimitsPage() {
  usePageTitle('Rate limits');
  useBreadcrumbs(
    [{ label: 'Settings', link: { to: '/dashboard/settings/general' } }, { label: 'Rate limits' }],
    'settings:rate-limits',
  );
  return <RateLimitsCard />;
}
