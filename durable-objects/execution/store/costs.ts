import type { ModelCall } from '@agentflow/engine';
import type { CostRow, Row } from './rows.ts';
import type { LazyTables } from './schema.ts';

/** One row a model attempt, until D1 has it. */
export class CostStore {
  constructor(
    private readonly sql: SqlStorage,
    private readonly tables: LazyTables,
  ) {}

  insert(cost: CostRow): void {
    this.tables.ensure('costs');
    this.sql.exec(
      'INSERT OR IGNORE INTO costs (id, node_id, call, at) VALUES (?, ?, ?, ?)',
      cost.id,
      cost.node_id,
      JSON.stringify(cost.call),
      cost.at,
    );
  }

  unprojected(limit: number): CostRow[] {
    if (!this.tables.has('costs')) return [];
    return this.sql
      .exec<Row>('SELECT id, node_id, call, at FROM costs WHERE projected = 0 ORDER BY id LIMIT ?', limit)
      .toArray()
      .map((row) => ({
        id: String(row.id),
        node_id: String(row.node_id),
        call: JSON.parse(String(row.call)) as ModelCall,
        at: Number(row.at),
      }));
  }

  markProjected(ids: readonly string[]): void {
    for (const id of ids) this.sql.exec('UPDATE costs SET projected = 1 WHERE id = ?', id);
  }
}
