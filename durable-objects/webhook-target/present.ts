import type { Delivery, DeliveryDetail, TargetHealth } from '@agentflow/contracts';
import type { SubscriptionRecord } from '../organization/client.ts';
import { deliveryIdOf } from './client.ts';
import { bodyOf } from './send-webhook.ts';
import type { AttemptRow, DeliveryRow } from './store/deliveries.ts';
import type { TargetState } from './store/target.ts';

/** The event of a delivery of this target; null for another target's. */
export function eventIdOf(targetId: string, deliveryId: string): string | null {
  const prefix = `dlv_${targetId}_`;
  return deliveryId.startsWith(prefix) ? `evt_${deliveryId.slice(prefix.length)}` : null;
}

const iso = (at: number) => new Date(at).toISOString();
const isoOrNull = (at: number | null) => (at === null ? null : iso(at));

export function presentDelivery(targetId: string, row: DeliveryRow): Delivery {
  return {
    id: deliveryIdOf(targetId, row.event_id),
    target_id: targetId,
    event_id: row.event_id,
    event_type: row.type,
    is_test: row.is_test,
    status: row.status,
    attempts: row.attempts,
    created_at: iso(row.created_at),
    next_attempt_at: isoOrNull(row.status === 'pending' ? row.next_at : null),
    finished_at: isoOrNull(row.finished_at),
    last_status: row.last_status,
    last_error: row.last_error,
    last_duration_ms: row.last_duration_ms,
  };
}

export function presentDetail(state: TargetState, row: DeliveryRow, attempts: readonly AttemptRow[]): DeliveryDetail {
  const { subscription, organization_id, target_id } = state;
  const underWay =
    row.lease_until === null || row.claimed_at === null
      ? []
      : [
          {
            number: row.attempts,
            at: iso(row.claimed_at),
            duration_ms: null,
            outcome: 'sending' as const,
            status: null,
            error: null,
            request_headers: {},
            response_headers: {},
            response_body: null,
            response_truncated: false,
          },
        ];
  return {
    ...presentDelivery(target_id, row),
    url: addressOf(subscription),
    request_body: subscription.settings.kind === 'webhook' ? bodyOf(row, organization_id) : row.request_body,
    attempts_made: [...attempts.map((attempt) => ({ ...attempt, at: iso(attempt.at) })), ...underWay],
  };
}

export function presentHealth(
  state: TargetState,
  counts: Readonly<Record<'pending' | 'delivered' | 'failed', number>>,
  now: number,
): TargetHealth {
  return {
    ...counts,
    last_success_at: isoOrNull(state.last_success_at),
    failing_since: isoOrNull(state.failing_since),
    last_error: state.last_error,
    paused_until: isoOrNull(state.paused_until > now ? state.paused_until : null),
  };
}

/** Where it is sent to, as far as whoever may look at deliveries may know it. */
function addressOf({ settings }: SubscriptionRecord): string {
  if (settings.kind === 'webhook') return settings.url;
  const { config } = settings;
  const place = config.webhook_url ?? config.channel ?? config.channel_id ?? config.chat_id ?? config.to?.join(', ');
  return place === undefined ? config.platform : `${config.platform}: ${place}`;
}
