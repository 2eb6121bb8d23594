import { getRouteApi } from '@tanstack/react-router';
import { ChatAccountList } from '@/features/chat-accounts/chat-account-list.tsx';
import { LinkCard } from '@/features/chat-accounts/link-card.tsx';
import { useBreadcrumbs } from '@/features/shell/breadcrumbs.tsx';
import { usePageTitle } from '@/lib/page-title.ts';

const route = getRouteApi('/dashboard/settings/chat-accounts');

export function ChatAccountsPage() {
  usePageTitle('Chat accounts');
  useBreadcrumbs(
    [{ label: 'Settings', link: { to: '/dashboard/settings/general' } }, { label: 'Chat accounts' }],
    'settings:chat-accounts',
  );
  const { token } = route.useSearch();
  const navigate = route.useNavigate();
  return (
    <>
      {token !== undefined && (
        <LinkCard key={token} token={token} onDone={() => void navigate({ search: {}, replace: true })} />
      )}
      <ChatAccountList />
    </>
  );
}
