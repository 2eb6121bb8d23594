import type { OrganizationEvent } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { X } from 'lucide-react';
import { CopyableId } from '@/components/copy-button.tsx';
import { JsonView } from '@/components/json-view.tsx';
import { ProblemCallout } from '@/components/problem-callout.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { Sheet } from '@/components/ui/sheet.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { RequestFailure } from '@/lib/api.ts';
import { formatExactTime, shortId } from '@/lib/format.ts';
import { EventDeliveries } from './event-deliveries.tsx';
import { eventQuery } from './queries.ts';

/** One event: its data, and who was told. */
export default function EventSheet({ eventId, onClose }: { eventId: string; onClose: () => void }) {
  const event = useQuery(eventQuery(eventId));
  const gone = event.error instanceof RequestFailure && [404, 422].includes(event.error.status);
  return (
    <Sheet open onOpenChange={(open) => !open && onClose()} title="Event" side="right" wide>
      <div className="flex items-center gap-1 border-line border-b px-5 py-3">
        <h2 className="min-w-0 flex-1 truncate font-mono font-semibold text-sm">{event.data?.type ?? 'Event'}</h2>
        <Button variant="ghost" size="icon-sm" aria-label="Close" onClick={onClose}>
          <X aria-hidden="true" />
        </Button>
      </div>
      <div className="flex-1 overflow-y-auto px-5 py-4">
        {gone ? (
          <p className="text-soft">There is no such event, or it is not kept any more.</p>
        ) : event.error && event.data === undefined ? (
          <ProblemCallout error={event.error} onRetry={() => void event.refetch()} />
        ) : event.data === undefined ? (
          <Skeleton className="h-72 w-full" />
        ) : (
          <EventDetails event={event.data} />
        )}
      </div>
    </Sheet>
  );
}

function EventDetails({ event }: { event: OrganizationEvent }) {
  const maySeeTargets = useCan('webhooks:read');
  return (
    <div className="flex min-w-0 flex-col gap-5">
      <div className="flex flex-wrap items-center gap-x-3 gap-y-2 text-sm">
        <span className="text-soft">
          {formatExactTime(event.timestamp)}, <RelativeTime iso={event.timestamp} />
        </span>
        <CopyableId id={event.id} short={shortId(event.id)} />
        <span className="text-faint text-xs">version {event.version} of its data</span>
      </div>
      <EventLinks event={event} />
      <JsonView value={event.data} path="event.data" label="Data of the event" />
      {maySeeTargets && <EventDeliveries event={event} />}
    </div>
  );
}

/** Pages of what the event tells of. */
function EventLinks({ event: { data } }: { event: OrganizationEvent }) {
  const { execution_id, agent_id, external_agent_id, invocation_id } = data;
  if (![execution_id, agent_id, external_agent_id].some((id) => typeof id === 'string')) return null;
  return (
    <div className="flex flex-wrap gap-2">
      {typeof execution_id === 'string' && (
        <Button size="sm" asChild>
          <Link to="/dashboard/executions/$executionId" params={{ executionId: execution_id }}>
            Open the execution
          </Link>
        </Button>
      )}
      {typeof agent_id === 'string' && (
        <Button size="sm" asChild>
          <Link to="/dashboard/agents/$agentId" params={{ agentId: agent_id }}>
            Open the agent
          </Link>
        </Button>
      )}
      {typeof invocation_id === 'string' && (
        <Button size="sm" asChild>
          <Link to="/dashboard/external-agents/calls" search={{ invocation: invocation_id }}>
            Open the call
          </Link>
        </Button>
      )}
      {typeof external_agent_id === 'string' && (
        <Button size="sm" asChild>
          <Link to="/dashboard/external-agents/$externalAgentId" params={{ externalAgentId: external_agent_id }}>
            Open the external agent
          </Link>
        </Button>
      )}
    </div>
  );
}
