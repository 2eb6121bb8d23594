import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text } from 'drizzle-orm/sqlite-core';
import { organizations, users } from './accounts.ts';

const organization_id = () =>
  text('organization_id')
    .notNull()
    .references(() => organizations.id);

/** What happened and is told, for lists and the bell; the desk's log is read into it. */
export const events = sqliteTable(
  'events',
  {
    id: text('id').notNull(),
    organization_id: organization_id(),
    type: text('type').notNull(),
    version: integer('version').notNull().default(1),
    at: integer('at').notNull(),
    /** Whom it is about, where it is about one. */
    agent_id: text('agent_id'),
    project_id: text('project_id'),
    /** JSON. */
    data: text('data').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization_id, table.id] }),
    index('events_type').on(table.organization_id, table.type, table.id),
    index('events_agent').on(table.organization_id, table.agent_id, table.id).where(sql`${table.agent_id} IS NOT NULL`),
    index('events_project')
      .on(table.organization_id, table.project_id, table.id)
      .where(sql`${table.project_id} IS NOT NULL`),
  ],
);

/** What D1 has to tell the desk's log: written with what happened, deleted when the desk has it. */
export const eventOutbox = sqliteTable(
  'event_outbox',
  {
    id: text('id').primaryKey(),
    organization_id: organization_id(),
    type: text('type').notNull(),
    at: integer('at').notNull(),
    /** JSON. */
    data: text('data').notNull(),
  },
  (table) => [index('event_outbox_organization').on(table.organization_id, table.id)],
);

/** Projection of the desk's subscriptions, for lists; the desk is the authority. Those of external agents are in their rows. */
export const subscriptions = sqliteTable(
  'subscriptions',
  {
    id: text('id').primaryKey(),
    organization_id: organization_id(),
    kind: text('kind').notNull(),
    name: text('name').notNull(),
    /** JSON list of patterns. */
    events: text('events').notNull(),
    /** JSON of an EventScope. */
    filter: text('filter').notNull(),
    /** JSON of the settings as they may be shown. */
    settings: text('settings').notNull(),
    sealed: text('sealed').notNull(),
    is_active: integer('is_active').notNull(),
    /** JSON of a DisabledTarget. */
    disabled: text('disabled'),
    created_at: integer('created_at').notNull(),
    created_by: text('created_by').notNull(),
    updated_at: integer('updated_at').notNull(),
    deleted_at: integer('deleted_at'),
    revision: integer('revision').notNull(),
  },
  (table) => [index('subscriptions_kind').on(table.organization_id, table.kind, table.id)],
);

/** Accounts of members on chat platforms: what they press there counts as theirs. */
export const chatAccounts = sqliteTable(
  'chat_accounts',
  {
    organization_id: organization_id(),
    platform: text('platform').notNull(),
    /**
     * Where the account is known: `<team>.<fingerprint>`, of the key by which presses are verified, so that whoever brings
     * another key cannot speak for it. Empty where the platform alone can.
     */
    workspace: text('workspace').notNull(),
    account_id: text('account_id').notNull(),
    account_name: text('account_name').notNull(),
    user_id: text('user_id')
      .notNull()
      .references(() => users.id),
    linked_at: integer('linked_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization_id, table.platform, table.workspace, table.account_id] }),
    index('chat_accounts_user').on(table.user_id, table.organization_id),
  ],
);

/** How far a person has read, and what their bell tells. */
export const notificationMarks = sqliteTable(
  'notification_marks',
  {
    organization_id: organization_id(),
    user_id: text('user_id')
      .notNull()
      .references(() => users.id),
    /** Everything up to this event is read. */
    read_to: text('read_to').notNull(),
    /** JSON of NotificationSettings. */
    settings: text('settings').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization_id, table.user_id] }),
    index('notification_marks_user').on(table.user_id),
  ],
);

/** Events after that mark which a person has read one by one. */
export const notificationReads = sqliteTable(
  'notification_reads',
  {
    organization_id: organization_id(),
    user_id: text('user_id')
      .notNull()
      .references(() => users.id),
    event_id: text('event_id').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization_id, table.user_id, table.event_id] }),
    index('notification_reads_user').on(table.user_id),
  ],
);
