import type { LazyTables } from './store/schema.ts';

/**
 * What this execution has started, in the table `children`, which is made with the first. A row is written before its
 * start is asked for, so that nothing can run that a cancel would not reach.
 */
export interface Child {
  readonly execution_id: string;
  readonly step_key: string;
  /** Whether the step waits for its end; what nobody waits for outlives everything but a cancel. */
  readonly waits: boolean;
  readonly noted_at: number;
}

/** `cancel`: to be told, until it has confirmed; `left`: ended, or not ours to cancel. */
type State = 'open' | 'cancel' | 'left';

/** A loop may have started thousands. */
const CANCELS_AT_ONCE = 50;

type Row = Record<string, SqlStorageValue>;

export class ChildStore {
  /** Whether rows are in state `cancel`; null until looked at. Loops over calls have thousands of rows. */
  private cancels: boolean | null = null;

  constructor(
    private readonly sql: SqlStorage,
    private readonly tables: LazyTables,
  ) {}

  /** Costs nothing for an execution that never started another. */
  any(): boolean {
    return this.tables.has('children');
  }

  note(child: Child, state: State): void {
    this.tables.ensure('children');
    this.sql.exec(
      'INSERT OR REPLACE INTO children (execution_id, step_key, waits, noted_at, state) VALUES (?, ?, ?, ?, ?)',
      child.execution_id,
      child.step_key,
      child.waits ? 1 : 0,
      child.noted_at,
      state,
    );
  }

  forget(stepKey: string): void {
    this.sql.exec('DELETE FROM children WHERE step_key = ?', stepKey);
  }

  leave(stepKey: string): void {
    this.sql.exec("UPDATE children SET state = 'left' WHERE step_key = ?", stepKey);
    this.cancels = null;
  }

  cancelOf(stepKey: string): void {
    this.cancels = null;
    this.sql.exec("UPDATE children SET state = 'cancel' WHERE step_key = ? AND state = 'open'", stepKey);
  }

  cancelAll(): void {
    this.cancels = null;
    this.sql.exec("UPDATE children SET state = 'cancel' WHERE state = 'open'");
  }

  /** Children that are to be told that they are cancelled, some at a time. */
  toCancel(): Child[] {
    if (this.cancels === false || !this.any()) return [];
    const children = this.sql
      .exec<Row>("SELECT * FROM children WHERE state = 'cancel' LIMIT ?", CANCELS_AT_ONCE)
      .toArray()
      .map(childOf);
    this.cancels = children.length > 0;
    return children;
  }

  ofStep(stepKey: string): Child | null {
    if (!this.any()) return null;
    const [row] = this.sql.exec<Row>('SELECT * FROM children WHERE step_key = ?', stepKey).toArray();
    return row === undefined ? null : childOf(row);
  }

  ids(limit: number): string[] {
    if (!this.any()) return [];
    const rows = this.sql.exec<Row>('SELECT execution_id FROM children ORDER BY noted_at LIMIT ?', limit).toArray();
    return rows.map((row) => String(row.execution_id));
  }

  /** Ids by the step that started them. */
  bySteps(keys: readonly string[]): ReadonlyMap<string, string> {
    if (!this.any()) return new Map();
    const rows = this.sql.exec<Row>(
      'SELECT step_key, execution_id FROM children WHERE step_key IN (SELECT value FROM json_each(?))',
      JSON.stringify(keys),
    );
    return new Map(rows.toArray().map((row) => [String(row.step_key), String(row.execution_id)]));
  }
}

function childOf(row: Row): Child {
  return {
    execution_id: String(row.execution_id),
    step_key: String(row.step_key),
    waits: row.waits === 1,
    noted_at: Number(row.noted_at),
  };
}
