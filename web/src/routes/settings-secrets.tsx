import { EnvVarList } from '@/features/secrets/env-var-list.tsx';
import { ProviderKeyList } from '@/features/secrets/provider-key-list.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

export function SecretsPage() {
  usePageTitle('Secrets');
  useBreadcrumbs(
    [{ label: 'Settings', link: { to: '/dashboard/settings/general' } }, { label: 'Secrets' }],
    'settings:secrets',
  );
  return (
    <>
      <EnvVarList />
      <ProviderKeyList />
    </>
  );
}
