import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { organizations } from './accounts.ts';
import { agents } from './agents.ts';

/** Projection of execution objects, for lists and counts. A row moves forward only: `revision` never falls. */
export const executions = sqliteTable(
  'executions',
  {
    id: text('id').primaryKey(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    agent_id: text('agent_id')
      .notNull()
      .references(() => agents.id),
    agent_name: text('agent_name').notNull(),
    version: integer('version'),
    mode: text('mode').notNull(),
    status: text('status').notNull(),
    waiting_reason: text('waiting_reason'),
    trigger: text('trigger').notNull(),
    /** Of an execution that another one started; null for most. */
    parent_execution_id: text('parent_execution_id'),
    root_execution_id: text('root_execution_id'),
    project_id: text('project_id'),
    actor_type: text('actor_type').notNull(),
    actor_id: text('actor_id').notNull(),
    actor_name: text('actor_name').notNull(),
    /** JSON of an ExecutionError. */
    error: text('error'),
    input_tokens: integer('input_tokens').notNull(),
    output_tokens: integer('output_tokens').notNull(),
    cost_microusd: integer('cost_microusd').notNull(),
    step_count: integer('step_count').notNull(),
    created_at: integer('created_at').notNull(),
    started_at: integer('started_at'),
    finished_at: integer('finished_at'),
    revision: integer('revision').notNull(),
  },
  (table) => [
    index('executions_organization').on(table.organization_id, table.id),
    index('executions_agent').on(table.organization_id, table.agent_id, table.id),
    index('executions_status').on(table.organization_id, table.status, table.id),
    index('executions_actor').on(table.organization_id, table.actor_id, table.id),
    index('executions_trigger').on(table.organization_id, table.trigger, table.id),
    // Partial: an execution of its own, without a project, writes neither.
    index('executions_parent')
      .on(table.organization_id, table.parent_execution_id, table.id)
      .where(sql`${table.parent_execution_id} IS NOT NULL`),
    index('executions_root')
      .on(table.organization_id, table.root_execution_id, table.id)
      .where(sql`${table.root_execution_id} IS NOT NULL`),
    index('executions_project')
      .on(table.organization_id, table.project_id, table.id)
      .where(sql`${table.project_id} IS NOT NULL`),
    // Which agents ran in a project: one seek an agent.
    index('executions_project_agent')
      .on(table.organization_id, table.project_id, table.agent_id)
      .where(sql`${table.project_id} IS NOT NULL`),
  ],
);

/**
 * How an agent's live executions ended, by the UTC day of their end. Triggers of the database write it, in the statement
 * that brings an execution to its end for the first time: telling it again counts nothing, and what
 * retention deletes stays counted.
 */
export const agentDays = sqliteTable(
  'agent_days',
  {
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    agent_id: text('agent_id').notNull(),
    /** Whole days since 1970. */
    day: integer('day').notNull(),
    completed: integer('completed').notNull(),
    failed: integer('failed').notNull(),
    cancelled: integer('cancelled').notNull(),
  },
  (table) => [primaryKey({ columns: [table.organization_id, table.agent_id, table.day] })],
);

/** One row per model attempt, successful or not. The id is derived from execution, step, attempt and call: retelling it changes nothing. */
export const costRecords = sqliteTable(
  'cost_records',
  {
    id: text('id').primaryKey(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    execution_id: text('execution_id').notNull(),
    agent_id: text('agent_id').notNull(),
    project_id: text('project_id'),
    node_id: text('node_id').notNull(),
    provider: text('provider').notNull(),
    model: text('model').notNull(),
    input_tokens: integer('input_tokens').notNull(),
    output_tokens: integer('output_tokens').notNull(),
    cost_microusd: integer('cost_microusd').notNull(),
    latency_ms: integer('latency_ms').notNull(),
    estimated: integer('estimated').notNull(),
    outcome: text('outcome').notNull(),
    at: integer('at').notNull(),
  },
  (table) => [
    index('cost_records_organization').on(table.organization_id, table.at),
    index('cost_records_project')
      .on(table.organization_id, table.project_id, table.at)
      .where(sql`${table.project_id} IS NOT NULL`),
    index('cost_records_execution').on(table.execution_id),
    index('cost_records_agent').on(table.organization_id, table.agent_id, table.at),
  ],
);
