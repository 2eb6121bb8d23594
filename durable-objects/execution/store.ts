import type {
  Actor,
  ExecutionError,
  ExecutionEvent,
  ExecutionEventType,
  ExecutionLog,
  ExecutionMode,
  ExecutionStatus,
  ExecutionStep,
  ExecutionTrigger,
  JsonValue,
  StepAttempt,
  StepStatus,
  WaitingReason,
} from '@agentflow/contracts';
import { microusdToUsd } from '@agentflow/contracts';
import { type EndedCall, type GivenStep, ITEM, type ModelCall, type StepState } from '@agentflow/engine';
import { Approvals } from './approvals.ts';
import type { Given, GivenResult, Lineage } from './client.ts';
import type { ReadLarge } from './large-values.ts';
import { isInline, ValueStore } from './values.ts';

/**
 * Storage layout of one execution, made in `create` and never in the constructor:
 * - `execution`: one row. Fixed facts are the JSON in `facts`; what changes has columns.
 * - `steps`: one row a step, a round of a loop or a call, `ord` in the order of their beginning. Attempts are a JSON list
 *   in their step's row; `progress` is the engine's, `items` a loop's list or a call's request.
 * - `events`: the log that sockets and server-sent events read; `seq` has no gaps.
 *
 * Made when first needed, since making a table is the dearest part of a fresh object:
 * - `logs`: lines that handlers wrote.
 * - `costs`: one row a model attempt; `projected` once D1 has it.
 * - `given`: results that the execution began with, of a retry or a test with pinned outputs.
 * - `children`: executions that this one started, see children.ts.
 * - `approvals`: one row a question to a person; `projected_revision` is what D1 has confirmed.
 * - `large_values`: what does not fit beside the rest of its row.
 * - `remote_values`: names of those that have moved to R2; see values.ts.
 *
 * An execution that was erased before its start came has one table alone, for a while:
 * - `tombstone`: one row; see tombstone.ts.
 */
export const SCHEMA_VERSION = 2;

export interface Facts {
  readonly organization_id: string;
  readonly execution_id: string;
  readonly agent_id: string;
  readonly agent_name: string;
  readonly version: number | null;
  readonly mode: ExecutionMode;
  readonly trigger: ExecutionTrigger;
  readonly triggered_by: Actor;
  readonly project_id: string | null;
  /** null for an execution that no other one started. */
  readonly lineage: Lineage | null;
  readonly lease_id: string;
  readonly traceparent: string;
  readonly request_id: string;
  readonly engine_version: string;
  /** Of an execution that began with results: where they are from, which nodes may run, edited configurations. */
  readonly given?: { from: string; only: readonly string[] | null; configs: Given['configs'] };
}

const NO_RELATIONS: Partial<Facts> = { project_id: null, lineage: null };

/** The `execution` row. Times in milliseconds since the epoch. */
export interface ExecutionRow {
  /** Fixed, but for the name of a person who was erased. */
  facts: Facts;
  status: ExecutionStatus;
  error: ExecutionError | null;
  readonly created_at: number;
  started_at: number | null;
  finished_at: number | null;
  waiting_reason: WaitingReason | null;
  /** When the running time is over; while the execution waits it is not counted, and `remaining_ms` keeps what is left. */
  deadline_at: number;
  remaining_ms: number | null;
  /** Grows with every change that lists show. */
  revision: number;
  /** The revision that D1 has confirmed. */
  projected_revision: number;
  /** Whether the desk has confirmed the lease's end. */
  settled: boolean;
  /** Whether those who had to be told of the end have confirmed: the caller, the failure's handler. */
  told: boolean;
  /** What the desk has confirmed: whether the lease is parked, because the execution waits. */
  parked: boolean;
  /** When its retention ends; null for never, and before its end. */
  expires_at: number | null;
}

export interface StepRow {
  readonly ord: number;
  readonly state: StepState;
  readonly attempts: StepAttempt[];
  readonly blocked: boolean;
  readonly started_at: number | null;
  readonly finished_at: number | null;
}

export interface CostRow {
  readonly id: string;
  readonly node_id: string;
  readonly call: ModelCall;
  readonly at: number;
}

type Row = Record<string, SqlStorageValue>;

const SCHEMA = [
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
  'CREATE TABLE events (seq INTEGER PRIMARY KEY, type TEXT NOT NULL, at INTEGER NOT NULL, node_id TEXT, path TEXT, data TEXT NOT NULL)',
];

/** What each release added to objects of the one before; an object takes the steps that it lacks when it is opened. */
const SCHEMA_STEPS: readonly (readonly string[])[] = [
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
];

const LAZY_SCHEMA = {
  logs: 'CREATE TABLE logs (seq INTEGER PRIMARY KEY, at INTEGER NOT NULL, level TEXT NOT NULL, node_id TEXT, message TEXT NOT NULL)',
  costs:
    'CREATE TABLE costs (id TEXT PRIMARY KEY, node_id TEXT NOT NULL, call TEXT NOT NULL, at INTEGER NOT NULL, projected INTEGER NOT NULL DEFAULT 0) WITHOUT ROWID',
  given: 'CREATE TABLE given (key TEXT PRIMARY KEY, handle TEXT NOT NULL, input TEXT, output TEXT) WITHOUT ROWID',
  children:
    'CREATE TABLE children (step_key TEXT PRIMARY KEY, execution_id TEXT NOT NULL, waits INTEGER NOT NULL, noted_at INTEGER NOT NULL, state TEXT NOT NULL) WITHOUT ROWID',
  approvals: `CREATE TABLE approvals (
    id TEXT PRIMARY KEY, step_key TEXT NOT NULL, node_id TEXT NOT NULL, ask TEXT NOT NULL, payload TEXT NOT NULL,
    action_hash TEXT NOT NULL, requested_at INTEGER NOT NULL, expires_at INTEGER, status TEXT NOT NULL, answer TEXT,
    closed_at INTEGER, audit TEXT, revision INTEGER NOT NULL DEFAULT 1, projected_revision INTEGER NOT NULL DEFAULT 0)`,
  large_values:
    'CREATE TABLE large_values (name TEXT NOT NULL, part INTEGER NOT NULL, text TEXT NOT NULL, PRIMARY KEY (name, part)) WITHOUT ROWID',
  remote_values: 'CREATE TABLE remote_values (name TEXT PRIMARY KEY, characters INTEGER NOT NULL) WITHOUT ROWID',
} as const;
type LazyTable = keyof typeof LAZY_SCHEMA;

/** SQLite in objects takes 100 bound parameters a statement; an event has 6. */
const EVENTS_PER_STATEMENT = 16;
const EVENT_INSERTS = Array.from(
  { length: EVENTS_PER_STATEMENT },
  (_, extra) =>
    `INSERT INTO events (seq, type, at, node_id, path, data) VALUES (?, ?, ?, ?, ?, ?)${', (?, ?, ?, ?, ?, ?)'.repeat(extra)}`,
);

function parse<T>(text: SqlStorageValue | undefined): T | null {
  return typeof text === 'string' ? (JSON.parse(text) as T) : null;
}

export class ExecutionStore {
  private readonly values: ValueStore;
  /** Large values that this instance wrote. */
  private readonly wroteLarge = new Set<string>();
  /** Lazy tables that are there; null until asked. */
  private tables: Set<string> | null = null;

  constructor(private readonly sql: SqlStorage) {
    this.values = new ValueStore(sql);
  }

  approvals(): Approvals {
    return new Approvals(this.sql, {
      exists: () => this.has('approvals'),
      ensure: () => this.ensure('approvals'),
    });
  }

  /** `none` for an object that was never started: asking must leave no storage behind. */
  state(): 'none' | 'started' | 'erased' {
    const [table] = this.sql
      .exec<Row>("SELECT name FROM sqlite_master WHERE type = 'table' AND name IN ('execution', 'tombstone')")
      .toArray();
    return table === undefined ? 'none' : table.name === 'execution' ? 'started' : 'erased';
  }

  writeFacts(facts: Facts): void {
    this.sql.exec('UPDATE execution SET facts = ?', JSON.stringify(facts));
  }

  /** Brings an object of an earlier release to this one's layout. */
  upgrade(): void {
    const version = Number(this.sql.exec<Row>('SELECT schema_version FROM execution').one().schema_version);
    if (version >= SCHEMA_VERSION) return;
    for (const step of SCHEMA_STEPS.slice(version)) for (const statement of step) this.sql.exec(statement);
    this.sql.exec('UPDATE execution SET schema_version = ?', SCHEMA_VERSION);
  }

  create(row: ExecutionRow, definition: string, input: JsonValue): void {
    for (const statement of SCHEMA) this.sql.exec(statement);
    this.tables = new Set();
    this.sql.exec(
      `INSERT INTO execution (id, schema_version, facts, status, created_at, started_at, deadline_at, revision,
        projected_revision, settled, definition, input) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
      SCHEMA_VERSION,
      JSON.stringify(row.facts),
      row.status,
      row.created_at,
      row.started_at,
      row.deadline_at,
      row.revision,
      row.projected_revision,
      this.inline('definition', definition),
      this.inline('input', JSON.stringify(input)),
    );
  }

  read(): ExecutionRow {
    const row = this.sql
      .exec<Row>(
        `SELECT facts, status, waiting_reason, error, created_at, started_at, finished_at, deadline_at, remaining_ms, revision,
          projected_revision, settled, told, parked, expires_at FROM execution`,
      )
      .one();
    return {
      // Objects of the release before know neither projects nor each other.
      facts: { ...NO_RELATIONS, ...(JSON.parse(String(row.facts)) as Facts) },
      status: row.status as ExecutionStatus,
      waiting_reason: row.waiting_reason as WaitingReason | null,
      error: parse<ExecutionError>(row.error),
      created_at: Number(row.created_at),
      started_at: row.started_at as number | null,
      finished_at: row.finished_at as number | null,
      deadline_at: Number(row.deadline_at),
      remaining_ms: row.remaining_ms as number | null,
      revision: Number(row.revision),
      projected_revision: Number(row.projected_revision),
      settled: row.settled === 1,
      told: row.told === 1,
      parked: row.parked === 1,
      expires_at: row.expires_at as number | null,
    };
  }

  /** In JSON. */
  definition(): string {
    return this.whole('definition', 'SELECT definition AS text FROM execution');
  }

  input(): JsonValue {
    return JSON.parse(this.whole('input', 'SELECT input AS text FROM execution')) as JsonValue;
  }

  /** null until the execution has ended with an output. */
  output(): JsonValue | null {
    const text = this.sql.exec<Row>('SELECT output AS text FROM execution').one().text;
    if (text === null) return null;
    return JSON.parse(this.whole('output', 'SELECT output AS text FROM execution')) as JsonValue;
  }

  writeEnd(row: ExecutionRow, output: JsonValue | null): void {
    this.sql.exec(
      'UPDATE execution SET status = ?, waiting_reason = NULL, error = ?, finished_at = ?, revision = ?, output = ?',
      row.status,
      row.error === null ? null : JSON.stringify(row.error),
      row.finished_at,
      row.revision,
      output === null ? null : this.inline('output', JSON.stringify(output)),
    );
  }

  writeStatus(row: ExecutionRow): void {
    this.sql.exec(
      'UPDATE execution SET status = ?, waiting_reason = ?, deadline_at = ?, remaining_ms = ?, revision = ?',
      row.status,
      row.waiting_reason,
      row.deadline_at,
      row.remaining_ms,
      row.revision,
    );
  }

  /** What the outside has confirmed: D1 the revision, the desk the lease's end. Never falls back. */
  writeConfirmed(projectedRevision: number, settled: boolean, expiresAt: number | null): void {
    this.sql.exec(
      'UPDATE execution SET projected_revision = max(projected_revision, ?), settled = max(settled, ?), expires_at = ?',
      projectedRevision,
      settled ? 1 : 0,
      expiresAt,
    );
  }

  writeTold(): void {
    this.sql.exec('UPDATE execution SET told = 1');
  }

  writeParked(parked: boolean): void {
    this.sql.exec('UPDATE execution SET parked = ?', parked ? 1 : 0);
  }

  writeExpiry(expiresAt: number | null): void {
    this.sql.exec('UPDATE execution SET expires_at = ?', expiresAt);
  }

  /** Results that the execution begins with. */
  writeGiven(results: readonly GivenResult[]): void {
    this.ensure('given');
    for (const { key, handle, input, output } of results) {
      this.sql.exec(
        'INSERT INTO given (key, handle, input, output) VALUES (?, ?, ?, ?)',
        key,
        handle,
        input,
        output === null ? null : this.inline(`given:${key}`, output),
      );
    }
  }

  /** Exits of the given steps, by key; empty for an execution that began with nothing. */
  givenSteps(): ReadonlyMap<string, GivenStep> {
    if (!this.has('given')) return new Map();
    const rows = this.sql.exec<Row>('SELECT key, handle FROM given').toArray();
    return new Map(rows.map((row) => [String(row.key), { handle: String(row.handle) }]));
  }

  /** The row of a step that was taken over; gives back its output. */
  insertReused(step: StepState, ord: number, from: string, at: number): JsonValue | null {
    const row = this.sql.exec<Row>('SELECT input, output FROM given WHERE key = ?', step.key).toArray()[0];
    const text = row?.output === LARGE ? this.here(`given:${step.key}`) : (row?.output ?? null);
    const output = typeof text === 'string' ? text : null;
    this.sql.exec(
      `INSERT INTO steps (key, ord, node_id, path, call, status, attempt, failures, handle, attempts, started_at, finished_at,
        input, output, reused_from) VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, '[]', ?, ?, ?, ?, ?)`,
      step.key,
      ord,
      step.node_id,
      step.path,
      step.call,
      step.status,
      step.handle,
      at,
      at,
      (row?.input ?? null) as string | null,
      output === null ? null : this.inline(`step:${step.key}`, output),
      from,
    );
    return parse<JsonValue>(output);
  }

  /** Results of these steps as another execution takes them; null when they are larger together than `limit` characters. */
  async results(keys: ReadonlySet<string>, limit: number, read: ReadLarge): Promise<GivenResult[] | null> {
    let characters = 0;
    const results: GivenResult[] = [];
    const large: string[] = [];
    for (const row of this.sql.exec<Row>('SELECT key, handle, input, output, error FROM steps ORDER BY ord')) {
      const key = String(row.key);
      if (!keys.has(key)) continue;
      const output = (row.output as string | null) ?? failureOutput(parse<ExecutionError>(row.error));
      const input = row.input as string | null;
      if (output === LARGE) large.push(key);
      characters += output === LARGE ? this.largeCharacters(`step:${key}`) : (output?.length ?? 0);
      characters += (input?.length ?? 0) + key.length;
      if (characters > limit) return null;
      results.push({ key, handle: String(row.handle ?? 'out'), input, output });
    }
    const texts = await read(large.map((key) => `step:${key}`));
    return results.map((each) => ({ ...each, output: texts.get(`step:${each.key}`) ?? each.output }));
  }

  /** Every step with what the engine knows of it, those of rounds that have ended included. */
  allStates(): StepState[] {
    return this.sql.exec<Row>(`SELECT ${STATE_COLUMNS} FROM steps ORDER BY ord`).toArray().map(stepState);
  }

  insertStep(step: StepState, ord: number, attempts: readonly StepAttempt[], startedAt: number | null): void {
    this.sql.exec(
      `INSERT INTO steps (key, ord, node_id, path, call, status, attempt, failures, handle, attempts, started_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      step.key,
      ord,
      step.node_id,
      step.path,
      step.call,
      step.status,
      step.attempt,
      step.failures,
      step.handle,
      JSON.stringify(attempts),
      startedAt,
    );
  }

  updateStep(ord: number, step: StepState, attempts: readonly StepAttempt[], finishedAt: number | null): void {
    this.sql.exec(
      `UPDATE steps SET status = ?, attempt = ?, failures = ?, handle = ?, wake_at = ?, waiting_reason = ?, progress = ?,
        attempts = ?, finished_at = ? WHERE ord = ?`,
      step.status,
      step.attempt,
      step.failures,
      step.handle,
      step.wake_at,
      step.waiting_reason,
      progressText(step),
      JSON.stringify(attempts),
      finishedAt,
      ord,
    );
  }

  /** The same with the step's result, in one statement: the common case costs one write. */
  updateStepResult(
    ord: number,
    step: StepState,
    attempts: readonly StepAttempt[],
    finishedAt: number | null,
    result: { input: string | null; output: string | null; error: ExecutionError | null; blocked: boolean },
  ): void {
    this.sql.exec(
      `UPDATE steps SET status = ?, attempt = ?, failures = ?, handle = ?, wake_at = ?, waiting_reason = ?, progress = ?,
        attempts = ?, finished_at = ?, input = coalesce(?, input), output = ?, error = ?, blocked = ? WHERE ord = ?`,
      step.status,
      step.attempt,
      step.failures,
      step.handle,
      step.wake_at,
      step.waiting_reason,
      progressText(step),
      JSON.stringify(attempts),
      finishedAt,
      result.input,
      result.output === null ? null : this.inline(`step:${step.key}`, result.output),
      result.error === null ? null : JSON.stringify(result.error),
      result.blocked ? 1 : 0,
      ord,
    );
  }

  /** Input of a step that shows it before it ends: one that waits, a loop, a call, a round. */
  writeInput(ord: number, input: string): void {
    this.sql.exec('UPDATE steps SET input = ? WHERE ord = ?', input, ord);
  }

  /** The list that a loop goes through; of a call, its request as the only item. */
  writeItems(ord: number, key: string, items: readonly JsonValue[]): void {
    const text = this.inline(`items:${key}`, JSON.stringify(items));
    this.sql.exec('UPDATE steps SET items = ? WHERE ord = ?', text, ord);
  }

  items(ord: number, key: string): JsonValue[] | null {
    const text = this.sql.exec<Row>('SELECT items FROM steps WHERE ord = ?', ord).toArray()[0]?.items ?? null;
    return parse<JsonValue[]>(text === LARGE ? this.here(`items:${key}`) : text);
  }

  /** Outputs of a loop's rounds that have ended, by index; `prefix` is the loop's path with a dot, or empty. */
  roundOutputs(nodeId: string, prefix: string): { index: number; status: StepStatus; output: JsonValue | null }[] {
    return this.sql
      .exec<Row>(
        "SELECT key, path, status, output FROM steps WHERE node_id = ? AND call = ? AND substr(path, 1, ?) = ? AND status <> 'running'",
        nodeId,
        ITEM,
        prefix.length,
        prefix,
      )
      .toArray()
      .map((row) => ({
        index: Number(String(row.path).slice(prefix.length)),
        status: row.status as StepStatus,
        output: this.outputOf(row),
      }));
  }

  /** Calls of a step that have ended, in the order in which they were made. */
  endedCalls(nodeId: string, path: string): EndedCall[] {
    return this.sql
      .exec<Row>(
        `SELECT key, ord, call, output, error FROM steps WHERE node_id = ? AND path = ? AND call NOT IN ('', ?)
          AND status IN ('completed', 'failed') ORDER BY ord`,
        nodeId,
        path,
        ITEM,
      )
      .toArray()
      .map((row) => ({
        id: String(row.call),
        request: this.items(Number(row.ord), String(row.key))?.[0] ?? null,
        output: this.outputOf(row),
        error: parse<ExecutionError>(row.error),
      }));
  }

  /**
   * Every step but those of rounds that have ended, which nothing reads any more; the rounds' own rows are there. Loops
   * of 10,000 rounds must not be read whole to go on with the last.
   */
  stepStates(): StepRow[] {
    const rounds = this.sql.exec<Row>(`SELECT ${STATE_COLUMNS} FROM steps WHERE call = ? ORDER BY ord`, ITEM).toArray();
    const open = rounds.filter((row) => row.status === 'running').map((row) => String(row.path));
    const others = this.sql
      .exec<Row>(
        `SELECT ${STATE_COLUMNS} FROM steps WHERE call <> ? AND (path = '' OR path IN (SELECT value FROM json_each(?)))
          ORDER BY ord`,
        ITEM,
        JSON.stringify(open),
      )
      .toArray();
    return [...others, ...rounds].map(stepRow);
  }

  lastOrd(): number {
    return Number(this.sql.exec<Row>('SELECT coalesce(max(ord), 0) AS ord FROM steps').one().ord);
  }

  /** Sums over all steps, rounds that have ended included. */
  totals(): { steps: number; attempts: StepAttempt[] } {
    const closed = this.sql
      .exec<Row>(
        "SELECT count(*) AS n FROM steps WHERE status IN ('completed', 'failed', 'cancelled') AND call <> ?",
        ITEM,
      )
      .one();
    const attempts = this.sql
      .exec<Row>('SELECT attempts FROM steps WHERE attempts LIKE \'%"model":"%\'')
      .toArray()
      .flatMap((row) => JSON.parse(String(row.attempts)) as StepAttempt[]);
    return { steps: Number(closed.n), attempts };
  }

  stepOutput(ord: number): JsonValue | null {
    const row = this.sql.exec<Row>('SELECT key, output FROM steps WHERE ord = ?', ord).toArray()[0];
    return row === undefined ? null : this.outputOf(row);
  }

  private outputOf(row: Row): JsonValue | null {
    if (row.output === null) return null;
    return parse<JsonValue>(row.output === LARGE ? this.here(`step:${row.key}`) : row.output);
  }

  /** Steps as the API shows them, after order number `after`. */
  async steps(
    after: number,
    limit: number,
    describe: (nodeId: string) => { name: string; type: string },
    read: ReadLarge,
  ): Promise<{ ord: number; step: ExecutionStep }[]> {
    const rows = this.sql.exec<Row>('SELECT * FROM steps WHERE ord > ? ORDER BY ord LIMIT ?', after, limit).toArray();
    const large = rows.filter((row) => row.output === LARGE).map((row) => `step:${row.key}`);
    const texts = large.length === 0 ? new Map<string, string>() : await read(large);
    return rows.map((row) => {
      const output = texts.get(`step:${row.key}`) ?? row.output;
      return { ord: Number(row.ord), step: presentStep(row, output, describe(String(row.node_id))) };
    });
  }

  /** Several events at once: most signals give two, and a statement costs more than a row. */
  appendEvents(events: readonly ExecutionEvent[]): void {
    for (let from = 0; from < events.length; from += EVENTS_PER_STATEMENT) {
      const rows = events.slice(from, from + EVENTS_PER_STATEMENT);
      const values = rows.flatMap((event) => [
        event.seq,
        event.type,
        Date.parse(event.at),
        event.node_id ?? null,
        event.iteration ?? null,
        JSON.stringify(event.data),
      ]);
      this.sql.exec(EVENT_INSERTS[rows.length - 1] ?? '', ...values);
    }
  }

  lastSeq(): number {
    return Number(this.sql.exec<Row>('SELECT coalesce(max(seq), 0) AS seq FROM events').one().seq);
  }

  events(executionId: string, after: number, limit: number): ExecutionEvent[] {
    return this.sql
      .exec<Row>('SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?', after, limit)
      .toArray()
      .map((row) => ({
        seq: Number(row.seq),
        type: row.type as ExecutionEventType,
        execution_id: executionId,
        at: new Date(Number(row.at)).toISOString(),
        ...(row.node_id === null ? {} : { node_id: String(row.node_id) }),
        ...(row.path === null ? {} : { iteration: String(row.path) }),
        data: JSON.parse(String(row.data)) as Record<string, JsonValue>,
      }));
  }

  appendLog(at: number, level: ExecutionLog['level'], nodeId: string | null, message: string): void {
    this.ensure('logs');
    this.sql.exec('INSERT INTO logs (at, level, node_id, message) VALUES (?, ?, ?, ?)', at, level, nodeId, message);
  }

  logs(after: number, limit: number): ExecutionLog[] {
    if (!this.has('logs')) return [];
    return this.sql
      .exec<Row>('SELECT * FROM logs WHERE seq > ? ORDER BY seq LIMIT ?', after, limit)
      .toArray()
      .map((row) => ({
        seq: Number(row.seq),
        at: new Date(Number(row.at)).toISOString(),
        level: row.level as ExecutionLog['level'],
        node_id: row.node_id as string | null,
        message: String(row.message),
      }));
  }

  logCount(): number {
    if (!this.has('logs')) return 0;
    return Number(this.sql.exec<Row>('SELECT count(*) AS n FROM logs').one().n);
  }

  insertCost(cost: CostRow): void {
    this.ensure('costs');
    this.sql.exec(
      'INSERT OR IGNORE INTO costs (id, node_id, call, at) VALUES (?, ?, ?, ?)',
      cost.id,
      cost.node_id,
      JSON.stringify(cost.call),
      cost.at,
    );
  }

  unprojectedCosts(limit: number): CostRow[] {
    if (!this.has('costs')) return [];
    return this.sql
      .exec<Row>('SELECT id, node_id, call, at FROM costs WHERE projected = 0 ORDER BY id LIMIT ?', limit)
      .toArray()
      .map((row) => ({
        id: String(row.id),
        node_id: String(row.node_id),
        call: JSON.parse(String(row.call)) as ModelCall,
        at: Number(row.at),
      }));
  }

  markCostsProjected(ids: readonly string[]): void {
    for (const id of ids) this.sql.exec('UPDATE costs SET projected = 1 WHERE id = ?', id);
  }

  has(table: LazyTable): boolean {
    this.tables ??= new Set(
      this.sql
        .exec<Row>("SELECT name FROM sqlite_master WHERE type = 'table'")
        .toArray()
        .map((row) => String(row.name)),
    );
    return this.tables.has(table);
  }

  ensure(table: LazyTable): void {
    if (this.has(table)) return;
    this.sql.exec(LAZY_SCHEMA[table]);
    this.tables?.add(table);
  }

  /** After a transaction that was rolled back: what it made is gone. */
  forgetTables(): void {
    this.tables = null;
  }

  /** Keeps a short text in its row, and a long one in `large_values` under a marker. */
  private inline(name: string, text: string): string {
    if (isInline(text)) return text;
    this.ensure('large_values');
    this.values.put(name, text);
    this.wroteLarge.add(name);
    return LARGE;
  }

  private whole(name: string, query: string): string {
    const text = String(this.sql.exec<Row>(query).one().text);
    return text === LARGE ? this.here(name) : text;
  }

  /** A large value that must not have moved, since what runs reads it. */
  private here(name: string): string {
    const text = this.values.get(name);
    if (text === null) throw new Error(`the value ${name} is not in the object any more`);
    return text;
  }

  /** null for one that has moved. */
  largeValue(name: string): string | null {
    return this.values.get(name);
  }

  /** Whether this step's output was large, as far as this instance knows; asked once. */
  takeLarge(key: string): boolean {
    return this.wroteLarge.delete(`step:${key}`);
  }

  private largeCharacters(name: string): number {
    return (this.hasMoved(name) ? this.values.movedCharacters(name) : this.values.get(name)?.length) ?? 0;
  }

  /** Whether there may be large values, here or in R2. */
  hasLargeValues(): boolean {
    return this.has('large_values');
  }

  hasMoved(name: string): boolean {
    return this.has('remote_values') && this.values.movedCharacters(name) !== null;
  }

  /** Of these values, or of all, those that may move. */
  movableValues(names: readonly string[] | null): string[] {
    return this.has('large_values') ? this.values.movable(names) : [];
  }

  /** R2 has it. In a transaction. */
  noteMoved(name: string, characters: number): void {
    this.ensure('remote_values');
    this.values.moved(name, characters);
  }
}

/** A failure as something that goes on reads it: the form of `on_error: continue`. */
function failureOutput(error: ExecutionError | null): string | null {
  return error === null ? null : JSON.stringify({ error: { code: error.code, message: error.message } });
}

/** Not JSON, so no stored value can be mistaken for it. */
const LARGE = '→large_values';

const STATE_COLUMNS = `key, ord, node_id, path, call, status, attempt, failures, handle, wake_at, waiting_reason, progress,
  attempts, blocked, started_at, finished_at`;

function progressText({ progress }: StepState): string | null {
  return progress === null ? null : JSON.stringify(progress);
}

function presentStep(
  row: Row,
  output: SqlStorageValue | undefined,
  node: { name: string; type: string },
): ExecutionStep {
  const attempts = JSON.parse(String(row.attempts)) as StepAttempt[];
  const totals = attemptTotals(attempts);
  const startedAt = row.started_at as number | null;
  const finishedAt = row.finished_at as number | null;
  return {
    id: String(row.key),
    node_id: String(row.node_id),
    node_name: node.name,
    node_type: node.type,
    iteration: String(row.path),
    status: row.status as StepStatus,
    waiting_reason: row.waiting_reason as WaitingReason | null,
    handle: row.handle as string | null,
    input: parse<JsonValue>(row.input),
    output: parse<JsonValue>(output),
    error: parse<ExecutionError>(row.error),
    reused_from: row.reused_from as string | null,
    blocked: row.blocked === 1,
    child_execution_id: null,
    attempts,
    model: totals.model,
    input_tokens: totals.input_tokens,
    output_tokens: totals.output_tokens,
    cost_usd: totals.cost_usd,
    started_at: startedAt === null ? null : new Date(startedAt).toISOString(),
    finished_at: finishedAt === null ? null : new Date(finishedAt).toISOString(),
    duration_ms: startedAt === null || finishedAt === null ? null : finishedAt - startedAt,
  };
}

function stepRow(row: Row): StepRow {
  return {
    ord: Number(row.ord),
    state: stepState(row),
    attempts: JSON.parse(String(row.attempts)) as StepAttempt[],
    blocked: row.blocked === 1,
    started_at: row.started_at as number | null,
    finished_at: row.finished_at as number | null,
  };
}

function stepState(row: Row): StepState {
  return {
    key: String(row.key),
    node_id: String(row.node_id),
    path: String(row.path),
    call: String(row.call),
    status: row.status as StepStatus,
    attempt: Number(row.attempt),
    failures: Number(row.failures),
    handle: row.handle as string | null,
    wake_at: row.wake_at as number | null,
    waiting_reason: row.waiting_reason as WaitingReason | null,
    progress: parse<NonNullable<StepState['progress']>>(row.progress),
  };
}

export function attemptTotals(attempts: readonly StepAttempt[]): {
  model: string | null;
  input_tokens: number;
  output_tokens: number;
  cost_usd: number;
} {
  let inputTokens = 0;
  let outputTokens = 0;
  let microusd = 0;
  let model: string | null = null;
  for (const attempt of attempts) {
    inputTokens += attempt.input_tokens;
    outputTokens += attempt.output_tokens;
    microusd += Math.round(attempt.cost_usd * 1_000_000);
    model = attempt.model ?? model;
  }
  return { model, input_tokens: inputTokens, output_tokens: outputTokens, cost_usd: microusdToUsd(microusd) };
}
