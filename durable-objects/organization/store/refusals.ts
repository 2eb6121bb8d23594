import type { CountedRefusals } from '../client.ts';

type Row = Record<string, SqlStorageValue>;

/** Refused calls by external agent, code and minute, until D1 has the last count of a minute that is over. */
export class RefusalStore {
  constructor(private readonly sql: SqlStorage) {}

  find(externalAgentId: string, code: string, minute: number): CountedRefusals | null {
    const row = this.sql
      .exec<Row>(
        'SELECT counted FROM refusals WHERE external_agent_id = ? AND code = ? AND minute = ?',
        externalAgentId,
        code,
        minute,
      )
      .toArray()[0];
    return row === undefined ? null : (JSON.parse(String(row.counted)) as CountedRefusals);
  }

  /** `tellAt`: when D1 is to be told, if it is not to be sooner already. */
  write(counted: CountedRefusals, tellAt: number): void {
    this.sql.exec(
      `INSERT INTO refusals (external_agent_id, code, minute, counted, count, told, tell_at) VALUES (?, ?, ?, ?, ?, 0, ?)
        ON CONFLICT (external_agent_id, code, minute) DO UPDATE SET counted = excluded.counted, count = excluded.count,
          tell_at = min(coalesce(tell_at, excluded.tell_at), excluded.tell_at)`,
      counted.external_agent_id,
      counted.code,
      counted.minute,
      JSON.stringify(counted),
      counted.count,
      tellAt,
    );
  }

  due(at: number, limit: number): CountedRefusals[] {
    return this.sql
      .exec<Row>('SELECT counted FROM refusals WHERE tell_at <= ? ORDER BY tell_at LIMIT ?', at, limit)
      .toArray()
      .map((row) => JSON.parse(String(row.counted)) as CountedRefusals);
  }

  /** D1 has this count; what was counted since is told later. */
  told({ external_agent_id, code, minute, count }: CountedRefusals, againAt: number): void {
    this.sql.exec(
      `UPDATE refusals SET told = ?, tell_at = iif(count > ?, ?, NULL)
        WHERE external_agent_id = ? AND code = ? AND minute = ?`,
      count,
      count,
      againAt,
      external_agent_id,
      code,
      minute,
    );
  }

  delay(at: number, until: number): void {
    this.sql.exec('UPDATE refusals SET tell_at = ? WHERE tell_at <= ?', until, at);
  }

  /** Minutes that are over and told. */
  deleteBefore(minute: number): void {
    this.sql.exec('DELETE FROM refusals WHERE minute < ? AND tell_at IS NULL AND told = count', minute);
  }
}
