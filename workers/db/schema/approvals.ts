import { index, integer, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { organizations } from './accounts.ts';

/** Projection of what executions ask people, for lists; the execution's object is the authority. `revision` never falls. */
export const approvals = sqliteTable(
  'approvals',
  {
    id: text('id').primaryKey(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    execution_id: text('execution_id').notNull(),
    agent_id: text('agent_id').notNull(),
    agent_name: text('agent_name').notNull(),
    mode: text('mode').notNull(),
    step_key: text('step_key').notNull(),
    node_id: text('node_id').notNull(),
    node_name: text('node_name').notNull(),
    kind: text('kind').notNull(),
    title: text('title').notNull(),
    message: text('message').notNull(),
    /** JSON. */
    payload: text('payload').notNull(),
    /** SHA-256 of the payload's canonical JSON in hex. */
    action_hash: text('action_hash').notNull(),
    /** JSON `{users, roles, teams}`. */
    approvers: text('approvers').notNull(),
    self_approval: integer('self_approval').notNull(),
    form_schema: text('form_schema'),
    /** JSON of the actor who started the execution. */
    requested_by: text('requested_by').notNull(),
    requested_at: integer('requested_at').notNull(),
    expires_at: integer('expires_at'),
    on_timeout: text('on_timeout'),
    status: text('status').notNull(),
    /** JSON of an actor. */
    decided_by: text('decided_by'),
    decided_at: integer('decided_at'),
    comment: text('comment').notNull(),
    /** JSON of what was filled in. */
    form: text('form'),
    revision: integer('revision').notNull(),
  },
  (table) => [
    index('approvals_organization').on(table.organization_id, table.id),
    index('approvals_status').on(table.organization_id, table.status, table.id),
    index('approvals_execution').on(table.organization_id, table.execution_id, table.id),
  ],
);
