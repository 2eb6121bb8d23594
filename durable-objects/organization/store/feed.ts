import type { FeedEvent, FeedFact } from '@agentflow/contracts';

type Row = Record<string, SqlStorageValue>;

/** The newest events of the feed, kept while somebody watches or has just watched. */
export class FeedStore {
  constructor(private readonly sql: SqlStorage) {}

  /** Until when events are kept; null while nobody watches. */
  keptUntil(): number | null {
    const row = this.sql.exec<Row>('SELECT kept_until FROM feed_watch').toArray()[0];
    return row === undefined ? null : Number(row.kept_until);
  }

  keepUntil(at: number): void {
    this.sql.exec('INSERT OR REPLACE INTO feed_watch (id, kept_until) VALUES (1, ?)', at);
  }

  append(fact: FeedFact, at: number): FeedEvent {
    const { seq } = this.sql
      .exec<Row>(
        'INSERT INTO feed (at, type, data) VALUES (?, ?, ?) RETURNING seq',
        at,
        fact.type,
        JSON.stringify(fact.data),
      )
      .one();
    return { seq: Number(seq), at: new Date(at).toISOString(), ...fact };
  }

  /** Leaves the newest ones. */
  cut(beforeSeq: number): void {
    this.sql.exec('DELETE FROM feed WHERE seq < ?', beforeSeq);
  }

  /** Numbers go on where they were. */
  clear(): void {
    this.sql.exec('DELETE FROM feed');
    this.sql.exec('DELETE FROM feed_watch');
  }

  /** Sequence numbers of the first and the last event that are kept; null when there is none. */
  range(): { readonly first: number; readonly last: number } | null {
    const row = this.sql.exec<Row>('SELECT min(seq) AS first, max(seq) AS last FROM feed').one();
    return row.first === null ? null : { first: Number(row.first), last: Number(row.last) };
  }

  after(seq: number): FeedEvent[] {
    return this.sql
      .exec<Row>('SELECT seq, at, type, data FROM feed WHERE seq > ? ORDER BY seq', seq)
      .toArray()
      .map(
        (row) =>
          ({
            seq: Number(row.seq),
            at: new Date(Number(row.at)).toISOString(),
            type: row.type,
            data: JSON.parse(String(row.data)),
          }) as FeedEvent,
      );
  }
}
