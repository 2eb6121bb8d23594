import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { PanelLeftClose, PanelLeftOpen } from 'lucide-react';
import { Logo } from '@/components/logo.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Tooltip } from '@/components/ui/tooltip.tsx';
import { waitingForMeQuery } from '@/features/approvals/queries.ts';
import { readyProposalsQuery } from '@/features/proposals/list-queries.ts';
import type { Page } from '@/lib/api.ts';
import { cn } from '@/lib/class-names.ts';
import { useCan } from './queries.ts';
import { useSections } from './sections.ts';

/** `3`, or `100+` where there is more than was read. */
function countOf(page: Page<unknown> | undefined): string | undefined {
  if (page === undefined || page.data.length === 0) return undefined;
  return page.next_cursor === null ? String(page.data.length) : `${page.data.length}+`;
}

/** What waits for the signed-in person, by the section where it is dealt with. */
function useWaiting(): ReadonlyMap<string, string> {
  const mayDecide = useCan('agents:write');
  const approvals = countOf(useQuery(waitingForMeQuery).data);
  const proposals = countOf(useQuery({ ...readyProposalsQuery, enabled: mayDecide }).data);
  return new Map([
    ...(approvals === undefined ? [] : ([['/dashboard/approvals', approvals]] as const)),
    ...(proposals === undefined ? [] : ([['/dashboard/proposals', proposals]] as const)),
  ]);
}

/** The sections as links. `collapsed` shows their icons alone, with the names as tooltips. */
export function SectionLinks({ collapsed, onNavigate }: { collapsed: boolean; onNavigate?: () => void }) {
  const sections = useSections();
  const waiting = useWaiting();
  return (
    <nav aria-label="Sections" className="flex flex-1 flex-col gap-0.5 overflow-y-auto p-2">
      {sections.map((section) => {
        const count = waiting.get(section.to);
        const name = count === undefined ? section.label : `${section.label}, ${count} waiting for you`;
        const link = (
          <Link
            key={section.to}
            to={section.to}
            activeOptions={{ exact: section.to === '/dashboard', includeSearch: false }}
            aria-label={collapsed ? name : undefined}
            onClick={onNavigate}
            className={cn(
              'group relative flex h-8 items-center gap-2.5 rounded-md px-2 font-medium text-sm text-soft transition-colors duration-100 hover:bg-hover hover:text-text data-[status=active]:bg-hover data-[status=active]:text-text',
              collapsed && 'justify-center px-0',
            )}
          >
            <section.icon
              className="size-4 shrink-0 text-faint group-data-[status=active]:text-accent-text"
              aria-hidden="true"
            />
            {!collapsed && section.label}
            {count !== undefined &&
              (collapsed ? (
                <span className="absolute top-1 right-1.5 size-2 rounded-full bg-waiting-solid" />
              ) : (
                <span className="tabular ml-auto rounded-full bg-waiting-soft px-1.5 text-waiting text-xs">
                  {count}
                  <span className="sr-only"> waiting for you</span>
                </span>
              ))}
          </Link>
        );
        return collapsed ? (
          <Tooltip key={section.to} content={name} side="right">
            {link}
          </Tooltip>
        ) : (
          link
        );
      })}
    </nav>
  );
}

export function SidebarHeader({ collapsed }: { collapsed: boolean }) {
  return (
    <div className={cn('flex h-12 shrink-0 items-center px-3.5', collapsed && 'justify-center px-0')}>
      <Link to="/dashboard" className="flex items-center gap-2.5 rounded-md" aria-label="AgentFlow, overview">
        <Logo className="size-6" />
        {!collapsed && <span className="font-semibold text-base tracking-tight">AgentFlow</span>}
      </Link>
    </div>
  );
}

export function Sidebar({ collapsed, onToggle }: { collapsed: boolean; onToggle: () => void }) {
  const Icon = collapsed ? PanelLeftOpen : PanelLeftClose;
  return (
    <aside
      className={cn(
        'sticky top-0 hidden h-dvh shrink-0 flex-col border-line border-r bg-surface transition-[width] duration-100 lg:flex',
        collapsed ? 'w-14' : 'w-56',
      )}
    >
      <SidebarHeader collapsed={collapsed} />
      <SectionLinks collapsed={collapsed} />
      <div className={cn('flex border-line border-t p-2', collapsed && 'justify-center')}>
        <Button
          variant="ghost"
          size="icon"
          onClick={onToggle}
          aria-label={collapsed ? 'Expand the sidebar' : 'Collapse the sidebar'}
          aria-expanded={!collapsed}
        >
          <Icon aria-hidden="true" />
        </Button>
      </div>
    </aside>
  );
}
