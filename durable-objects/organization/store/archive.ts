type Row = Record<string, SqlStorageValue>;

/** How far the walk is that archives old invocations, oldest first. Times in milliseconds since the epoch. */
export interface ArchiveWalk {
  readonly days: number;
  /** The last page ended with this invocation. */
  readonly cursor: string;
  readonly began_at: number;
  readonly attempts: number;
  readonly next_at: number;
}

/** One row, in a desk that has had an external agent or was told for how long payloads stay. */
export class ArchiveStore {
  constructor(private readonly sql: SqlStorage) {}

  read(): ArchiveWalk | null {
    const row = this.sql.exec<Row>('SELECT * FROM archive').toArray()[0];
    if (row === undefined) return null;
    return {
      days: Number(row.days),
      cursor: String(row.cursor),
      began_at: Number(row.began_at),
      attempts: Number(row.attempts),
      next_at: Number(row.next_at),
    };
  }

  write({ days, cursor, began_at, attempts, next_at }: ArchiveWalk): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO archive (id, days, cursor, began_at, attempts, next_at) VALUES (1, ?, ?, ?, ?, ?)',
      days,
      cursor,
      began_at,
      attempts,
      next_at,
    );
  }
}
