import type { Seen } from '../suspicion.ts';

type Row = Record<string, SqlStorageValue>;

/** What is usual of external agents and their keys, by what it is of; see ../suspicion.ts. */
export class NotedStore {
  constructor(private readonly sql: SqlStorage) {}

  find(subject: string): Seen | null {
    const row = this.sql.exec<Row>('SELECT noted FROM noted WHERE subject = ?', subject).toArray()[0];
    return row === undefined ? null : (JSON.parse(String(row.noted)) as Seen);
  }

  write(subject: string, noted: Seen, forgetAt: number): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO noted (subject, noted, forget_at) VALUES (?, ?, ?)',
      subject,
      JSON.stringify(noted),
      forgetAt,
    );
  }

  deleteForgotten(now: number): void {
    this.sql.exec('DELETE FROM noted WHERE forget_at <= ?', now);
  }
}
