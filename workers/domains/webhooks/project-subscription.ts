import type { SubscriptionProjection, SubscriptionRecord } from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import { auditRow } from '../audit/index.ts';
import { type SubscriptionRow, upsertSubscription } from './queries.ts';

/** Writes a subscription's row and the audit row of its change, in one batch. Retelling changes nothing. */
export async function projectSubscription(
  database: Database,
  { organization_id, subscription, audit }: SubscriptionProjection,
): Promise<void> {
  const { id, name, settings } = subscription;
  // Not the whole URL: its path or query may be what opens it.
  const where =
    settings.kind === 'webhook' ? { host: new URL(settings.url).host } : { platform: settings.config.platform };
  const entry = {
    id: audit.id,
    action: audit.action,
    resource_type: audit.action.split('.')[0] ?? settings.kind,
    resource_id: id,
    details: { name, ...where, ...audit.details },
  };
  await database.batch([
    upsertSubscription(database, rowOf(organization_id, subscription)),
    auditRow(database, organization_id, audit.origin, entry, audit.at),
  ]);
}

function rowOf(organization_id: string, record: SubscriptionRecord): SubscriptionRow {
  const { events, filter, settings, disabled, is_active, ...same } = record;
  return {
    ...same,
    organization_id,
    kind: settings.kind,
    events: JSON.stringify(events),
    filter: JSON.stringify(filter),
    settings: JSON.stringify(settings),
    is_active: is_active ? 1 : 0,
    disabled: disabled === null ? null : JSON.stringify(disabled),
  };
}
