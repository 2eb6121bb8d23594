import { integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { organizations } from './accounts.ts';

/** Secrets that agents name as `{{env.NAME}}`. */
export const envVars = sqliteTable(
  'env_vars',
  {
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    name: text('name').notNull(),
    /** The value, sealed by the vault for this organization and name. */
    sealed_value: text('sealed_value').notNull(),
    description: text('description').notNull(),
    /** JSON array of hosts that the value may be sent to; empty for any. */
    allowed_hosts: text('allowed_hosts').notNull(),
    created_at: integer('created_at').notNull(),
    created_by: text('created_by').notNull(),
    updated_at: integer('updated_at').notNull(),
    updated_by: text('updated_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization_id, table.name] })],
);

/** An organization's own access to a model provider, in place of the installation's. */
export const providerKeys = sqliteTable(
  'provider_keys',
  {
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    provider: text('provider').notNull(),
    /** The key, sealed by the vault; null where there is only an address. */
    sealed_key: text('sealed_key'),
    hint: text('hint'),
    base_url: text('base_url'),
    updated_at: integer('updated_at').notNull(),
    updated_by: text('updated_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization_id, table.provider] })],
);
