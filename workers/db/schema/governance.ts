import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { organizations } from './accounts.ts';

const organization_id = () =>
  text('organization_id')
    .notNull()
    .references(() => organizations.id);

/** Projection of the desk's external agents, for lists; the desk is the authority. */
export const externalAgents = sqliteTable(
  'external_agents',
  {
    id: text('id').primaryKey(),
    organization_id: organization_id(),
    name: text('name').notNull(),
    platform: text('platform').notNull(),
    description: text('description').notNull(),
    /** JSON of an ExternalConfig. */
    config: text('config').notNull(),
    /** JSON of a WebhookConfig as the vault seals it, and as it is shown. */
    webhook_sealed: text('webhook_sealed'),
    webhook_masked: text('webhook_masked'),
    /** JSON of a DisabledTarget. */
    webhook_disabled: text('webhook_disabled'),
    /** JSON list of ids; null for all. */
    agents: text('agents'),
    /** JSON list of ExternalOperations. */
    operations: text('operations').notNull(),
    /** JSON of RateLimits. */
    rate_limits: text('rate_limits'),
    max_concurrency: integer('max_concurrency'),
    /** JSON of a Recording. */
    recording: text('recording').notNull(),
    is_active: integer('is_active').notNull(),
    created_at: integer('created_at').notNull(),
    created_by: text('created_by').notNull(),
    updated_at: integer('updated_at').notNull(),
    deleted_at: integer('deleted_at'),
    revision: integer('revision').notNull(),
  },
  (table) => [
    index('external_agents_organization').on(table.organization_id, table.id),
    index('external_agents_platform').on(table.organization_id, table.platform, table.id),
  ],
);

/** Projection of the desk's policies, for lists; the desk is the authority. */
export const policies = sqliteTable(
  'policies',
  {
    id: text('id').primaryKey(),
    organization_id: organization_id(),
    name: text('name').notNull(),
    effect: text('effect').notNull(),
    priority: integer('priority').notNull(),
    is_active: integer('is_active').notNull(),
    /** JSON of what the policy says besides. */
    document: text('document').notNull(),
    version: integer('version').notNull(),
    created_at: integer('created_at').notNull(),
    created_by: text('created_by').notNull(),
    updated_at: integer('updated_at').notNull(),
    deleted_at: integer('deleted_at'),
    revision: integer('revision').notNull(),
  },
  (table) => [index('policies_organization').on(table.organization_id, table.id)],
);

/** What a policy said at each version: rows are never changed. */
export const policyVersions = sqliteTable(
  'policy_versions',
  {
    policy_id: text('policy_id').notNull(),
    version: integer('version').notNull(),
    organization_id: organization_id(),
    /** JSON of the whole policy. */
    policy: text('policy').notNull(),
    changed_at: integer('changed_at').notNull(),
    changed_by: text('changed_by').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.policy_id, table.version] }),
    index('policy_versions_organization').on(table.organization_id, table.policy_id, table.version),
  ],
);

/**
 * Calls of external agents: one row each for those that were allowed, written with their execution's row and forward only;
 * one row per external agent, code and minute for those that were refused, as the desk counts them.
 */
export const invocations = sqliteTable(
  'invocations',
  {
    id: text('id').primaryKey(),
    organization_id: organization_id(),
    external_agent_id: text('external_agent_id').notNull(),
    external_agent_name: text('external_agent_name').notNull(),
    platform: text('platform').notNull(),
    door: text('door').notNull(),
    key_id: text('key_id'),
    agent_id: text('agent_id'),
    agent_name: text('agent_name'),
    execution_id: text('execution_id'),
    status: text('status').notNull(),
    error_code: text('error_code'),
    error_message: text('error_message'),
    /** JSON, capped; see PAYLOAD_BYTES. In R2 once the row is archived. */
    request_payload: text('request_payload'),
    request_state: text('request_state').notNull(),
    response_payload: text('response_payload'),
    response_state: text('response_state').notNull(),
    /** JSON {first, last} of refused calls. */
    samples: text('samples'),
    latency_ms: integer('latency_ms'),
    cost_microusd: integer('cost_microusd').notNull(),
    count: integer('count').notNull(),
    created_at: integer('created_at').notNull(),
    finished_at: integer('finished_at'),
    webhook_delivery_status: text('webhook_delivery_status').notNull(),
    webhook_delivery_attempts: integer('webhook_delivery_attempts').notNull(),
    webhook_delivery_error: text('webhook_delivery_error'),
    webhook_delivery_id: text('webhook_delivery_id'),
    /** Where in R2 its payloads are. */
    archive: text('archive'),
    revision: integer('revision').notNull(),
  },
  (table) => [
    index('invocations_organization').on(table.organization_id, table.id),
    index('invocations_external_agent').on(table.organization_id, table.external_agent_id, table.id),
    index('invocations_status').on(table.organization_id, table.status, table.id),
    index('invocations_agent')
      .on(table.organization_id, table.agent_id, table.id)
      .where(sql`${table.agent_id} IS NOT NULL`),
    index('invocations_door').on(table.organization_id, table.door, table.id),
    // Partial: a call that went well writes none.
    index('invocations_error')
      .on(table.organization_id, table.error_code, table.id)
      .where(sql`${table.error_code} IS NOT NULL`),
  ],
);

/** What an execution reached outside of itself: JSON, one entry a step and thing. Written with the execution's row. */
export const executionTouches = sqliteTable(
  'execution_touches',
  {
    execution_id: text('execution_id').primaryKey(),
    organization_id: organization_id(),
    touches: text('touches').notNull(),
    revision: integer('revision').notNull(),
  },
  (table) => [index('execution_touches_organization').on(table.organization_id, table.execution_id)],
);
