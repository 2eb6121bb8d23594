import type { ModelCall } from '@agentflow/engine';
import type { CallOutcome } from '../../organization/client.ts';
import type { CostRow, Row } from './rows.ts';
import type { LazyTables } from './schema.ts';

/** What of a call has been told, as bits of its row's `projected`. */
const LISTED = 1;
const BOOKED = 2;

/** One row a model attempt: what D1 and the desk have still to be told of it. */
export class CostStore {
  /** Calls for which money was reserved and whose cost the desk does not know; null until looked at. */
  private owed: Map<string, CallOutcome> | null = null;

  constructor(
    private readonly sql: SqlStorage,
    private readonly tables: LazyTables,
  ) {}

  /** After a transaction that was rolled back. */
  forget(): void {
    this.owed = null;
  }

  insert(cost: CostRow): void {
    this.tables.ensure('costs');
    const owed = this.unbooked();
    this.sql.exec(
      'INSERT OR IGNORE INTO costs (id, node_id, call, at) VALUES (?, ?, ?, ?)',
      cost.id,
      cost.node_id,
      JSON.stringify(cost.call),
      cost.at,
    );
    if (cost.call.held !== undefined) owed.set(cost.id, outcomeOf(cost.call, cost.call.held));
  }

  unprojected(limit: number): CostRow[] {
    if (!this.tables.has('costs')) return [];
    return this.sql
      .exec<Row>(`SELECT id, node_id, call, at FROM costs WHERE projected & ${LISTED} = 0 ORDER BY id LIMIT ?`, limit)
      .toArray()
      .map((row) => ({
        id: String(row.id),
        node_id: String(row.node_id),
        call: JSON.parse(String(row.call)) as ModelCall,
        at: Number(row.at),
      }));
  }

  markProjected(ids: readonly string[]): void {
    for (const id of ids) this.sql.exec(`UPDATE costs SET projected = projected | ${LISTED} WHERE id = ?`, id);
  }

  /** By the id of its row. */
  unbooked(): Map<string, CallOutcome> {
    if (this.owed !== null) return this.owed;
    this.owed = new Map();
    if (!this.tables.has('costs')) return this.owed;
    const rows = this.sql.exec<Row>(
      `SELECT id, call FROM costs WHERE projected & ${BOOKED} = 0 AND json_extract(call, '$.held') IS NOT NULL`,
    );
    for (const row of rows) {
      const call = JSON.parse(String(row.call)) as ModelCall;
      if (call.held !== undefined) this.owed.set(String(row.id), outcomeOf(call, call.held));
    }
    return this.owed;
  }

  markBooked(ids: readonly string[]): void {
    if (ids.length === 0) return;
    this.sql.exec(
      `UPDATE costs SET projected = projected | ${BOOKED} WHERE id IN (SELECT value FROM json_each(?))`,
      JSON.stringify(ids),
    );
    for (const id of ids) this.owed?.delete(id);
  }

  /** What calls have cost for which no money was reserved. */
  unreserved(): number {
    if (!this.tables.has('costs')) return 0;
    const { cost } = this.sql
      .exec<Row>(
        `SELECT coalesce(sum(json_extract(call, '$.cost_microusd')), 0) AS cost FROM costs
          WHERE json_extract(call, '$.held') IS NULL`,
      )
      .one();
    return Number(cost);
  }
}

function outcomeOf({ cost_microusd }: ModelCall, { step, number }: NonNullable<ModelCall['held']>): CallOutcome {
  return { step, number, cost_microusd };
}
