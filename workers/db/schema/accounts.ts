import { sql } from 'drizzle-orm';
import { index, integer, primaryKey, sqliteTable, text, uniqueIndex } from 'drizzle-orm/sqlite-core';

/** A person; global, since one person may belong to several organizations. */
export const users = sqliteTable(
  'users',
  {
    id: text('id').primaryKey(),
    /** Trimmed and lower-cased. */
    email: text('email').notNull(),
    name: text('name').notNull(),
    /** `scrypt$N$r$p$salt$hash`, salt and hash in base64url. */
    password_hash: text('password_hash').notNull(),
    created_at: integer('created_at').notNull(),
    updated_at: integer('updated_at').notNull(),
  },
  (table) => [uniqueIndex('users_email').on(table.email)],
);

export const organizations = sqliteTable(
  'organizations',
  {
    id: text('id').primaryKey(),
    name: text('name').notNull(),
    slug: text('slug').notNull(),
    plan: text('plan').notNull(),
    /** The organization's data key, sealed by the master key: `kid.iv.ciphertext`. */
    wrapped_key: text('wrapped_key').notNull(),
    /** JSON `{revision, networks}`; null where it never was set. Projection: the desk is the authority. */
    ip_allowlist: text('ip_allowlist'),
    /** When its erasure began: from then on it is there for nobody. */
    erased_at: integer('erased_at'),
    created_at: integer('created_at').notNull(),
    updated_at: integer('updated_at').notNull(),
  },
  (table) => [uniqueIndex('organizations_slug').on(table.slug)],
);

export const memberships = sqliteTable(
  'memberships',
  {
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    user_id: text('user_id')
      .notNull()
      .references(() => users.id),
    role: text('role').notNull(),
    created_at: integer('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.organization_id, table.user_id] }),
    index('memberships_user').on(table.user_id),
  ],
);

/**
 * One signed-in browser. Refresh tokens rotate: the row holds the hash of the current one and of the one before, so that
 * two tabs that refresh at once both succeed within the grace time, and the reuse of an older one ends the session.
 */
export const sessions = sqliteTable(
  'sessions',
  {
    id: text('id').primaryKey(),
    user_id: text('user_id')
      .notNull()
      .references(() => users.id),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    token_hash: text('token_hash').notNull(),
    previous_hash: text('previous_hash'),
    rotated_at: integer('rotated_at').notNull(),
    created_at: integer('created_at').notNull(),
    expires_at: integer('expires_at').notNull(),
    revoked_at: integer('revoked_at'),
    ip: text('ip').notNull(),
    user_agent: text('user_agent').notNull(),
  },
  (table) => [index('sessions_user').on(table.user_id), index('sessions_organization').on(table.organization_id)],
);

/** Projection of the desk's keys, for lists; the desk is the authority. */
export const apiKeys = sqliteTable(
  'api_keys',
  {
    id: text('id').primaryKey(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    name: text('name').notNull(),
    prefix: text('prefix').notNull(),
    /** JSON array of permissions. */
    scopes: text('scopes').notNull(),
    created_at: integer('created_at').notNull(),
    created_by: text('created_by').notNull(),
    expires_at: integer('expires_at'),
    last_used_at: integer('last_used_at'),
    revoked_at: integer('revoked_at'),
    /** The key that a rotation made in its place. */
    replaced_by: text('replaced_by'),
    /** Of a key of an external agent, which has no scopes of its own. */
    external_agent_id: text('external_agent_id'),
    revision: integer('revision').notNull(),
  },
  (table) => [
    index('api_keys_organization').on(table.organization_id, table.id),
    index('api_keys_external_agent')
      .on(table.organization_id, table.external_agent_id, table.id)
      .where(sql`${table.external_agent_id} IS NOT NULL`),
  ],
);

/** Links by which people become members. The token itself is in the link alone. */
export const invitations = sqliteTable(
  'invitations',
  {
    id: text('id').primaryKey(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    /** Normalised like a user's. */
    email: text('email').notNull(),
    role: text('role').notNull(),
    /** SHA-256 of the token in hex. */
    token_hash: text('token_hash').notNull(),
    invited_by: text('invited_by').notNull(),
    delivery: text('delivery').notNull(),
    created_at: integer('created_at').notNull(),
    expires_at: integer('expires_at').notNull(),
    accepted_at: integer('accepted_at'),
    revoked_at: integer('revoked_at'),
  },
  (table) => [
    uniqueIndex('invitations_token').on(table.token_hash),
    index('invitations_organization').on(table.organization_id, table.id),
    index('invitations_email').on(table.email),
  ],
);

export const teams = sqliteTable(
  'teams',
  {
    id: text('id').primaryKey(),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    name: text('name').notNull(),
    /** The name lower-cased, so that two teams never differ by case alone. */
    name_key: text('name_key').notNull(),
    description: text('description').notNull(),
    created_at: integer('created_at').notNull(),
    updated_at: integer('updated_at').notNull(),
  },
  (table) => [
    uniqueIndex('teams_name').on(table.organization_id, table.name_key),
    index('teams_organization').on(table.organization_id, table.id),
  ],
);

export const teamMembers = sqliteTable(
  'team_members',
  {
    team_id: text('team_id')
      .notNull()
      .references(() => teams.id),
    user_id: text('user_id')
      .notNull()
      .references(() => users.id),
    organization_id: text('organization_id')
      .notNull()
      .references(() => organizations.id),
    created_at: integer('created_at').notNull(),
  },
  (table) => [
    primaryKey({ columns: [table.team_id, table.user_id] }),
    index('team_members_user').on(table.organization_id, table.user_id),
  ],
);
