import type { ErasureSubject } from '../client.ts';

type Row = Record<string, SqlStorageValue>;

/** An erasure and how far it is. Times in milliseconds since the epoch. */
export interface ErasureJob extends ErasureSubject {
  /** `intended` until D1 is known to have it, then a stage of its work, then `resting`. */
  readonly stage: string;
  /** The stage's last page ended here. */
  readonly cursor: string;
  /** Whether something in this sweep could not be erased: then another one follows. */
  readonly failed: boolean;
  /** Whether a whole sweep has succeeded before the rest: the next one that does is the last. */
  readonly rested: boolean;
  readonly requested_at: number;
  /** Failures so far; of an intention, how often D1 was asked for it. */
  readonly attempts: number;
  readonly next_at: number;
}

/** Rows of the desk's `erasures` table, and what an erasure does to the desk's other tables. */
export class ErasureStore {
  constructor(private readonly sql: SqlStorage) {}

  /** Keeps an erasure that is known already: it may have begun. */
  intend({ kind, subject, email }: ErasureSubject, now: number, nextAt: number): void {
    this.sql.exec(
      `INSERT INTO erasures (subject, kind, email, stage, cursor, failed, rested, requested_at, attempts, next_at)
        VALUES (?, ?, ?, 'intended', '', 0, 0, ?, 0, ?)
        ON CONFLICT (subject) DO UPDATE SET attempts = 0, next_at = excluded.next_at WHERE stage = 'intended'`,
      subject,
      kind,
      email,
      now,
      nextAt,
    );
  }

  job(subject: string): ErasureJob | null {
    return jobOf(this.sql.exec<Row>('SELECT * FROM erasures WHERE subject = ?', subject).toArray()[0]);
  }

  /** The one that is due next; the organization's own, once it has begun, makes the others needless. */
  next(): ErasureJob | null {
    const rows = this.sql.exec<Row>(
      "SELECT * FROM erasures ORDER BY kind = 'organization' AND stage <> 'intended' DESC, next_at LIMIT 1",
    );
    return jobOf(rows.toArray()[0]);
  }

  write(job: ErasureJob): void {
    this.sql.exec(
      'UPDATE erasures SET stage = ?, cursor = ?, failed = ?, rested = ?, attempts = ?, next_at = ? WHERE subject = ?',
      job.stage,
      job.cursor,
      job.failed ? 1 : 0,
      job.rested ? 1 : 0,
      job.attempts,
      job.next_at,
      job.subject,
    );
  }

  delete(subject: string): void {
    this.sql.exec('DELETE FROM erasures WHERE subject = ?', subject);
  }

  organizationHasBegun(): boolean {
    const rows = this.sql.exec("SELECT 1 FROM erasures WHERE kind = 'organization' AND stage <> 'intended'");
    return rows.toArray().length > 0;
  }

  /** Leases after one, of all callers or of one: what may run without a row in D1. */
  leases(after: string, caller: string | null, limit: number): { id: string; execution_id: string }[] {
    return this.sql
      .exec<Row>(
        'SELECT id, execution_id FROM leases WHERE id > ? AND (?2 IS NULL OR caller = ?2) ORDER BY id LIMIT ?3',
        after,
        caller,
        limit,
      )
      .toArray()
      .map((row) => ({ id: String(row.id), execution_id: String(row.execution_id) }));
  }

  /** Everything that the desk knows, but for the erasure itself, by which it goes on refusing. */
  forgetAllElse(): void {
    const kept = ['erasures', 'identity', 'schema_version'];
    const tables = this.sql.exec<Row>("SELECT name FROM sqlite_master WHERE type = 'table'").toArray();
    for (const { name } of tables) {
      const table = String(name);
      if (!/^(_cf_|sqlite_)/.test(table) && !kept.includes(table)) this.sql.exec(`DELETE FROM "${table}"`);
    }
  }
}

function jobOf(row: Row | undefined): ErasureJob | null {
  if (row === undefined) return null;
  return {
    subject: String(row.subject),
    kind: row.kind as ErasureJob['kind'],
    email: row.email as string | null,
    stage: String(row.stage),
    cursor: String(row.cursor),
    failed: row.failed === 1,
    rested: row.rested === 1,
    requested_at: Number(row.requested_at),
    attempts: Number(row.attempts),
    next_at: Number(row.next_at),
  };
}
