import { ApiKeyList } from '@/features/settings/api-key-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function ApiKeysPage() {
  usePageTitle('API keys');
  useBreadcrumbs(
    [{ label: 'Settings', link: { to: '/dashboard/settings/general' } }, { label: 'API keys' }],
    'settings:api-keys',
  );
  return <ApiKeyList />;
}
