import { Link } from '@tanstack/react-router';
import { useCan } from '@/features/shell/queries.ts';

const PAGES = [
  { to: '/dashboard/webhooks', label: 'Webhooks' },
  { to: '/dashboard/webhooks/channels', label: 'Channels' },
  { to: '/dashboard/events', label: 'Events' },
] as const;

/** The lists of what is told, and to whom. */
export function SectionTabs() {
  // Who may see no targets has nothing but the events here.
  const maySeeTargets = useCan('webhooks:read');
  if (!maySeeTargets) return null;
  return (
    <nav aria-label="What is told, and to whom" className="mb-5 flex gap-4 overflow-x-auto border-line border-b">
      {PAGES.map(({ to, label }) => (
        <Link
          key={to}
          to={to}
          activeOptions={{ exact: true, includeSearch: false }}
          className="-mb-px flex h-9 shrink-0 items-center border-transparent border-b-2 px-0.5 font-medium text-sm text-soft transition-colors duration-100 hover:text-text focus-visible:outline-offset-[-2px] data-[status=active]:border-accent data-[status=active]:text-text"
        >
          {label}
        </Link>
      ))}
    </nav>
  );
}
