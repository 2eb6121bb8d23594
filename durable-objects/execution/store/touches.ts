import type { Row } from './rows.ts';
import type { LazyTables } from './schema.ts';

/** Calls of one model by one node. Times in milliseconds since the epoch. */
export interface ModelCalls {
  readonly node_id: string;
  /** `provider/name`. */
  readonly model: string;
  readonly count: number;
  readonly failed: number;
  readonly input_tokens: number;
  readonly output_tokens: number;
  readonly cost_microusd: number;
  readonly started_at: number;
  readonly duration_ms: number;
  /** How the last of them ended. */
  readonly outcome: 'ok' | 'error' | 'cancelled';
}

/** A step that reaches out: an HTTP request, or a tool that a model asked for. */
export interface OutgoingStep {
  readonly node_id: string;
  readonly status: string;
  readonly attempts: number;
  readonly started_at: number | null;
  readonly finished_at: number | null;
  readonly error_code: string | null;
  readonly method: string | null;
  readonly url: string | null;
  readonly tool: string | null;
  /** Of a tool of an MCP server: its place among the node's tools. */
  readonly server: number | null;
}

/** What the steps of one execution reached outside of it, as its tables tell it. */
export class TouchStore {
  constructor(
    private readonly sql: SqlStorage,
    private readonly tables: LazyTables,
  ) {}

  models(limit: number): ModelCalls[] {
    if (!this.tables.has('costs')) return [];
    return this.sql
      .exec<Row>(
        `SELECT node_id, call ->> '$.provider' || '/' || (call ->> '$.model') AS model, count(*) AS count,
          sum(call ->> '$.outcome' <> 'ok') AS failed, sum(call ->> '$.input_tokens') AS input_tokens,
          sum(call ->> '$.output_tokens') AS output_tokens, sum(call ->> '$.cost_microusd') AS cost_microusd,
          min(at - (call ->> '$.latency_ms')) AS started_at, sum(call ->> '$.latency_ms') AS duration_ms, max(at) AS last,
          max(CASE call ->> '$.outcome' WHEN 'ok' THEN at END) AS ok,
          max(CASE call ->> '$.outcome' WHEN 'error' THEN at END) AS error
        FROM costs GROUP BY 1, 2 ORDER BY started_at, 1, 2 LIMIT ?`,
        limit,
      )
      .toArray()
      .map((row) => ({
        node_id: String(row.node_id),
        model: String(row.model),
        count: Number(row.count),
        failed: Number(row.failed),
        input_tokens: Number(row.input_tokens),
        output_tokens: Number(row.output_tokens),
        cost_microusd: Number(row.cost_microusd),
        started_at: Number(row.started_at),
        duration_ms: Number(row.duration_ms),
        outcome: row.ok === row.last ? 'ok' : row.error === row.last ? 'error' : 'cancelled',
      }));
  }

  /** Steps of these nodes, in the order in which they began; what was not sent, and results of other runs, are left out. */
  *steps(nodeIds: readonly string[]): Generator<OutgoingStep> {
    const rows = this.sql.exec<Row>(
      `SELECT node_id, status, json_array_length(attempts) AS attempts, started_at, finished_at, error ->> '$.code' AS error_code,
        CASE WHEN call = '' AND json_valid(input) THEN input ->> '$.method' END AS method,
        CASE WHEN call = '' AND json_valid(input) THEN input ->> '$.url' END AS url,
        CASE WHEN json_valid(items) THEN items ->> '$[0].tool' END AS tool,
        CASE WHEN json_valid(items) THEN items ->> '$[0].mcp.server' END AS server
      FROM steps WHERE node_id IN (SELECT value FROM json_each(?)) AND blocked = 0 AND reused_from IS NULL
        AND started_at IS NOT NULL AND (call = '' OR call GLOB 't*.*') ORDER BY ord`,
      JSON.stringify(nodeIds),
    );
    for (const row of rows) {
      yield {
        node_id: String(row.node_id),
        status: String(row.status),
        attempts: Number(row.attempts),
        started_at: row.started_at as number | null,
        finished_at: row.finished_at as number | null,
        error_code: row.error_code as string | null,
        method: row.method as string | null,
        url: row.url as string | null,
        tool: row.tool as string | null,
        server: row.server as number | null,
      };
    }
  }
}
