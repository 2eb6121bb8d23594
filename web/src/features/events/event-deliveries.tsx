import { type Delivery, type OrganizationEvent, subjectOf, typesOf, type Webhook } from '@agentflow/contracts';
import { useQueries, useQuery } from '@tanstack/react-query';
import { Link } from '@tanstack/react-router';
import { RelativeTime } from '@/components/relative-time.tsx';
import { Skeleton } from '@/components/ui/skeleton.tsx';
import { channelsQuery } from '@/features/channels/queries.ts';
import { DeliveryBadge } from '@/features/deliveries/delivery-badge.tsx';
import { deliveriesQuery } from '@/features/deliveries/queries.ts';
import { webhooksQuery } from '@/features/webhooks/queries.ts';

/** As many targets as an organization may have. */
const MOST_TARGETS = 100;

interface Told {
  readonly name: string;
  readonly path: string;
}

/** Whether a target that is there now would have been told. */
function concerns(event: OrganizationEvent, { created_at, filter }: Pick<Webhook, 'created_at' | 'filter'>): boolean {
  const { agent_id, project_id } = subjectOf(event.data);
  return (
    created_at <= event.timestamp &&
    (filter.agent_ids === null || (agent_id !== null && filter.agent_ids.includes(agent_id))) &&
    (filter.project_ids === null || (project_id !== null && filter.project_ids.includes(project_id)))
  );
}

/** The targets that it may have been sent to. */
function useTargets(event: OrganizationEvent): readonly Told[] | undefined {
  const webhooks = useQuery(webhooksQuery({ event: event.type, limit: MOST_TARGETS })).data?.data;
  const channels = useQuery(channelsQuery({ limit: MOST_TARGETS })).data?.data;
  if (webhooks === undefined || channels === undefined) return undefined;
  return [
    ...webhooks
      .filter((webhook) => concerns(event, webhook))
      .map(({ id, url }) => ({ name: url, path: `/webhooks/${id}/deliveries` })),
    ...channels
      .filter((channel) => concerns(event, channel) && channel.events.flatMap(typesOf).includes(event.type))
      .map(({ id, name }) => ({ name, path: `/notification-channels/${id}/deliveries` })),
  ];
}

/** Who was told of an event, and whether it arrived. */
export function EventDeliveries({ event }: { event: OrganizationEvent }) {
  const targets = useTargets(event);
  const found = useQueries({
    queries: (targets ?? []).map(({ path }) => deliveriesQuery(path, { event_id: event.id, limit: 1 })),
  });
  const told = (targets ?? []).flatMap(({ name }, index) => {
    const delivery = found[index]?.data?.data[0];
    return delivery === undefined ? [] : [{ name, delivery }];
  });
  const reading = targets === undefined || found.some(({ isPending }) => isPending);
  return (
    <section aria-labelledby="event-deliveries">
      <h3 id="event-deliveries" className="mb-2 font-semibold text-sm">
        Told to
      </h3>
      {reading && told.length === 0 ? (
        <Skeleton className="h-11 w-full" />
      ) : told.length === 0 ? (
        <p className="text-sm text-soft">None of the webhooks and channels, as they are set now, was told of it.</p>
      ) : (
        <ul className="divide-y divide-line rounded-lg border border-line">
          {told.map(({ name, delivery }) => (
            <ToldTo key={delivery.id} name={name} delivery={delivery} />
          ))}
        </ul>
      )}
    </section>
  );
}

function ToldTo({ name, delivery }: { name: string; delivery: Delivery }) {
  return (
    <li className="relative flex items-center gap-3 px-3 py-2 text-sm hover:bg-hover">
      <DeliveryBadge delivery={delivery} />
      <Link
        to="/dashboard/deliveries/$deliveryId"
        params={{ deliveryId: delivery.id }}
        className="min-w-0 flex-1 truncate rounded-sm font-medium before:absolute before:inset-0 hover:text-accent-text"
      >
        {name}
      </Link>
      <span className="shrink-0 text-faint text-xs">
        <RelativeTime iso={delivery.created_at} />
      </span>
    </li>
  );
}
