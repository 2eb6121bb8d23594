import type { Actor } from '@agentflow/contracts';
import type { SaidMessage } from '@agentflow/engine';
import type { Row } from './rows.ts';
import type { LazyTables } from './schema.ts';

/** What people said to the deep agents of one execution while it ran. */
export class SaidStore {
  constructor(
    private readonly sql: SqlStorage,
    private readonly tables: LazyTables,
  ) {}

  add(text: string, by: Actor, at: number): number {
    this.tables.ensure('said');
    const id = this.last() + 1;
    this.sql.exec('INSERT INTO said (id, text, said_by, at) VALUES (?, ?, ?, ?)', id, text, JSON.stringify(by), at);
    return id;
  }

  last(): number {
    if (!this.tables.has('said')) return 0;
    return Number(this.sql.exec<Row>('SELECT coalesce(max(id), 0) AS id FROM said').one().id);
  }

  /** What no turn has heard. */
  unheard(): SaidMessage[] {
    if (!this.tables.has('said')) return [];
    return this.sql
      .exec<Row>('SELECT id, text FROM said WHERE heard = 0 ORDER BY id')
      .toArray()
      .map((row) => ({ id: Number(row.id), text: String(row.text) }));
  }

  hear(upTo: number): void {
    if (this.tables.has('said')) this.sql.exec('UPDATE said SET heard = 1 WHERE id <= ?', upTo);
  }
}
