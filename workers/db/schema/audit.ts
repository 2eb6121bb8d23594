import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { organizations } from './accounts.ts';

/** Who did what, on what, from where. Written in the same batch as the change that it tells. */
export const auditLogs = sqliteTable(
  'audit_logs',
  {
    id: text('id').primaryKey(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    at: integer('at').notNull(),
    actor_type: text('actor_type').notNull(),
    actor_id: text('actor_id').notNull(),
    action: text('action').notNull(),
    resource_type: text('resource_type').notNull(),
    resource_id: text('resource_id').notNull(),
    /** JSON object; never holds a credential. */
    details: text('details').notNull(),
    ip: text('ip').notNull(),
    user_agent: text('user_agent').notNull(),
    request_id: text('request_id').notNull(),
  },
  (table) => [
    index('audit_logs_organization').on(table.organization_id, table.id),
    index('audit_logs_actor').on(table.organization_id, table.actor_id, table.id),
    index('audit_logs_action').on(table.organization_id, table.action, table.id),
    index('audit_logs_resource').on(table.organization_id, table.resource_type, table.resource_id, table.id),
  ],
);
