import type { SubscriptionRecord } from '../../organization/client.ts';
import { SCHEMA, SCHEMA_VERSION } from './schema.ts';

type Row = Record<string, SqlStorageValue>;

/** What the desk has to be told before it has a newer subscription for this target. */
export interface Disabling {
  readonly reason: 'gone' | 'failing';
  readonly detail: string;
  readonly failing_since: number | null;
}

/** The target's one row. */
export interface TargetState {
  readonly organization_id: string;
  readonly target_id: string;
  readonly subscription: SubscriptionRecord;
  readonly cursor: number | null;
  readonly last_success_at: number | null;
  /** Of the first failed attempt since the last success. */
  readonly failing_since: number | null;
  readonly last_error: string | null;
  readonly paused_until: number;
  readonly disabling: Disabling | null;
}

export type TargetFields = Partial<Omit<TargetState, 'organization_id' | 'target_id'>>;

/** The row with a cache of it; null for an object that holds nothing. */
export class TargetStore {
  private known: TargetState | null | undefined;

  constructor(private readonly sql: SqlStorage) {}

  /** The row as it is now. */
  read(): TargetState | null {
    if (this.known === undefined) {
      const made = this.sql.exec("SELECT 1 FROM sqlite_master WHERE name = 'target'").toArray().length > 0;
      const row = made ? this.sql.exec<Row>('SELECT * FROM target').toArray()[0] : undefined;
      this.known = row === undefined ? null : stateOf(row);
    }
    return this.known;
  }

  /** Whether this instance has read the row before. */
  get isRead(): boolean {
    return this.known !== undefined;
  }

  create(organizationId: string, targetId: string, subscription: SubscriptionRecord): void {
    for (const statement of SCHEMA) this.sql.exec(statement);
    this.sql.exec(
      'INSERT INTO target (id, schema_version, organization_id, target_id, subscription) VALUES (1, ?, ?, ?, ?)',
      SCHEMA_VERSION,
      organizationId,
      targetId,
      JSON.stringify(subscription),
    );
    this.known = undefined;
  }

  write(fields: TargetFields): void {
    const before = this.read();
    const names = Object.keys(fields) as (keyof TargetFields)[];
    if (before === null || names.length === 0) return;
    const values = names.map((name) => stored(fields[name]));
    this.sql.exec(`UPDATE target SET ${names.map((name) => `${name} = ?`).join(', ')}`, ...values);
    this.known = { ...before, ...fields };
  }

  /** What only memory knows until the next write: cheap, and lost with the instance. */
  note(fields: Pick<TargetFields, 'last_success_at'>): void {
    const before = this.read();
    if (before !== null) this.known = { ...before, ...fields };
  }

  /** After a transaction that was rolled back, or when everything is deleted: the rows are asked again. */
  forget(): void {
    this.known = undefined;
  }
}

function stored(value: TargetFields[keyof TargetFields]): SqlStorageValue {
  if (value === undefined) return null;
  return typeof value === 'object' && value !== null ? JSON.stringify(value) : value;
}

function stateOf(row: Row): TargetState {
  const numberOrNull = (value: SqlStorageValue | undefined) => (value == null ? null : Number(value));
  return {
    organization_id: String(row.organization_id),
    target_id: String(row.target_id),
    subscription: JSON.parse(String(row.subscription)) as SubscriptionRecord,
    cursor: numberOrNull(row.cursor),
    last_success_at: numberOrNull(row.last_success_at),
    failing_since: numberOrNull(row.failing_since),
    last_error: row.last_error == null ? null : String(row.last_error),
    paused_until: Number(row.paused_until),
    disabling: row.disabling == null ? null : (JSON.parse(String(row.disabling)) as Disabling),
  };
}
