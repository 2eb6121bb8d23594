/**
 * Storage layout of one target, made with the first pull that finds its subscription and never in the constructor. Times in
 * milliseconds since the epoch.
 * - `target`: one row. `subscription` is the desk's record as it was pulled last, `cursor` the number of the last event that
 *   is stored here, `disabling` what the desk has still to be told.
 * - `deliveries`: one row an event, `ord` in the order of the desk's log. `attempts` counts all that were made, `tries` those
 *   that the retry plan counts. A claimed row has `lease_until`. `in_line` tells rows of an ordered target, of which only
 *   the first pending one may be sent. `untold`: its state is to be written elsewhere, see ../telling.ts.
 * - `attempts`: one row each attempt that has ended.
 */
export const SCHEMA_VERSION = 1;

export const SCHEMA = [
  `CREATE TABLE target (
    id INTEGER PRIMARY KEY CHECK (id = 1), schema_version INTEGER NOT NULL, organization_id TEXT NOT NULL,
    target_id TEXT NOT NULL, subscription TEXT NOT NULL, cursor INTEGER, last_success_at INTEGER, failing_since INTEGER,
    last_error TEXT, paused_until INTEGER NOT NULL DEFAULT 0, disabling TEXT)`,
  `CREATE TABLE deliveries (
    ord INTEGER PRIMARY KEY, event_id TEXT NOT NULL UNIQUE, type TEXT NOT NULL, version INTEGER NOT NULL,
    at INTEGER NOT NULL, data TEXT NOT NULL, is_test INTEGER NOT NULL, in_line INTEGER NOT NULL, status TEXT NOT NULL,
    attempts INTEGER NOT NULL, tries INTEGER NOT NULL, created_at INTEGER NOT NULL, next_at INTEGER,
    claimed_at INTEGER, lease_until INTEGER, finished_at INTEGER, last_status INTEGER, last_error TEXT,
    last_duration_ms INTEGER, request_body TEXT, untold INTEGER NOT NULL)`,
  `CREATE INDEX deliveries_due ON deliveries (next_at, ord) WHERE status = 'pending' AND in_line = 0`,
  `CREATE INDEX deliveries_line ON deliveries (ord) WHERE status = 'pending' AND in_line = 1`,
  `CREATE INDEX deliveries_dead ON deliveries (ord) WHERE status = 'failed'`,
  'CREATE INDEX deliveries_leased ON deliveries (lease_until) WHERE lease_until IS NOT NULL',
  'CREATE INDEX deliveries_untold ON deliveries (ord) WHERE untold = 1',
  `CREATE TABLE attempts (
    ord INTEGER NOT NULL, number INTEGER NOT NULL, at INTEGER NOT NULL, duration_ms INTEGER NOT NULL, outcome TEXT NOT NULL,
    status INTEGER, error TEXT, request_headers TEXT NOT NULL, response_headers TEXT NOT NULL, response_body TEXT,
    response_truncated INTEGER NOT NULL, PRIMARY KEY (ord, number))`,
];
