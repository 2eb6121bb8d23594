import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { organizations } from './accounts.ts';
import { agents } from './agents.ts';

/** Changes of drafts that refinements propose, as lists show them. */
export const proposals = sqliteTable(
  'proposals',
  {
    id: text('id').primaryKey(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    agent_id: text('agent_id')
      .notNull()
      .references(() => agents.id),
    thread_id: text('thread_id').notNull(),
    /** The runtime's thread, while its data is kept. */
    run_id: text('run_id'),
    status: text('status').notNull(),
    user_prompt: text('user_prompt').notNull(),
    summary: text('summary').notNull(),
    /** `organization` or `private`. */
    access: text('access').notNull(),
    /** Revision of the draft that it was made from. */
    base_version: integer('base_version').notNull(),
    model: text('model').notNull(),
    runtime: text('runtime').notNull(),
    attempts: integer('attempts').notNull(),
    /** JSON of an ExecutionError. */
    error: text('error'),
    /** JSON list of DefinitionProblem. */
    problems: text('problems'),
    /** JSON list of Todo. */
    todos: text('todos'),
    cost_microusd: integer('cost_microusd').notNull(),
    created_at: integer('created_at').notNull(),
    /** JSON of an Actor. */
    created_by: text('created_by').notNull(),
    /** Id in `created_by`. */
    author_id: text('author_id').notNull(),
    ended_at: integer('ended_at'),
    decided_at: integer('decided_at'),
    /** JSON of an Actor. */
    decided_by: text('decided_by'),
    /** JSON: hash, paths, hunks, comment, draft_version. */
    decision: text('decision'),
    follows: text('follows'),
    /** Counts changes of this row. */
    revision: integer('revision').notNull(),
  },
  (table) => [
    index('proposals_organization').on(table.organization_id, table.id),
    index('proposals_agent').on(table.organization_id, table.agent_id, table.id),
    index('proposals_status').on(table.organization_id, table.status, table.id),
    index('proposals_thread').on(table.organization_id, table.thread_id),
  ],
);

/** What a proposal is about, apart from its row because it is large. */
export const proposalContents = sqliteTable(
  'proposal_contents',
  {
    proposal_id: text('proposal_id')
      .notNull()
      .references(() => proposals.id),
    /** `base`: JSON of the AgentDefinition that it was made from; `from`: files that it began with, where those are others; `generated`: files. */
    kind: text('kind').notNull(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    content: text('content').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.proposal_id, table.kind] }),
    index('proposal_contents_organization').on(table.organization_id, table.proposal_id),
  ],
);

/** Who may see or decide a private proposal beside its author, owners and admins. */
export const proposalAccess = sqliteTable(
  'proposal_access',
  {
    proposal_id: text('proposal_id')
      .notNull()
      .references(() => proposals.id),
    user_id: text('user_id').notNull(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    /** `read` or `decide`. */
    level: text('level').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.proposal_id, table.user_id] }),
    index('proposal_access_person').on(table.organization_id, table.user_id),
  ],
);

export const proposalComments = sqliteTable(
  'proposal_comments',
  {
    id: text('id').primaryKey(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    proposal_id: text('proposal_id')
      .notNull()
      .references(() => proposals.id),
    path: text('path'),
    line: integer('line'),
    text: text('text').notNull(),
    created_at: integer('created_at').notNull(),
    /** JSON of an Actor. */
    created_by: text('created_by').notNull(),
    author_id: text('author_id').notNull(),
  },
  (table) => [index('proposal_comments_proposal').on(table.organization_id, table.proposal_id, table.id)],
);
