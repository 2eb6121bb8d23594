import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { RelativeTime } from '@/components/relative-time.tsx';
import { ApprovalBadge } from '@/components/status-badge.tsx';
import { waitingForMeQuery } from './queries.ts';

const SHOWN = 5;

/** What waits for the signed-in person, oldest first; nothing when nothing does. */
export function WaitingForMe() {
  const waiting = useQuery(waitingForMeQuery).data?.data ?? [];
  if (waiting.length === 0) return null;
  return (
    <section aria-label="Waiting for you" className="mb-6">
      <div className="mb-2 flex items-baseline justify-between">
        <h2 className="font-semibold">Waiting for you</h2>
        <Link to="/dashboard/approvals" className="rounded-sm text-accent-text text-sm hover:underline">
          {waiting.length > SHOWN ? `All ${waiting.length}` : 'All approvals'}
        </Link>
      </div>
      <ul className="divide-y divide-line overflow-hidden rounded-xl border border-line bg-surface shadow-card">
        {[...waiting]
          .reverse()
          .slice(0, SHOWN)
          .map((approval) => (
            <li key={approval.id}>
              <Link
                to="/dashboard/approvals"
                search={{ approval: approval.id }}
                className="flex min-h-11 items-center gap-3 px-3 py-2 text-sm transition-colors duration-100 hover:bg-hover focus-visible:outline-offset-[-2px]"
              >
                <ApprovalBadge status={approval.status} />
                <span className="min-w-0 flex-1">
                  <span className="block truncate text-text">{approval.title}</span>
                  <span className="block truncate text-faint text-xs">{approval.message}</span>
                </span>
                <span className="shrink-0 text-right text-faint text-xs">
                  <span className="block max-w-32 truncate text-soft">{approval.agent_name}</span>
                  <RelativeTime iso={approval.requested_at} />
                </span>
              </Link>
            </li>
          ))}
      </ul>
    </section>
  );
}
