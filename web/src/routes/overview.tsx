import { Overview } from '@/features/overview/overview.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';
import { useSession } from '@/lib/session.ts';

export function OverviewPage() {
  usePageTitle('Overview');
  useBreadcrumbs([{ label: 'Overview' }], 'overview');
  const session = useSession();
  const name = session.status === 'signed_in' ? session.user.name : '';
  return <Overview firstName={name.includes('@') ? '' : (name.split(' ')[0] ?? '')} />;
}
