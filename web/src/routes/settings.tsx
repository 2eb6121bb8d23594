import type { Permission } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link, Outlet, useLocation } from '@tanstack/react-router';
import { useEffect, useRef } from 'react';
import { PageHeader } from '@/components/page-header.tsx';
import { meQuery } from '@/features/shell/queries.ts';

const PAGES = [
  { to: '/dashboard/settings/general', label: 'General' },
  { to: '/dashboard/settings/members', label: 'Members' },
  { to: '/dashboard/settings/teams', label: 'Teams' },
  { to: '/dashboard/settings/roles', label: 'Roles' },
  { to: '/dashboard/settings/api-keys', label: 'API keys' },
  { to: '/dashboard/settings/secrets', label: 'Secrets', permission: 'secrets:read' },
  { to: '/dashboard/settings/network', label: 'Network', permission: 'org:manage' },
  { to: '/dashboard/settings/budgets', label: 'Budgets', permission: 'governance:read' },
  { to: '/dashboard/settings/rate-limits', label: 'Rate limits', permission: 'governance:read' },
  { to: '/dashboard/settings/security', label: 'Security' },
  { to: '/dashboard/settings/chat-accounts', label: 'Chat accounts' },
] as const satisfies readonly { to: string; label: string; permission?: Permission }[];

export function SettingsLayout() {
  const permissions = useQuery(meQuery).data?.permissions;
  const pages = PAGES.filter((page) => !('permission' in page) || permissions?.includes(page.permission));
  const path = useLocation({ select: (location) => location.pathname });
  const nav = useRef<HTMLElement>(null);
  // On a phone the pages are a row that scrolls: the one that is open is brought into sight.
  // biome-ignore lint/correctness/useExhaustiveDependencies: the path and the number of links move what is looked for
  useEffect(() => {
    const link = nav.current?.querySelector<HTMLElement>('[data-status=active]');
    if (nav.current && link) nav.current.scrollLeft = link.offsetLeft - nav.current.clientWidth / 2;
  }, [path, pages.length]);
  return (
    <div className="mx-auto max-w-5xl">
      <PageHeader title="Settings" />
      <div className="grid gap-5 md:grid-cols-[10rem_minmax(0,1fr)] md:gap-8">
        <nav ref={nav} aria-label="Settings" className="relative flex gap-1 overflow-x-auto md:flex-col">
          {pages.map((page) => (
            <Link
              key={page.to}
              to={page.to}
              className="flex h-8 shrink-0 items-center rounded-md px-2.5 font-medium text-sm text-soft hover:bg-hover hover:text-text data-[status=active]:bg-hover data-[status=active]:text-text"
            >
              {page.label}
            </Link>
          ))}
        </nav>
        <div className="min-w-0">
          <Outlet />
        </div>
      </div>
    </div>
  );
}
