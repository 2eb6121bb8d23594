import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';
import { organizations } from './accounts.ts';

/** What groups executions. Archived ones keep their rows, and give their name back. */
export const projects = sqliteTable(
  'projects',
  {
    id: text('id').primaryKey(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    name: text('name').notNull(),
    description: text('description').notNull(),
    /** Counts changes of this row: its ETag. */
    revision: integer('revision').notNull(),
    created_at: integer('created_at').notNull(),
    created_by: text('created_by').notNull(),
    updated_at: integer('updated_at').notNull(),
    archived_at: integer('archived_at'),
  },
  (table) => [
    index('projects_organization').on(table.organization_id, table.id),
    uniqueIndex('projects_name').on(table.organization_id, table.name).where(sql`${table.archived_at} IS NULL`),
  ],
);

/** Shared context of projects. An entry past `expires_at` is not there any more, whether its row still is or not. */
export const contextEntries = sqliteTable(
  'context_entries',
  {
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    project_id: text('project_id')
      .notNull()
      .references(() => projects.id),
    key: text('key').notNull(),
    /** JSON. */
    value: text('value').notNull(),
    version: integer('version').notNull(),
    expires_at: integer('expires_at').notNull(),
    updated_at: integer('updated_at').notNull(),
    updated_by: text('updated_by').notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization_id, table.project_id, table.key] })],
);

/** Work given from one agent to another. The id of one that a step made is derived from the step: it is recorded once. */
export const handoffs = sqliteTable(
  'handoffs',
  {
    id: text('id').primaryKey(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    project_id: text('project_id'),
    from_agent_id: text('from_agent_id'),
    to_agent_id: text('to_agent_id').notNull(),
    instructions: text('instructions').notNull(),
    /** JSON. */
    context: text('context').notNull(),
    from_execution_id: text('from_execution_id'),
    execution_id: text('execution_id'),
    created_at: integer('created_at').notNull(),
    created_by: text('created_by').notNull(),
  },
  (table) => [
    index('handoffs_organization').on(table.organization_id, table.id),
    index('handoffs_to').on(table.organization_id, table.to_agent_id, table.id),
  ],
);
