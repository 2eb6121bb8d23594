/** Tables of an organization's desk as the first release made them. */
export const DESK_1 = [
  'CREATE TABLE identity (organization_id TEXT PRIMARY KEY) WITHOUT ROWID',
  'CREATE TABLE plan (id INTEGER PRIMARY KEY CHECK (id = 1), limits TEXT NOT NULL)',
  `CREATE TABLE keys (
    id TEXT PRIMARY KEY, key_hash TEXT NOT NULL UNIQUE, record TEXT NOT NULL, expires_at INTEGER, revoked_at INTEGER,
    last_used_at INTEGER, revision INTEGER NOT NULL) WITHOUT ROWID`,
  'CREATE TABLE agents (agent_id TEXT PRIMARY KEY, head TEXT NOT NULL) WITHOUT ROWID',
  'CREATE TABLE watched_agents (agent_id TEXT PRIMARY KEY, check_at INTEGER NOT NULL, outstanding INTEGER NOT NULL) WITHOUT ROWID',
  `CREATE TABLE leases (
    id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, agent_id TEXT NOT NULL, caller TEXT NOT NULL, state TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID`,
  'CREATE INDEX leases_expiry ON leases (expires_at)',
  `CREATE TABLE requests (
    scope TEXT NOT NULL, key TEXT NOT NULL, body_hash TEXT NOT NULL, execution_id TEXT, answer TEXT, expires_at INTEGER NOT NULL,
    PRIMARY KEY (scope, key)) WITHOUT ROWID`,
  'CREATE INDEX requests_expiry ON requests (expires_at)',
  'CREATE INDEX requests_execution ON requests (execution_id) WHERE execution_id IS NOT NULL',
  'CREATE TABLE windows (name TEXT PRIMARY KEY, window_start INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE spend (day TEXT PRIMARY KEY, cost_microusd INTEGER NOT NULL, executions INTEGER NOT NULL) WITHOUT ROWID',
  'CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL)',
];
