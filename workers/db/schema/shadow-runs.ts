import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { organizations } from './accounts.ts';
import { agents } from './agents.ts';

/** Trials of a definition on executions that have ended. The job that works them off has no other state. */
export const shadowRuns = sqliteTable(
  'shadow_runs',
  {
    id: text('id').primaryKey(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    agent_id: text('agent_id')
      .notNull()
      .references(() => agents.id),
    status: text('status').notNull(),
    /** JSON of what is tried; null once the trial has ended. */
    definition: text('definition'),
    draft_revision: integer('draft_revision'),
    created_at: integer('created_at').notNull(),
    created_by: text('created_by').notNull(),
    finished_at: integer('finished_at'),
  },
  (table) => [index('shadow_runs_agent').on(table.organization_id, table.agent_id, table.id)],
);

/** One execution that a shadow run repeats. Holds no inputs or outputs: those are the executions' own. */
export const shadowComparisons = sqliteTable(
  'shadow_comparisons',
  {
    shadow_run_id: text('shadow_run_id')
      .notNull()
      .references(() => shadowRuns.id),
    place: integer('place').notNull(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    execution_id: text('execution_id').notNull(),
    shadow_execution_id: text('shadow_execution_id'),
    status: text('status').notNull(),
    /** JSON of an ExecutionError. */
    error: text('error'),
    /** JSON of a ShadowOutcome. */
    outcome: text('outcome'),
    /** JSON of the ids that nodes had, by new id. */
    renamed: text('renamed'),
  },
  (table) => [
    primaryKey({ columns: [table.shadow_run_id, table.place] }),
    index('shadow_comparisons_organization').on(table.organization_id, table.shadow_run_id),
  ],
);
