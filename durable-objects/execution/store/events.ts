import type { ExecutionEvent, ExecutionEventType, JsonValue } from '@agentflow/contracts';
import type { Row } from './rows.ts';

/** SQLite in objects takes 100 bound parameters a statement; an event has 6. */
const EVENTS_PER_STATEMENT = 16;
const EVENT_INSERTS = Array.from(
  { length: EVENTS_PER_STATEMENT },
  (_, extra) =>
    `INSERT INTO events (seq, type, at, node_id, path, data) VALUES (?, ?, ?, ?, ?, ?)${', (?, ?, ?, ?, ?, ?)'.repeat(extra)}`,
);

/** The log of one execution's events; `seq` has no gaps. */
export class EventStore {
  constructor(private readonly sql: SqlStorage) {}

  /** Several events at once: most signals give two, and a statement costs more than a row. */
  append(events: readonly ExecutionEvent[]): void {
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

  after(seq: number, executionId: string, limit: number): ExecutionEvent[] {
    return this.sql
      .exec<Row>('SELECT * FROM events WHERE seq > ? ORDER BY seq LIMIT ?', seq, limit)
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
}
