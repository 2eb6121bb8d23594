import type { SubscriptionRecord } from '../client.ts';

type Row = Record<string, SqlStorageValue>;

/** A subscription as the desk keeps it. */
export interface StoredSubscription {
  readonly record: SubscriptionRecord;
  /** Its target has stored what is for it up to here. */
  readonly cursor: number;
  /** When it changed without its target knowing; null where the target knows. */
  readonly changed_at: number | null;
}

/** Who is told which events; deleted ones until their target has deleted what it has. */
export class SubscriptionStore {
  constructor(private readonly sql: SqlStorage) {}

  all(): StoredSubscription[] {
    return this.sql
      .exec<Row>('SELECT * FROM subscriptions ORDER BY id')
      .toArray()
      .map((row) => ({
        record: JSON.parse(String(row.record)) as SubscriptionRecord,
        cursor: Number(row.cursor),
        changed_at: row.changed_at as number | null,
      }));
  }

  write({ record, cursor, changed_at }: StoredSubscription): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO subscriptions (id, record, cursor, changed_at) VALUES (?, ?, ?, ?)',
      record.id,
      JSON.stringify(record),
      cursor,
      changed_at,
    );
  }

  writeCursor(id: string, cursor: number, changedAt: number | null): void {
    this.sql.exec('UPDATE subscriptions SET cursor = ?, changed_at = ? WHERE id = ?', cursor, changedAt, id);
  }

  delete(id: string): void {
    this.sql.exec('DELETE FROM subscriptions WHERE id = ?', id);
  }
}
