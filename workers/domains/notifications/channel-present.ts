import { type ChannelDetail, eventScope, type NotificationChannel, type TargetHealth } from '@agentflow/contracts';
import type {
  ChannelSettings,
  DisabledTarget,
  SubscriptionRecord,
} from '../../../durable-objects/organization/client.ts';
import { callbackUrl } from '../../platform/chat-callbacks.ts';
import type { SubscriptionRow } from '../webhooks/index.ts';

/** A subscription that is a notification channel. */
export interface ChannelRecord extends SubscriptionRecord {
  readonly settings: ChannelSettings;
}

/** Where its callbacks arrive. */
export interface ChannelPlace {
  readonly organizationId: string;
  readonly origin: string;
}

export function isChannel(record: SubscriptionRecord | null): record is ChannelRecord {
  return record?.settings.kind === 'channel';
}

const iso = (at: number) => new Date(at).toISOString();

export function presentChannel(record: ChannelRecord, { origin, organizationId }: ChannelPlace): NotificationChannel {
  const { config, templates, buttons } = record.settings;
  return {
    id: record.id,
    name: record.name,
    platform: config.platform,
    config,
    events: [...record.events],
    filter: record.filter,
    templates,
    buttons,
    callback_url: buttons ? callbackUrl(origin, organizationId, record.id) : null,
    is_active: record.is_active,
    disabled: record.disabled === null ? null : { ...record.disabled, at: iso(record.disabled.at) },
    created_at: iso(record.created_at),
    created_by: record.created_by,
    updated_at: iso(record.updated_at),
  };
}

export function presentDetail(record: ChannelRecord, place: ChannelPlace, health: TargetHealth): ChannelDetail {
  return { ...presentChannel(record, place), health };
}

export function presentRow(row: SubscriptionRow, place: ChannelPlace): NotificationChannel {
  const record: ChannelRecord = {
    ...row,
    events: JSON.parse(row.events) as string[],
    filter: eventScope.parse(JSON.parse(row.filter)),
    settings: JSON.parse(row.settings) as ChannelSettings,
    is_active: row.is_active === 1,
    disabled: row.disabled === null ? null : (JSON.parse(row.disabled) as DisabledTarget),
  };
  return presentChannel(record, place);
}
