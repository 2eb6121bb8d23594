import type { StopRecord, StopSubject } from '../client.ts';

type Row = Record<string, SqlStorageValue>;

/** Uses of the kill switch; see ../stops.ts. */
export class StopStore {
  constructor(private readonly sql: SqlStorage) {}

  find(id: string): StopRecord | null {
    const row = this.sql.exec<Row>('SELECT * FROM stops WHERE id = ?', id).toArray()[0];
    return row === undefined ? null : stopOf(row);
  }

  insert(stop: StopRecord): void {
    this.sql.exec(
      `INSERT INTO stops (id, kind, subject_id, targeted, stopped, spent_microusd, created_at, finished_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)`,
      stop.id,
      stop.kind,
      stop.subject_id,
      stop.targeted,
      stop.stopped,
      stop.spent_microusd,
      stop.created_at,
      stop.finished_at,
    );
  }

  /** One of the targeted executions has ended, at this cost. */
  noteEnded(id: string, costMicrousd: number, now: number): void {
    this.sql.exec(
      `UPDATE stops SET stopped = stopped + 1, spent_microusd = spent_microusd + ?,
        finished_at = iif(stopped + 1 >= targeted, ?, finished_at) WHERE id = ?`,
      costMicrousd,
      now,
      id,
    );
  }

  /** When somebody was last stopped; null where that never was, or is long ago. */
  lastOf({ kind, subject_id }: StopSubject): number | null {
    const row = this.sql
      .exec<Row>('SELECT max(created_at) AS at FROM stops WHERE kind = ? AND subject_id = ?', kind, subject_id)
      .one();
    return row.at === null ? null : Number(row.at);
  }

  deleteBefore(at: number): void {
    this.sql.exec('DELETE FROM stops WHERE created_at < ? AND finished_at IS NOT NULL', at);
  }
}

function stopOf(row: Row): StopRecord {
  return {
    id: String(row.id),
    kind: row.kind as StopRecord['kind'],
    subject_id: String(row.subject_id),
    targeted: Number(row.targeted),
    stopped: Number(row.stopped),
    spent_microusd: Number(row.spent_microusd),
    created_at: Number(row.created_at),
    finished_at: row.finished_at as number | null,
  };
}
