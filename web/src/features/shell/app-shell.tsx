import { Outlet, useLocation, useNavigate } from '@tanstack/react-router';
import { Menu, Search } from 'lucide-react';
import { lazy, Suspense, useCallback, useEffect, useRef, useState } from 'react';
import { RoutePending } from '@/components/route-pending.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Kbd } from '@/components/ui/kbd.tsx';
import { Sheet } from '@/components/ui/sheet.tsx';
import { FeedStatus } from '@/features/feed/feed-status.tsx';
import { type SessionState, useSession } from '@/lib/session.ts';
import { CONTROL } from '@/lib/shortcuts.ts';
import { endTour, useTourState } from '@/lib/tour.ts';
import { useMediaQuery } from '@/lib/use-media-query.ts';
import { Bell } from './bell.tsx';
import { Breadcrumbs, BreadcrumbsProvider } from './breadcrumbs.tsx';
import { NetworkRefusedPage } from './network-refused-page.tsx';
import { OrganizationSwitcher } from './organization-switcher.tsx';
import { SectionLinks, Sidebar, SidebarHeader } from './sidebar.tsx';
import { ThemeMenu } from './theme-menu.tsx';
import { useOrganizationMoves } from './use-organization-moves.ts';
import { useShortcutsDialog } from './use-shortcuts-dialog.ts';
import { UserMenu } from './user-menu.tsx';

const CommandPalette = lazy(() => import('./command-palette.tsx'));
const ShortcutsDialog = lazy(() => import('./shortcuts-dialog.tsx'));
const Tour = lazy(() => import('./tour.tsx'));
const SIDEBAR_KEY = 'agentflow.sidebar';

function useCollapsedSidebar(): [boolean, () => void] {
  const [collapsed, setCollapsed] = useState(() => {
    try {
      return localStorage.getItem(SIDEBAR_KEY) === 'collapsed';
    } catch {
      return false;
    }
  });
  const toggle = () => {
    try {
      localStorage.setItem(SIDEBAR_KEY, collapsed ? 'expanded' : 'collapsed');
    } catch {
      // Storage is blocked: the choice holds until the page is closed.
    }
    setCollapsed(!collapsed);
  };
  return [collapsed, toggle];
}

/** The tour as it is to be shown: for who asks, and by itself on the overview of who is new, where there is room beside it. */
function useTour(userId: string) {
  const state = useTourState(userId);
  const onOverview = useLocation({ select: ({ pathname }) => pathname.replace(/\/$/, '') === '/dashboard' });
  const hasRoom = useMediaQuery('(min-width: 1024px)');
  const tour = state === 'asked' || (state === 'new' && onOverview && hasRoom) ? state : null;
  return { tour, endTour: useCallback(() => endTour(userId), [userId]) };
}

/** The shell of the session's organization. Leads to the login as soon as the session has ended. */
export function AppShell() {
  const session = useSession();
  const navigate = useNavigate();
  const href = useLocation({ select: (location) => location.href });
  const moving = useOrganizationMoves(session);
  const signedOut = session.status !== 'signed_in';

  useEffect(() => {
    if (signedOut) void navigate({ to: '/login', search: { redirect: href } });
  }, [signedOut, navigate, href]);

  if (signedOut) return null;
  if (moving) return <RoutePending />;
  if (session.networkRefused) return <NetworkRefusedPage organization={session.organization} />;
  return <Shell key={session.organization.id} session={session} />;
}

/** Sidebar, top bar and the page. */
function Shell({ session }: { session: Extract<SessionState, { status: 'signed_in' }> }) {
  const location = useLocation();
  const [collapsed, toggleSidebar] = useCollapsedSidebar();
  const [menuOpen, setMenuOpen] = useState(false);
  const [paletteOpen, setPaletteOpen] = useState(false);
  const [shortcutsOpen, closeShortcuts] = useShortcutsDialog();
  const { tour, endTour } = useTour(session.user.id);

  // A new page starts at its content, for keyboards and screen readers; the first one starts at its top.
  const shownPath = useRef(location.pathname);
  useEffect(() => {
    if (shownPath.current === location.pathname) return;
    shownPath.current = location.pathname;
    document.getElementById('content')?.focus({ preventScroll: true });
  }, [location.pathname]);

  useEffect(() => {
    const onKeyDown = (event: KeyboardEvent) => {
      if (event.key.toLowerCase() === 'k' && (event.metaKey || event.ctrlKey) && !event.shiftKey && !event.altKey) {
        event.preventDefault();
        setPaletteOpen((open) => !open);
      }
    };
    addEventListener('keydown', onKeyDown);
    return () => removeEventListener('keydown', onKeyDown);
  }, []);

  return (
    <BreadcrumbsProvider>
      <a
        href="#content"
        className="sr-only z-50 rounded-md bg-accent px-3 py-2 font-medium text-on-accent focus:not-sr-only focus:fixed focus:top-2 focus:left-2"
      >
        Skip to content
      </a>
      <div className="flex min-h-dvh">
        <Sidebar collapsed={collapsed} onToggle={toggleSidebar} />
        <Sheet open={menuOpen} onOpenChange={setMenuOpen} title="Navigation">
          <SidebarHeader collapsed={false} />
          <div className="border-line border-y px-2 py-1.5 sm:hidden">
            <OrganizationSwitcher organization={session.organization} onChosen={() => setMenuOpen(false)} />
          </div>
          <SectionLinks collapsed={false} onNavigate={() => setMenuOpen(false)} />
        </Sheet>
        <div className="flex min-w-0 flex-1 flex-col">
          <header className="sticky top-0 z-30 flex h-12 shrink-0 items-center gap-1.5 border-line border-b bg-surface px-3 sm:px-5">
            <Button
              variant="ghost"
              size="icon"
              className="-ml-1 lg:hidden"
              aria-label="Open navigation"
              onClick={() => setMenuOpen(true)}
            >
              <Menu aria-hidden="true" />
            </Button>
            <Breadcrumbs organization={<OrganizationSwitcher organization={session.organization} />} />
            <Button
              className="hidden w-56 justify-start bg-sunken! font-normal text-faint! shadow-none md:inline-flex"
              onClick={() => setPaletteOpen(true)}
              aria-keyshortcuts="Control+K Meta+K"
            >
              <Search aria-hidden="true" />
              <span className="flex-1 text-left">Search or run…</span>
              <Kbd>{CONTROL}</Kbd>
              <Kbd>K</Kbd>
            </Button>
            <Button
              variant="ghost"
              size="icon"
              className="md:hidden"
              aria-label="Search or run"
              onClick={() => setPaletteOpen(true)}
            >
              <Search aria-hidden="true" />
            </Button>
            <FeedStatus />
            <Bell />
            <ThemeMenu />
            <UserMenu user={session.user} organization={session.organization} />
          </header>
          <main id="content" tabIndex={-1} className="flex-1 px-4 py-5 focus-visible:outline-none sm:px-6 lg:px-8">
            <Outlet />
          </main>
        </div>
      </div>
      {paletteOpen && (
        <Suspense>
          <CommandPalette onClose={() => setPaletteOpen(false)} />
        </Suspense>
      )}
      {shortcutsOpen && (
        <Suspense>
          <ShortcutsDialog onClose={closeShortcuts} />
        </Suspense>
      )}
      {tour !== null && (
        <Suspense>
          <Tour key={tour} focused={tour === 'asked'} onEnd={endTour} />
        </Suspense>
      )}
    </BreadcrumbsProvider>
  );
}
