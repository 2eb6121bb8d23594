import {
  type ExternalAgent,
  type ExternalAgentKey,
  externalAgent,
  type MaskedWebhookConfig,
} from '@agentflow/contracts';
import type { DisabledTarget, ExternalAgentRecord, StoredKey } from '../../../durable-objects/organization/client.ts';
import type { ExternalAgentRow, ExternalKeyRow } from './queries.ts';

const iso = (at: number) => new Date(at).toISOString();
const isoOrNull = (at: number | null) => (at === null ? null : iso(at));
const columns = externalAgent.pick({ platform: true, config: true, operations: true, recording: true });

/** What stands elsewhere than in the external agent's own record. */
type Around = Pick<ExternalAgent, 'api_key' | 'budget'>;

export function presentRecord(record: ExternalAgentRecord, { api_key, budget }: Around): ExternalAgent {
  return {
    id: record.id,
    name: record.name,
    platform: record.platform,
    description: record.description,
    api_key,
    budget,
    config: record.config,
    webhook_config: record.webhook_masked,
    webhook_disabled: disabledOf(record.webhook_disabled ?? null),
    agents: record.agents === null ? null : [...record.agents],
    operations: [...record.operations],
    rate_limits: record.rate_limits,
    max_concurrency: record.max_concurrency,
    recording: record.recording,
    is_active: record.is_active,
    created_at: iso(record.created_at),
    created_by: record.created_by,
    updated_at: iso(record.updated_at),
  };
}

export function presentRow(row: ExternalAgentRow, { api_key, budget }: Around): ExternalAgent {
  const parsed = columns.parse({
    platform: row.platform,
    config: JSON.parse(row.config),
    operations: JSON.parse(row.operations),
    recording: JSON.parse(row.recording),
  });
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    api_key,
    budget,
    ...parsed,
    webhook_config: row.webhook_masked === null ? null : (JSON.parse(row.webhook_masked) as MaskedWebhookConfig),
    webhook_disabled: disabledOf(
      row.webhook_disabled === null ? null : (JSON.parse(row.webhook_disabled) as DisabledTarget),
    ),
    agents: row.agents === null ? null : (JSON.parse(row.agents) as string[]),
    rate_limits: externalAgent.shape.rate_limits.parse(row.rate_limits === null ? null : JSON.parse(row.rate_limits)),
    max_concurrency: row.max_concurrency,
    is_active: row.is_active === 1,
    created_at: iso(row.created_at),
    created_by: row.created_by,
    updated_at: iso(row.updated_at),
  };
}

function disabledOf(target: DisabledTarget | null): ExternalAgent['webhook_disabled'] {
  return target === null ? null : { ...target, at: iso(target.at) };
}

/** Begins the names of keys that the consent of a person made, see client-keys.ts. */
const OAUTH_KEY_NAME = 'OAuth: ';
const CLIENT_NAME_CHARACTERS = 60;

/** The same for every key of a client: what it calls itself, and its id. */
export function clientKeyName({ id, name }: { readonly id: string; readonly name: string }): string {
  return `${OAUTH_KEY_NAME}${name.slice(0, CLIENT_NAME_CHARACTERS)} (${id})`;
}

export function isClientKey({ name }: { readonly name: string }): boolean {
  return name.startsWith(OAUTH_KEY_NAME);
}

type Shown = Pick<
  ExternalKeyRow | StoredKey,
  'id' | 'name' | 'prefix' | 'created_at' | 'created_by' | 'expires_at' | 'last_used_at' | 'revoked_at' | 'replaced_by'
>;

export function presentKey(key: Shown): ExternalAgentKey {
  return {
    id: key.id,
    masked: key.prefix,
    source: isClientKey(key) ? 'oauth' : 'key',
    created_at: iso(key.created_at),
    created_by: key.created_by,
    expires_at: isoOrNull(key.expires_at),
    last_used_at: isoOrNull(key.last_used_at),
    revoked_at: isoOrNull(key.revoked_at),
    replaced_by: key.replaced_by,
  };
}
