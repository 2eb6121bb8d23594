import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { organizations } from './accounts.ts';

export const agents = sqliteTable(
  'agents',
  {
    id: text('id').primaryKey(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    name: text('name').notNull(),
    description: text('description').notNull(),
    status: text('status').notNull(),
    live_version: integer('live_version'),
    latest_version: integer('latest_version').notNull(),
    /** JSON list; null for none. */
    tags: text('tags'),
    /** Counts changes of this row: its ETag, and the order in which the desk takes heads. */
    revision: integer('revision').notNull(),
    created_at: integer('created_at').notNull(),
    created_by: text('created_by').notNull(),
    updated_at: integer('updated_at').notNull(),
  },
  (table) => [
    index('agents_organization').on(table.organization_id, table.id),
    index('agents_status').on(table.organization_id, table.status, table.id),
  ],
);

export const agentDrafts = sqliteTable(
  'agent_drafts',
  {
    agent_id: text('agent_id')
      .primaryKey()
      .references(() => agents.id),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    /** JSON of an AgentDefinition. */
    definition: text('definition').notNull(),
    revision: integer('revision').notNull(),
    updated_at: integer('updated_at').notNull(),
    updated_by: text('updated_by').notNull(),
  },
  (table) => [index('agent_drafts_organization').on(table.organization_id)],
);

/** Published definitions: rows are never changed. */
export const agentVersions = sqliteTable(
  'agent_versions',
  {
    agent_id: text('agent_id')
      .notNull()
      .references(() => agents.id),
    version: integer('version').notNull(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    definition: text('definition').notNull(),
    change_message: text('change_message').notNull(),
    created_at: integer('created_at').notNull(),
    created_by: text('created_by').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.agent_id, table.version] }),
    index('agent_versions_organization').on(table.organization_id, table.agent_id, table.version),
  ],
);
