import type { Row } from './rows.ts';

/**
 * Storage layout of one execution, made in `create` and never in the constructor:
 * - `execution`: one row. Fixed facts are the JSON in `facts`; what changes has columns.
 * - `steps`: one row a step, a round of a loop or a call, `ord` in the order of their beginning. Attempts are a JSON list
 *   in their step's row; `progress` is the engine's, `items` a loop's list or a call's request.
 * - `events`: the log that sockets and server-sent events read. A row is the events of one commit, `seq` the number of the
 *   last one; numbers have no gaps.
 *
 * Made when first needed, since making a table is the dearest part of a fresh object:
 * - `logs`: lines that handlers wrote.
 * - `costs`: one row a model attempt; `projected` tells in bits whether D1 has it and the desk has booked it, see costs.ts.
 * - `given`: results that the execution began with, of a retry or a test with pinned outputs.
 * - `recorded`: what steps answered in the execution that a shadow run repeats.
 * - `children`: executions that this one started, see ../children.ts.
 * - `approvals`: one row a question to a person; `projected_revision` is what D1 has confirmed.
 * - `large_values`: what does not fit beside the rest of its row.
 * - `remote_values`: names of those that have moved to R2; see values.ts.
 * - `files`: one row a version of a file in the workspace of deep agents, with the step that wrote it.
 * - `given_files`: what steps wrote that are taken over, by their key.
 * - `said`: what people said to deep agents; `heard` once it stands in the request of a turn.
 *
 * An execution that was erased before its start came has one table alone, for a while:
 * - `tombstone`: one row; see ../tombstone.ts.
 */
export const SCHEMA_VERSION = 3;

export const SCHEMA = [
  `CREATE TABLE execution (
    id INTEGER PRIMARY KEY CHECK (id = 1), schema_version INTEGER NOT NULL, facts TEXT NOT NULL, status TEXT NOT NULL,
    waiting_reason TEXT, error TEXT, created_at INTEGER NOT NULL, started_at INTEGER, finished_at INTEGER,
    deadline_at INTEGER NOT NULL, remaining_ms INTEGER, revision INTEGER NOT NULL, projected_revision INTEGER NOT NULL, settled INTEGER NOT NULL,
    told INTEGER NOT NULL DEFAULT 0, parked INTEGER NOT NULL DEFAULT 0, expires_at INTEGER, definition TEXT, input TEXT,
    output TEXT)`,
  `CREATE TABLE steps (
    ord INTEGER PRIMARY KEY, key TEXT NOT NULL, node_id TEXT NOT NULL, path TEXT NOT NULL, call TEXT NOT NULL,
    status TEXT NOT NULL, attempt INTEGER NOT NULL, failures INTEGER NOT NULL, handle TEXT, wake_at INTEGER,
    waiting_reason TEXT, progress TEXT, items TEXT, input TEXT, output TEXT, error TEXT,
    blocked INTEGER NOT NULL DEFAULT 0, reused_from TEXT, attempts TEXT NOT NULL, started_at INTEGER, finished_at INTEGER)`,
  'CREATE TABLE events (seq INTEGER PRIMARY KEY, batch TEXT NOT NULL)',
];

/** What each release added to objects of the one before; an object takes the steps that it lacks when it is opened. */
export const SCHEMA_STEPS: readonly (readonly string[])[] = [
  [],
  [
    'ALTER TABLE execution ADD COLUMN waiting_reason TEXT',
    'ALTER TABLE execution ADD COLUMN remaining_ms INTEGER',
    'ALTER TABLE execution ADD COLUMN told INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE execution ADD COLUMN parked INTEGER NOT NULL DEFAULT 0',
    'ALTER TABLE execution ADD COLUMN expires_at INTEGER',
    'ALTER TABLE steps ADD COLUMN progress TEXT',
    'ALTER TABLE steps ADD COLUMN items TEXT',
    'ALTER TABLE steps ADD COLUMN reused_from TEXT',
  ],
  [
    'ALTER TABLE events RENAME TO single_events',
    'CREATE TABLE events (seq INTEGER PRIMARY KEY, batch TEXT NOT NULL)',
    `INSERT INTO events (seq, batch)
      SELECT max(seq), json_group_array(json_array(type, at, node_id, path, json(data)) ORDER BY seq)
        FROM single_events GROUP BY (seq - 1) / 20`,
    'DROP TABLE single_events',
  ],
];

const LAZY_SCHEMA = {
  logs: 'CREATE TABLE logs (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, level TEXT NOT NULL, node_id TEXT, message TEXT NOT NULL)',
  costs:
    'CREATE TABLE costs (id TEXT PRIMARY KEY, node_id TEXT NOT NULL, call TEXT NOT NULL, at INTEGER NOT NULL, projected INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID',
  given: 'CREATE TABLE given (key TEXT PRIMARY KEY, handle TEXT NOT NULL, input TEXT, output TEXT) WITHOUT ROWID',
  recorded:
    'CREATE TABLE recorded (key TEXT PRIMARY KEY, handle TEXT NOT NULL, input TEXT NOT NULL, output TEXT, error TEXT) WITHOUT ROWID',
  children:
    'CREATE TABLE children (step_key TEXT PRIMARY KEY, execution_id TEXT NOT NULL, waits INTEGER NOT NULL, noted_at INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID',
  approvals: `CREATE TABLE approvals (
    id TEXT PRIMARY KEY, step_key TEXT NOT NULL, node_id TEXT NOT NULL, ask TEXT NOT NULL, payload TEXT NOT NULL,
    action_hash TEXT NOT NULL, requested_at INTEGER NOT NULL, expires_at INTEGER, status TEXT NOT NULL, answer TEXT,
    closed_at INTEGER, audit TEXT, revision INTEGER NOT NULL DEFAULT 1, projected_revision INTEGER NOT NULL DEFAULT 0)`,
  large_values:
    'CREATE TABLE large_values (name TEXT NOT NULL, part INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (name, part)) WITHOUT ROWID',
  remote_values: 'CREATE TABLE remote_values (name TEXT PRIMARY KEY, characters INTEGER NOT NULL) WITHOUT ROWID',
  files: `CREATE TABLE files (
    seq INTEGER PRIMARY KEY, path TEXT NOT NULL, version INTEGER NOT NULL, size INTEGER NOT NULL, deleted INTEGER NOT NULL,
    step TEXT NOT NULL, at INTEGER NOT NULL, content TEXT, UNIQUE (path, version))`,
  given_files:
    'CREATE TABLE given_files (key TEXT NOT NULL, number INTEGER NOT NULL, path TEXT NOT NULL, content TEXT, PRIMARY KEY (key, number)) WITHOUT ROWID',
  said: 'CREATE TABLE said (id INTEGER PRIMARY KEY, text TEXT NOT NULL, said_by TEXT NOT NULL, at INTEGER NOT NULL, heard INTEGER NOT NULL DEFAULT 0)',
} as const;
type LazyTable = keyof typeof LAZY_SCHEMA;

/** The tables of one object that are made when first needed. */
export class LazyTables {
  /** Those that are there; null until asked. */
  private known: Set<string> | null = null;

  constructor(private readonly sql: SqlStorage) {}

  /** Of a fresh object, which has none: spares the question. */
  none(): void {
    this.known = new Set();
  }

  has(table: LazyTable): boolean {
    this.known ??= new Set(
      this.sql
        .exec<Row>("SELECT name FROM sqlite_master WHERE type = 'table'")
        .toArray()
        .map((row) => String(row.name)),
    );
    return this.known.has(table);
  }

  ensure(table: LazyTable): void {
    if (this.has(table)) return;
    this.sql.exec(LAZY_SCHEMA[table]);
    this.known?.add(table);
  }

  /** After a transaction that was rolled back: what it made is gone. */
  forget(): void {
    this.known = null;
  }
}
