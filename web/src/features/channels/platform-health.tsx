import type { PlatformHealth } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { TriangleAlert } from 'lucide-react';
import { RelativeTime } from '@/components/relative-time.tsx';
import { formatCount, formatShare } from '@/lib/format.ts';
import { CHAT_PLATFORM_LOOKS } from './platforms.ts';
import { platformHealthQuery } from './queries.ts';

/** How it went with each platform in the last hour; nothing while nothing was sent. */
export function PlatformHealthStrip() {
  const used = (useQuery(platformHealthQuery).data?.data ?? []).filter(
    ({ attempts, state }) => attempts > 0 || state === 'unhealthy',
  );
  if (used.length === 0) return null;
  return (
    <ul aria-label="Platforms in the last hour" className="mb-4 flex flex-wrap gap-2">
      {used.map((health) => (
        <Health key={health.platform} health={health} />
      ))}
    </ul>
  );
}

function Health({
  health: { platform, state, attempts, failed, last_error, unhealthy_since },
}: {
  health: PlatformHealth;
}) {
  const { name, icon: Icon } = CHAT_PLATFORM_LOOKS[platform];
  const share = attempts === 0 ? 0 : failed / attempts;
  return (
    <li className="flex min-w-0 items-start gap-2.5 rounded-lg border border-line bg-surface px-3 py-2 text-sm shadow-card">
      <Icon className="mt-0.5 size-4 shrink-0 text-faint" aria-hidden="true" />
      <div className="min-w-0">
        <p className="flex flex-wrap items-center gap-x-2">
          <span className="font-medium">{name}</span>
          <span className="tabular text-faint text-xs">
            {formatCount(attempts)} in the last hour
            {failed > 0 && `, ${formatShare(share)} failed`}
          </span>
        </p>
        {state === 'unhealthy' && (
          <p className="flex items-center gap-1.5 text-failed text-xs">
            <TriangleAlert className="size-3.5 shrink-0" aria-hidden="true" />
            <span className="min-w-0 break-words">
              Most messages fail
              {unhealthy_since !== null && (
                <>
                  {' '}
                  since <RelativeTime iso={unhealthy_since} />
                </>
              )}
              {last_error !== null && `: ${last_error}`}
            </span>
          </p>
        )}
      </div>
    </li>
  );
}
