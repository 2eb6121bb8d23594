import type { DeliveryAttempt, DeliveryStatus } from '@agentflow/contracts';
import type { DeliveryPageQuery, ForgottenPerson } from '../client.ts';

type Row = Record<string, SqlStorageValue>;

/** An event as it is stored for its way to the target. */
export interface NewDelivery {
  readonly event_id: string;
  readonly type: string;
  readonly version: number;
  readonly at: number;
  /** JSON. */
  readonly data: string;
  readonly is_test: boolean;
}

/** What an attempt needs. */
export interface ClaimedDelivery extends NewDelivery {
  readonly ord: number;
  /** Number of this attempt. */
  readonly attempts: number;
  readonly tries: number;
  readonly created_at: number;
  readonly claimed_at: number;
}

export interface DeliveryRow extends Omit<ClaimedDelivery, 'claimed_at'> {
  readonly status: DeliveryStatus;
  readonly next_at: number | null;
  readonly claimed_at: number | null;
  readonly lease_until: number | null;
  readonly finished_at: number | null;
  readonly last_status: number | null;
  readonly last_error: string | null;
  readonly last_duration_ms: number | null;
  /** What was sent last, where the event's own body is not what is sent. */
  readonly request_body: string | null;
}

/** An attempt that has ended. */
export interface AttemptRow extends Omit<DeliveryAttempt, 'at' | 'duration_ms'> {
  readonly at: number;
  readonly duration_ms: number;
}

/** What an attempt leaves in its delivery's row. */
export interface Aftermath {
  readonly status: DeliveryStatus;
  readonly tries: number;
  readonly next_at: number | null;
  readonly finished_at: number | null;
  /** Whether its state is to be written elsewhere. */
  readonly untold: boolean;
}

const PENDING = "status = 'pending' AND lease_until IS NULL";

/** Rows of deliveries and of their attempts. */
export class DeliveryStore {
  constructor(private readonly sql: SqlStorage) {}

  /** False for an event that is stored already. */
  insert(delivery: NewDelivery, inLine: boolean, untold: boolean, now: number): boolean {
    const { event_id, type, version, at, data, is_test } = delivery;
    const { rowsWritten } = this.sql.exec(
      `INSERT OR IGNORE INTO deliveries
        (event_id, type, version, at, data, is_test, in_line, status, attempts, tries, created_at, next_at, untold)
        VALUES (?, ?, ?, ?, ?, ?, ?, 'pending', 0, 0, ?, ?, ?)`,
      event_id,
      type,
      version,
      at,
      data,
      is_test ? 1 : 0,
      inLine ? 1 : 0,
      now,
      now,
      untold ? 1 : 0,
    );
    return rowsWritten > 0;
  }

  /** Claims what is due: of an ordered target the first in line, where that one is due. */
  claim(limit: number, ordered: boolean, now: number, leaseUntil: number): ClaimedDelivery[] {
    // Without a line of its own a pending row of the other kind goes out after the target has changed its mind.
    const first = ordered
      ? `SELECT ord FROM (SELECT ord, next_at, lease_until FROM deliveries
          WHERE status = 'pending' AND in_line = 1 ORDER BY ord LIMIT 1) WHERE lease_until IS NULL AND next_at <= ?`
      : `SELECT ord FROM deliveries WHERE ${PENDING} AND in_line = 0 AND next_at <= ? ORDER BY next_at, ord LIMIT ${limit}`;
    return this.claimWhere(first, [now], now, leaseUntil);
  }

  /** Claims one delivery, whatever else waits. */
  claimOne(ord: number, now: number, leaseUntil: number): ClaimedDelivery | null {
    return this.claimWhere('?', [ord], now, leaseUntil)[0] ?? null;
  }

  /** The earliest time at which something that nobody has claimed is due; null when nothing waits. */
  nextDue(ordered: boolean): number | null {
    const rows = ordered
      ? this.sql.exec<Row>(
          "SELECT next_at FROM deliveries WHERE status = 'pending' AND in_line = 1 ORDER BY ord LIMIT 1",
        )
      : this.sql.exec<Row>(`SELECT next_at FROM deliveries WHERE ${PENDING} AND in_line = 0 ORDER BY next_at LIMIT 1`);
    const row = rows.toArray()[0];
    return row === undefined ? null : Number(row.next_at);
  }

  nextLease(): number | null {
    const rows = this.sql.exec<Row>('SELECT min(lease_until) AS at FROM deliveries WHERE lease_until IS NOT NULL');
    const at = rows.toArray()[0]?.at;
    return at == null ? null : Number(at);
  }

  /** Claims that nobody holds any more, at this time or (null) at any. */
  abandoned(until: number | null): ClaimedDelivery[] {
    return this.sql
      .exec<Row>(
        'SELECT * FROM deliveries WHERE lease_until IS NOT NULL AND lease_until <= ?',
        until ?? Number.MAX_SAFE_INTEGER,
      )
      .toArray()
      .map(rowOf)
      .map((row) => ({ ...row, claimed_at: row.claimed_at ?? row.created_at }));
  }

  /** The end of an attempt. */
  finish(
    ord: number,
    attempt: AttemptRow,
    { status, tries, next_at, finished_at, untold }: Aftermath,
    requestBody: string | null,
  ): void {
    this.sql.exec(
      `UPDATE deliveries SET status = ?, tries = ?, next_at = ?, finished_at = ?, lease_until = NULL, last_status = ?,
        last_error = ?, last_duration_ms = ?, untold = ?, request_body = coalesce(?, request_body) WHERE ord = ?`,
      status,
      tries,
      next_at,
      finished_at,
      attempt.status,
      attempt.error,
      attempt.duration_ms,
      untold ? 1 : 0,
      requestBody,
      ord,
    );
    this.sql.exec(
      'INSERT OR REPLACE INTO attempts VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)',
      ord,
      attempt.number,
      attempt.at,
      attempt.duration_ms,
      attempt.outcome,
      attempt.status,
      attempt.error,
      JSON.stringify(attempt.request_headers),
      JSON.stringify(attempt.response_headers),
      attempt.response_body,
      attempt.response_truncated ? 1 : 0,
    );
  }

  /** Nothing was sent: as if it had not been claimed, but not before `nextAt`. */
  giveBack(ord: number, nextAt: number, reason: string): void {
    this.sql.exec(
      `UPDATE deliveries SET attempts = attempts - 1, tries = tries - 1, lease_until = NULL, next_at = ?, last_error = ?
        WHERE ord = ?`,
      nextAt,
      reason,
      ord,
    );
  }

  find(eventId: string): DeliveryRow | null {
    const row = this.sql.exec<Row>('SELECT * FROM deliveries WHERE event_id = ?', eventId).toArray()[0];
    return row === undefined ? null : rowOf(row);
  }

  attemptsOf(ord: number): AttemptRow[] {
    return this.sql.exec<Row>('SELECT * FROM attempts WHERE ord = ? ORDER BY number', ord).toArray().map(attemptOf);
  }

  wasInterrupted(ord: number, number: number): boolean {
    const rows = this.sql.exec<Row>('SELECT outcome FROM attempts WHERE ord = ? AND number = ?', ord, number).toArray();
    return rows[0]?.outcome === 'interrupted';
  }

  /** Newest first, one more than asked for where there are more. */
  page(query: DeliveryPageQuery, before: number | null): DeliveryRow[] {
    const filters: [string, SqlStorageValue | undefined][] = [
      ['ord < ?', before ?? undefined],
      ['status = ?', query.status],
      ['type = ?', query.event_type],
      ['event_id = ?', query.event_id],
    ];
    const given = filters.filter(([, value]) => value !== undefined);
    const where = given.length === 0 ? '' : `WHERE ${given.map(([text]) => text).join(' AND ')}`;
    return this.sql
      .exec<Row>(
        `SELECT * FROM deliveries ${where} ORDER BY ord DESC LIMIT ?`,
        ...given.map(([, value]) => value ?? null),
        query.limit + 1,
      )
      .toArray()
      .map(rowOf);
  }

  /** Sends it again with a plan of its own. */
  renew(ord: number, inLine: boolean, now: number): void {
    this.sql.exec(
      `UPDATE deliveries SET status = 'pending', tries = 0, next_at = ?, finished_at = NULL, in_line = ?
        WHERE ord = ? AND lease_until IS NULL`,
      now,
      inLine ? 1 : 0,
      ord,
    );
  }

  /** The same for what has failed of events since then; how many. */
  renewFailed(since: number, inLine: boolean, now: number): number {
    return this.sql
      .exec(
        `UPDATE deliveries SET status = 'pending', tries = 0, next_at = ?, finished_at = NULL, in_line = ?
          WHERE status = 'failed' AND is_test = 0 AND at >= ? RETURNING ord`,
        now,
        inLine ? 1 : 0,
        since,
      )
      .toArray().length;
  }

  /** What waits goes where the target's order wants it. */
  line(ordered: boolean): void {
    const [from, to] = ordered ? [0, 1] : [1, 0];
    this.sql.exec(
      "UPDATE deliveries SET in_line = ? WHERE status = 'pending' AND in_line = ? AND is_test = 0",
      to,
      from,
    );
  }

  /** Messages and answers that may name them are not kept; events keep the id, but neither name nor address. */
  forget({ id, email, name }: ForgottenPerson): void {
    const address = email === null ? id : JSON.stringify(email);
    const names = 'instr(data, ?) > 0 OR instr(data, ?) > 0';
    this.sql.exec(
      `UPDATE attempts SET response_body = NULL WHERE ord IN (SELECT ord FROM deliveries WHERE ${names})`,
      id,
      address,
    );
    const nameAt = (who: string) => `'$.${who}.name', iif(data ->> '$.${who}.id' = ?, ?, data ->> '$.${who}.name')`;
    this.sql.exec(
      `UPDATE deliveries SET request_body = NULL, data = json_replace(data, ${nameAt('triggered_by')},
          ${nameAt('decided_by')}, '$.email', iif(data ->> '$.email' = ?, NULL, data ->> '$.email'))
        WHERE ${names}`,
      id,
      name,
      id,
      name,
      email,
      id,
      address,
    );
  }

  counts(): Record<DeliveryStatus, number> {
    const counts = { pending: 0, delivered: 0, failed: 0 };
    const rows = this.sql.exec<Row>(
      'SELECT status, count(*) AS count FROM deliveries WHERE is_test = 0 GROUP BY status',
    );
    for (const { status, count } of rows) counts[status as DeliveryStatus] = Number(count);
    return counts;
  }

  untold(limit: number): DeliveryRow[] {
    return this.sql
      .exec<Row>('SELECT * FROM deliveries WHERE untold = 1 ORDER BY ord LIMIT ?', limit)
      .toArray()
      .map(rowOf);
  }

  /** It is written elsewhere as it was then. */
  told({ ord, attempts, status }: DeliveryRow): void {
    const same = 'ord = ? AND attempts = ? AND status = ?';
    this.sql.exec(`UPDATE deliveries SET untold = 0 WHERE ${same}`, ord, attempts, status);
  }

  oldest(): number | null {
    const row = this.sql.exec<Row>('SELECT created_at FROM deliveries ORDER BY ord LIMIT 1').toArray()[0];
    return row === undefined ? null : Number(row.created_at);
  }

  /** Deletes the oldest ones up to then, as they lie in the order of their making; whether there may be more. */
  deleteUntil(cutoff: number, limit: number): boolean {
    const rows = this.sql
      .exec<Row>('SELECT ord, created_at, lease_until FROM deliveries ORDER BY ord LIMIT ?', limit)
      .toArray();
    const end = rows.findIndex((row) => Number(row.created_at) > cutoff || row.lease_until !== null);
    const old = end === -1 ? rows : rows.slice(0, end);
    const last = old.at(-1)?.ord;
    if (last === undefined) return false;
    this.sql.exec('DELETE FROM attempts WHERE ord <= ?', last);
    this.sql.exec('DELETE FROM deliveries WHERE ord <= ?', last);
    return old.length === limit;
  }

  private claimWhere(ords: string, bindings: SqlStorageValue[], now: number, leaseUntil: number): ClaimedDelivery[] {
    return this.sql
      .exec<Row>(
        `UPDATE deliveries SET attempts = attempts + 1, tries = tries + 1, claimed_at = ?, lease_until = ?
          WHERE ord IN (${ords}) RETURNING *`,
        now,
        leaseUntil,
        ...bindings,
      )
      .toArray()
      .map((row) => ({ ...rowOf(row), claimed_at: now }))
      .sort((one, other) => one.ord - other.ord);
  }
}

function numberOrNull(value: SqlStorageValue | undefined): number | null {
  return value == null ? null : Number(value);
}

function textOrNull(value: SqlStorageValue | undefined): string | null {
  return value == null ? null : String(value);
}

function rowOf(row: Row): DeliveryRow {
  return {
    ord: Number(row.ord),
    event_id: String(row.event_id),
    type: String(row.type),
    version: Number(row.version),
    at: Number(row.at),
    data: String(row.data),
    is_test: row.is_test === 1,
    status: String(row.status) as DeliveryStatus,
    attempts: Number(row.attempts),
    tries: Number(row.tries),
    created_at: Number(row.created_at),
    next_at: numberOrNull(row.next_at),
    claimed_at: numberOrNull(row.claimed_at),
    lease_until: numberOrNull(row.lease_until),
    finished_at: numberOrNull(row.finished_at),
    last_status: numberOrNull(row.last_status),
    last_error: textOrNull(row.last_error),
    last_duration_ms: numberOrNull(row.last_duration_ms),
    request_body: textOrNull(row.request_body),
  };
}

function attemptOf(row: Row): AttemptRow {
  return {
    number: Number(row.number),
    at: Number(row.at),
    duration_ms: Number(row.duration_ms),
    outcome: String(row.outcome) as AttemptRow['outcome'],
    status: numberOrNull(row.status),
    error: textOrNull(row.error),
    request_headers: JSON.parse(String(row.request_headers)),
    response_headers: JSON.parse(String(row.response_headers)),
    response_body: textOrNull(row.response_body),
    response_truncated: row.response_truncated === 1,
  };
}
