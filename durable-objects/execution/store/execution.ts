import type { ExecutionError, ExecutionStatus, JsonValue, WaitingReason } from '@agentflow/contracts';
import { Approvals } from '../approvals.ts';
import { CostStore } from './costs.ts';
import { EventStore } from './events.ts';
import { FileStore } from './files.ts';
import { LogStore } from './logs.ts';
import { type ExecutionRow, type Facts, parse, type Row } from './rows.ts';
import { SaidStore } from './said.ts';
import { LazyTables, SCHEMA, SCHEMA_STEPS, SCHEMA_VERSION } from './schema.ts';
import { StepStore } from './steps.ts';
import { TouchStore } from './touches.ts';
import { ValueStore } from './values.ts';

const NO_RELATIONS: Partial<Facts> = { project_id: null, lineage: null };

/** The `execution` row, and the stores of all that belongs to it. */
export class ExecutionStore {
  readonly tables: LazyTables;
  readonly values: ValueStore;
  readonly steps: StepStore;
  readonly events: EventStore;
  readonly logs: LogStore;
  readonly costs: CostStore;
  readonly touches: TouchStore;
  readonly files: FileStore;
  readonly said: SaidStore;

  constructor(private readonly sql: SqlStorage) {
    this.tables = new LazyTables(sql);
    this.values = new ValueStore(sql, this.tables);
    this.steps = new StepStore(sql, this.tables, this.values);
    this.events = new EventStore(sql);
    this.logs = new LogStore(sql, this.tables);
    this.costs = new CostStore(sql, this.tables);
    this.touches = new TouchStore(sql, this.tables);
    this.files = new FileStore(sql, this.tables, this.values);
    this.said = new SaidStore(sql, this.tables);
  }

  approvals(): Approvals {
    return new Approvals(this.sql, {
      exists: () => this.tables.has('approvals'),
      ensure: () => this.tables.ensure('approvals'),
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

  /** Brings an object of an earlier release to this one's layout, as a whole or not at all. */
  upgrade(transaction: (write: () => void) => void): void {
    const version = Number(this.sql.exec<Row>('SELECT schema_version FROM execution').one().schema_version);
    if (version >= SCHEMA_VERSION) return;
    transaction(() => {
      for (const step of SCHEMA_STEPS.slice(version)) for (const statement of step) this.sql.exec(statement);
      this.sql.exec('UPDATE execution SET schema_version = ?', SCHEMA_VERSION);
    });
  }

  create(row: ExecutionRow, definition: string, input: JsonValue): void {
    for (const statement of SCHEMA) this.sql.exec(statement);
    this.tables.none();
    this.sql.exec(
      `INSERT INTO execution (id, schema_version, facts, status, created_at, started_at, deadline_at, remaining_ms, revision,
        projected_revision, settled, definition, input) VALUES (1, ?, ?, ?, ?, ?, ?, ?, ?, ?, 0, ?, ?)`,
      SCHEMA_VERSION,
      JSON.stringify(row.facts),
      row.status,
      row.created_at,
      row.started_at,
      row.deadline_at,
      row.remaining_ms,
      row.revision,
      row.projected_revision,
      this.values.inline('definition', definition),
      this.values.inline('input', JSON.stringify(input)),
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
      output === null ? null : this.values.inline('output', JSON.stringify(output)),
    );
  }

  writeStatus(row: ExecutionRow): void {
    this.sql.exec(
      'UPDATE execution SET status = ?, waiting_reason = ?, started_at = ?, deadline_at = ?, remaining_ms = ?, revision = ?',
      row.status,
      row.waiting_reason,
      row.started_at,
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

  private whole(name: string, query: string): string {
    const text = String(this.sql.exec<Row>(query).one().text);
    return this.values.here(name, text);
  }
}
