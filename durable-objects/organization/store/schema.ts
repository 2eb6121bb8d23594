/**
 * Storage layout of an organization's desk, made by its first trusted write and never in the constructor:
 * - `identity`: one row, the organization's id.
 * - `plan`: one row, limits of the plan.
 * - `keys`: API keys by hash; `revision` orders their projections.
 * - `agents`: heads, by which starts are decided.
 * - `watched_agents`: agents whose D1 row may have changed without the head being told.
 * - `leases`: one row per execution that has not settled. `ord` counts admissions, and a queued one gets a new number when
 *   its turn comes; `notice` is what its execution has still to be told, see ../notices.ts.
 * - `requests`: idempotency keys, of starts (`execution_id`) and of other creates (`answer`), kept 24 h.
 * - `rates`: what is counted of each limited subject, and `rate_limits`, one row, what the organization limits; see ../rates.ts.
 * - `spend`: settled cost by UTC day.
 * - `outbox`: projections that D1 has not confirmed.
 * - `ip_allowlist`: one row, the networks that callers may come from.
 * - `erasures`: what is being erased, page by page; see ../erasure.ts.
 * - `retention`: one row, how long executions are kept, and how far that has been told; see ../retention.ts.
 * - `feed`: the newest events of the organization's feed, and `feed_watch`, one row, until when they are kept; see ../feed.ts.
 * - `accounts`, `holds`, `budget_waiters`: the ledger, see ../ledger.ts. A lease's `spends` names the accounts that are not
 *   its organization's or its agent's.
 * - `external_agents`: their records, deleted ones included.
 * - `stops`: uses of the kill switch, with counts of what they have ended; see ../stops.ts.
 * - `refusals`: refused calls of external agents by code and minute, see ../refusals.ts.
 * - `policies`: policies as they are now, their versions are in D1; `policy_default`, one row, what holds without one.
 * - `agent_costs`: what agents cost lately; see ../policies/cost-estimates.ts.
 * - `noted`: what is usual of external agents and their keys, and what was told of them lately; see ../desk-suspicions.ts.
 * - `archive`: one row, when the payloads of invocations move to R2, and how far that is; see ../archive.ts.
 * - `events`: what somebody has still to read, and `event_relay`, one row, when they are called again; see ../event-relay.ts.
 * - `subscriptions`: who is told which events, and how far each has read; see ../subscriptions.ts.
 * - `platform_health`: what came of sending to chat platforms lately; see ../platform-health.ts.
 * - `schema_version`: one row, how many of the steps below have been taken; a desk without the table has taken one.
 */
export const SCHEMA_STEPS: readonly (readonly string[])[] = [
  [
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
  ],
  [
    'CREATE TABLE schema_version (version INTEGER PRIMARY KEY) WITHOUT ROWID',
    'ALTER TABLE keys ADD COLUMN replaced_by TEXT',
    'CREATE TABLE ip_allowlist (id INTEGER PRIMARY KEY CHECK (id = 1), entries TEXT NOT NULL, revision INTEGER NOT NULL)',
    `CREATE TABLE erasures (
      subject TEXT PRIMARY KEY, kind TEXT NOT NULL, email TEXT, stage TEXT NOT NULL, cursor TEXT NOT NULL, failed INTEGER NOT NULL,
      rested INTEGER NOT NULL, requested_at INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL) WITHOUT ROWID`,
  ],
  ['ALTER TABLE leases ADD COLUMN root_execution_id TEXT', 'ALTER TABLE leases ADD COLUMN parent_execution_id TEXT'],
  [
    `CREATE TABLE retention (
      id INTEGER PRIMARY KEY CHECK (id = 1), days INTEGER, effective_at INTEGER NOT NULL, cursor TEXT NOT NULL,
      walks_left INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER)`,
  ],
  [
    'ALTER TABLE leases ADD COLUMN ord INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE leases ADD COLUMN notice TEXT',
    'ALTER TABLE leases ADD COLUMN notice_at INTEGER',
    'ALTER TABLE leases ADD COLUMN notice_tries INTEGER NOT NULL DEFAULT 0',
    // Only what waits or is to be told has entries: a start that runs at once writes none.
    "CREATE INDEX leases_queue ON leases (agent_id, ord) WHERE state = 'queued'",
    'CREATE INDEX leases_notices ON leases (notice_at) WHERE notice_at IS NOT NULL',
  ],
  ['ALTER TABLE leases ADD COLUMN version INTEGER'],
  [
    // AUTOINCREMENT: numbers are not given again after the rows are gone.
    'CREATE TABLE feed (seq INTEGER PRIMARY KEY AUTOINCREMENT, at INTEGER NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL)',
    'CREATE TABLE feed_watch (id INTEGER PRIMARY KEY CHECK (id = 1), kept_until INTEGER NOT NULL)',
  ],
  [
    `CREATE TABLE rates (
      subject TEXT PRIMARY KEY, level INTEGER NOT NULL, poured_at INTEGER NOT NULL, hour_start INTEGER NOT NULL,
      hour_used INTEGER NOT NULL, day_start INTEGER NOT NULL, day_used INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID`,
    'CREATE INDEX rates_expiry ON rates (expires_at)',
    'CREATE TABLE rate_limits (id INTEGER PRIMARY KEY CHECK (id = 1), limits TEXT NOT NULL, revision INTEGER NOT NULL)',
    // The plan's starts of this hour, which releases before this one counted here.
    `INSERT INTO rates SELECT 'plan', 0, 0, window_start, used, 0, 0, window_start + 3600000 FROM windows WHERE name = 'starts'`,
    'DROP TABLE windows',
  ],
  [
    'CREATE TABLE external_agents (id TEXT PRIMARY KEY, record TEXT NOT NULL) WITHOUT ROWID',
    'ALTER TABLE leases ADD COLUMN external_agent_id TEXT',
    'ALTER TABLE leases ADD COLUMN key_id TEXT',
    `CREATE TABLE refusals (
      external_agent_id TEXT NOT NULL, code TEXT NOT NULL, minute INTEGER NOT NULL, counted TEXT NOT NULL,
      count INTEGER NOT NULL, told INTEGER NOT NULL, tell_at INTEGER,
      PRIMARY KEY (external_agent_id, code, minute)) WITHOUT ROWID`,
    'CREATE INDEX refusals_untold ON refusals (tell_at) WHERE tell_at IS NOT NULL',
    "CREATE INDEX agents_name ON agents (json_extract(head, '$.name'))",
  ],
  [
    'CREATE TABLE policies (id TEXT PRIMARY KEY, policy TEXT NOT NULL) WITHOUT ROWID',
    'CREATE TABLE policy_default (id INTEGER PRIMARY KEY CHECK (id = 1), effect TEXT NOT NULL, revision INTEGER NOT NULL)',
    'CREATE TABLE agent_costs (agent_id TEXT PRIMARY KEY, mean_microusd REAL NOT NULL, executions INTEGER NOT NULL) WITHOUT ROWID',
  ],
  [
    'ALTER TABLE leases ADD COLUMN spends TEXT',
    `CREATE TABLE accounts (
      scope TEXT PRIMARY KEY, reserved INTEGER NOT NULL, spent TEXT NOT NULL, budgets TEXT NOT NULL, leases INTEGER NOT NULL) WITHOUT ROWID`,
    `CREATE TABLE holds (
      lease_id TEXT NOT NULL, step TEXT NOT NULL, number INTEGER NOT NULL, amount INTEGER NOT NULL, used INTEGER NOT NULL,
      PRIMARY KEY (lease_id, step)) WITHOUT ROWID`,
    `CREATE TABLE budget_waiters (
      lease_id TEXT NOT NULL, step TEXT NOT NULL, number INTEGER NOT NULL, amount INTEGER NOT NULL, scopes TEXT NOT NULL,
      ord INTEGER NOT NULL, resume_at INTEGER, PRIMARY KEY (lease_id, step)) WITHOUT ROWID`,
  ],
  [
    'CREATE TABLE noted (subject TEXT PRIMARY KEY, noted TEXT NOT NULL, forget_at INTEGER NOT NULL) WITHOUT ROWID',
    'CREATE INDEX noted_forget ON noted (forget_at)',
  ],
  [
    `CREATE TABLE stops (
      id TEXT PRIMARY KEY, kind TEXT NOT NULL, subject_id TEXT NOT NULL, targeted INTEGER NOT NULL, stopped INTEGER NOT NULL,
      spent_microusd INTEGER NOT NULL, created_at INTEGER NOT NULL, finished_at INTEGER) WITHOUT ROWID`,
    'CREATE INDEX stops_subject ON stops (kind, subject_id, created_at)',
    'ALTER TABLE leases ADD COLUMN stop_id TEXT',
  ],
  [
    `CREATE TABLE archive (
      id INTEGER PRIMARY KEY CHECK (id = 1), days INTEGER NOT NULL, cursor TEXT NOT NULL, began_at INTEGER NOT NULL,
      attempts INTEGER NOT NULL, next_at INTEGER NOT NULL)`,
    // External agents of releases before this one have called already.
    `INSERT INTO archive SELECT 1, 90, '', unixepoch() * 1000, 0, unixepoch() * 1000 FROM external_agents LIMIT 1`,
  ],
  [
    // AUTOINCREMENT: numbers are not given again after the rows are gone.
    'CREATE TABLE events (seq INTEGER PRIMARY KEY AUTOINCREMENT, id TEXT NOT NULL, at INTEGER NOT NULL, type TEXT NOT NULL, data TEXT NOT NULL)',
    `CREATE TABLE event_relay (
      id INTEGER PRIMARY KEY CHECK (id = 1), attempts INTEGER NOT NULL, next_at INTEGER NOT NULL, collect_at INTEGER,
      tidied_at INTEGER NOT NULL)`,
    `CREATE TABLE subscriptions (
      id TEXT PRIMARY KEY, record TEXT NOT NULL, cursor INTEGER NOT NULL, changed_at INTEGER) WITHOUT ROWID`,
    'CREATE TABLE platform_health (platform TEXT PRIMARY KEY, health TEXT NOT NULL) WITHOUT ROWID',
    // Events of releases before this one go the same way.
    `INSERT INTO events (id, at, type, data) SELECT json_extract(message, '$.event.id'), json_extract(message, '$.event.at'),
      json_extract(message, '$.event.type'), json_extract(message, '$.event.data') FROM outbox WHERE json_extract(message, '$.event') IS NOT NULL ORDER BY id`,
    "DELETE FROM outbox WHERE json_extract(message, '$.event') IS NOT NULL",
    // Webhooks of external agents of releases before this one.
    `INSERT INTO subscriptions SELECT id, json_object(
        'id', id, 'name', json_extract(record, '$.name'), 'events', json_array('external_agent.invoked'),
        'filter', json('{"agent_ids":null,"project_ids":null}'),
        'settings', json_object('kind', 'external_agent', 'config', json_extract(record, '$.webhook_masked')),
        'sealed', json_extract(record, '$.webhook_sealed'), 'is_active', json('true'), 'disabled', NULL,
        'created_at', json_extract(record, '$.created_at'), 'created_by', json_extract(record, '$.created_by'),
        'updated_at', json_extract(record, '$.updated_at'), 'deleted_at', NULL, 'revision', 1), 0, NULL
      FROM external_agents
      WHERE json_extract(record, '$.webhook_sealed') IS NOT NULL AND json_extract(record, '$.deleted_at') IS NULL`,
  ],
  ['ALTER TABLE leases ADD COLUMN brings_definition INTEGER NOT NULL DEFAULT 0'],
];
