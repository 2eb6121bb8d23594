import type { OrganizationEvent } from '@agentflow/contracts';
import { useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { CopyableId } from '@/components/copy-button.tsx';
import { DetailSheet } from '@/components/detail-sheet.tsx';
import { JsonView } from '@/components/json-view.tsx';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Button } from '@/components/ui/button.tsx';
import { useCan } from '@/features/shell/queries.ts';
import { formatExactTime, shortId } from '@/lib/format.ts';
import { EventDeliveries } from './event-deliveries.tsx';
import { eventQuery } from './queries.ts';

/** One event: its data, and who was told. */
export default function EventSheet({ eventId, onClose }: { eventId: string; onClose: () => void }) {
  return (
    <DetailSheet
      label="Event"
      query={useQuery(eventQuery(eventId))}
      titleOf={(event) => event.type}
      gone="There is no such event, or it is not kept any more."
      onClose={onClose}
    >
      {(event) => <EventDetails event={event} />}
    </DetailSheet>
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
