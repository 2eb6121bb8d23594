import type { LoggedEvent, OutgoingEvent } from '../client.ts';

type Row = Record<string, SqlStorageValue>;

/** After so long without being read by everybody, readers are called again. */
const READ_WITHIN_MS = 5000;

/** When the readers are to be called again, and when D1's outbox is to be looked at. */
export interface EventRelay {
  readonly attempts: number;
  readonly next_at: number;
  readonly collect_at: number | null;
  /** When D1's list was rid of what is too old. */
  readonly tidied_at: number;
}

const START: EventRelay = { attempts: 0, next_at: 0, collect_at: null, tidied_at: 0 };

/** Events that somebody has still to read, in their order. */
export class EventLogStore {
  constructor(private readonly sql: SqlStorage) {}

  append({ id, type, at, data }: OutgoingEvent): LoggedEvent {
    const { seq } = this.sql
      .exec<Row>(
        'INSERT INTO events (id, at, type, data) VALUES (?, ?, ?, ?) RETURNING seq',
        id,
        at,
        type,
        JSON.stringify(data),
      )
      .one();
    return { seq: Number(seq), id, type, at, data };
  }

  has(id: string): boolean {
    return this.sql.exec('SELECT 1 FROM events WHERE id = ? LIMIT 1', id).toArray().length > 0;
  }

  after(seq: number, limit: number): LoggedEvent[] {
    return this.sql
      .exec<Row>('SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?', seq, limit)
      .toArray()
      .map((row) => ({
        seq: Number(row.seq),
        id: String(row.id),
        type: row.type as LoggedEvent['type'],
        at: Number(row.at),
        data: JSON.parse(String(row.data)) as LoggedEvent['data'],
      }));
  }

  /** Number of the last event that was ever appended. */
  head(): number {
    const row = this.sql.exec<Row>("SELECT seq FROM sqlite_sequence WHERE name = 'events'").toArray()[0];
    return Number(row?.seq ?? 0);
  }

  /** Up to and with this one everybody has read. */
  cut(upto: number): void {
    this.sql.exec('DELETE FROM events WHERE seq <= ?', upto);
  }

  relay(): EventRelay {
    const row = this.sql.exec<Row>('SELECT * FROM event_relay').toArray()[0];
    if (row === undefined) return START;
    return {
      attempts: Number(row.attempts),
      next_at: Number(row.next_at),
      collect_at: row.collect_at as number | null,
      tidied_at: Number(row.tidied_at),
    };
  }

  writeRelay({ attempts, next_at, collect_at, tidied_at }: EventRelay): void {
    this.sql.exec(
      `INSERT OR REPLACE INTO event_relay (id, attempts, next_at, collect_at, tidied_at)
        VALUES (1, ?, ?, ?, ?)`,
      attempts,
      next_at,
      collect_at,
      tidied_at,
    );
  }

  isWaiting(): boolean {
    return this.waitingSince() !== null;
  }

  /** When somebody has to be called again, or D1's outbox looked at; null when everybody has read everything. */
  nextDue(): number | null {
    const { next_at, collect_at } = this.relay();
    const since = this.waitingSince();
    const due = since === null ? null : Math.max(next_at, since + READ_WITHIN_MS);
    if (due === null || collect_at === null) return due ?? collect_at;
    return Math.min(due, collect_at);
  }

  /** Since when somebody has not read an event, or not heard of a change. */
  private waitingSince(): number | null {
    const { at } = this.sql
      .exec<Row>(
        `SELECT min(value) AS at FROM json_each(json_array(
          (SELECT at FROM events ORDER BY seq LIMIT 1), (SELECT min(changed_at) FROM subscriptions)))`,
      )
      .one();
    return at === null ? null : Number(at);
  }
}
