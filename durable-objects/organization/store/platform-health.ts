import type { StoredHealth } from '../platform-health.ts';

type Row = Record<string, SqlStorageValue>;

/** What came of sending to each chat platform lately. */
export class PlatformHealthStore {
  constructor(private readonly sql: SqlStorage) {}

  all(): StoredHealth[] {
    return this.sql
      .exec<Row>('SELECT health FROM platform_health ORDER BY platform')
      .toArray()
      .map((row) => JSON.parse(String(row.health)) as StoredHealth);
  }

  find(platform: string): StoredHealth | null {
    const row = this.sql.exec<Row>('SELECT health FROM platform_health WHERE platform = ?', platform).toArray()[0];
    return row === undefined ? null : (JSON.parse(String(row.health)) as StoredHealth);
  }

  write(health: StoredHealth): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO platform_health (platform, health) VALUES (?, ?)',
      health.platform,
      JSON.stringify(health),
    );
  }
}
