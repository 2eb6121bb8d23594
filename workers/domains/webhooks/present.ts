import { eventScope, type TargetHealth, type Webhook, type WebhookDetail } from '@agentflow/contracts';
import type {
  DisabledTarget,
  SubscriptionRecord,
  WebhookSettings,
} from '../../../durable-objects/organization/client.ts';
import type { SubscriptionRow } from './queries.ts';

/** A subscription that is a webhook. */
export interface WebhookRecord extends SubscriptionRecord {
  readonly settings: WebhookSettings;
}

export function isWebhook(record: SubscriptionRecord | null): record is WebhookRecord {
  return record?.settings.kind === 'webhook';
}

const iso = (at: number) => new Date(at).toISOString();

export function presentWebhook(record: WebhookRecord, now: number): Webhook {
  const { settings } = record;
  const until = settings.previous_secret_until;
  return {
    id: record.id,
    url: settings.url,
    description: record.name,
    events: [...record.events],
    filter: record.filter,
    headers: { ...settings.headers },
    signature: settings.signature,
    secret_hint: settings.secret_hint,
    public_key: settings.public_key,
    previous_secret_until: until === null || until <= now ? null : iso(until),
    rate_per_second: settings.rate_per_second,
    ordered: settings.ordered,
    timeout_seconds: settings.timeout_seconds,
    retry_seconds: [...settings.retry_seconds],
    is_active: record.is_active,
    disabled: record.disabled === null ? null : { ...record.disabled, at: iso(record.disabled.at) },
    created_at: iso(record.created_at),
    created_by: record.created_by,
    updated_at: iso(record.updated_at),
  };
}

export function presentDetail(record: WebhookRecord, health: TargetHealth, now: number): WebhookDetail {
  return { ...presentWebhook(record, now), health };
}

export function presentRow(row: SubscriptionRow, now: number): Webhook {
  const record: WebhookRecord = {
    ...row,
    events: JSON.parse(row.events) as string[],
    filter: eventScope.parse(JSON.parse(row.filter)),
    settings: JSON.parse(row.settings) as WebhookSettings,
    is_active: row.is_active === 1,
    disabled: row.disabled === null ? null : (JSON.parse(row.disabled) as DisabledTarget),
  };
  return presentWebhook(record, now);
}
