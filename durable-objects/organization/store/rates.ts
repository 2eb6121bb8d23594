import type { StoredRateLimits } from '../client.ts';
import type { RateRow } from '../rates.ts';

type Row = Record<string, SqlStorageValue>;

/** What the organization limits, and what has been counted of each limited subject. */
export class RateStore {
  constructor(private readonly sql: SqlStorage) {}

  limits(): StoredRateLimits | null {
    const row = this.sql.exec<Row>('SELECT limits, revision FROM rate_limits').toArray()[0];
    if (row === undefined) return null;
    return { limits: JSON.parse(String(row.limits)) as StoredRateLimits['limits'], revision: Number(row.revision) };
  }

  writeLimits({ limits, revision }: StoredRateLimits): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO rate_limits (id, limits, revision) VALUES (1, ?, ?)',
      JSON.stringify(limits),
      revision,
    );
  }

  find(subject: string): RateRow | null {
    const row = this.sql.exec<Row>('SELECT * FROM rates WHERE subject = ?', subject).toArray()[0];
    if (row === undefined) return null;
    return {
      level: Number(row.level),
      poured_at: Number(row.poured_at),
      hour_start: Number(row.hour_start),
      hour_used: Number(row.hour_used),
      day_start: Number(row.day_start),
      day_used: Number(row.day_used),
    };
  }

  write(subject: string, row: RateRow, expiresAt: number): void {
    this.sql.exec(
      `INSERT INTO rates (subject, level, poured_at, hour_start, hour_used, day_start, day_used, expires_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?)
        ON CONFLICT (subject) DO UPDATE SET level = excluded.level, poured_at = excluded.poured_at,
          hour_start = excluded.hour_start, hour_used = excluded.hour_used, day_start = excluded.day_start,
          day_used = excluded.day_used, expires_at = excluded.expires_at`,
      subject,
      row.level,
      row.poured_at,
      row.hour_start,
      row.hour_used,
      row.day_start,
      row.day_used,
      expiresAt,
    );
  }

  deleteExpired(now: number): void {
    this.sql.exec('DELETE FROM rates WHERE expires_at <= ?', now);
  }
}
