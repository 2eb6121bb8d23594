import type { ExecutionEvent, ExecutionEventType, JsonValue } from '@agentflow/contracts';
import type { Row } from './rows.ts';

/** A row is capped at 2 MB, and a character has up to three bytes: a commit with more than this takes several rows. */
const ROW_CHARACTERS = 256 * 1024;

/** An event as its row keeps it: type, time in milliseconds, node, path, data. Its number follows from its place. */
type StoredEvent = readonly [ExecutionEventType, number, string | null, string | null, Record<string, JsonValue>];

/** The log of one execution's events, the events of a commit in one row; `seq` has no gaps. */
export class EventStore {
  constructor(private readonly sql: SqlStorage) {}

  append(events: readonly ExecutionEvent[]): void {
    let texts: string[] = [];
    let characters = 0;
    events.forEach((event, index) => {
      const text = storedText(event);
      texts.push(text);
      characters += text.length;
      if (characters < ROW_CHARACTERS && index < events.length - 1) return;
      this.sql.exec('INSERT INTO events (seq, batch) VALUES (?, ?)', event.seq, `[${texts.join(',')}]`);
      texts = [];
      characters = 0;
    });
  }

  lastSeq(): number {
    return Number(this.sql.exec<Row>('SELECT coalesce(max(seq), 0) AS seq FROM events').one().seq);
  }

  after(seq: number, executionId: string, limit: number): ExecutionEvent[] {
    const events: ExecutionEvent[] = [];
    // Read one by one: a row may hold all that is asked for.
    for (const row of this.sql.exec<Row>(
      'SELECT seq, batch FROM events WHERE seq > ? ORDER BY seq LIMIT ?',
      seq,
      limit,
    )) {
      const batch = JSON.parse(String(row.batch)) as StoredEvent[];
      const before = Number(row.seq) - batch.length;
      for (let index = Math.max(0, seq - before); index < batch.length; index++) {
        if (events.length === limit) return events;
        events.push(eventOf(executionId, before + index + 1, batch[index] as StoredEvent));
      }
    }
    return events;
  }
}

function storedText({ type, at, node_id, iteration, data }: ExecutionEvent): string {
  const stored: StoredEvent = [type, Date.parse(at), node_id ?? null, iteration ?? null, data];
  return JSON.stringify(stored);
}

function eventOf(executionId: string, seq: number, [type, at, nodeId, path, data]: StoredEvent): ExecutionEvent {
  return {
    seq,
    type,
    execution_id: executionId,
    at: new Date(at).toISOString(),
    ...(nodeId === null ? {} : { node_id: nodeId }),
    ...(path === null ? {} : { iteration: path }),
    data,
  };
}
