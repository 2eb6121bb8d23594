import type {
  ExecutionError,
  ExecutionStep,
  JsonValue,
  StepAttempt,
  StepStatus,
  WaitingReason,
} from '@agentflow/contracts';
import {
  callerOf,
  type EndedCall,
  type GivenStep,
  ITEM,
  type RecordedStep,
  type StepState,
  seesCalls,
} from '@agentflow/engine';
import type { GivenResult, RecordedResult } from '../client.ts';
import type { ReadLarge } from '../large-values.ts';
import { attemptTotals, parse, type Row, type StepRow } from './rows.ts';
import type { LazyTables } from './schema.ts';
import { LARGE, type ValueStore } from './values.ts';

const STATE_COLUMNS = `key, ord, node_id, path, call, status, attempt, failures, handle, wake_at, waiting_reason, progress,
  attempts, blocked, started_at, finished_at`;

/** The steps of one execution, with their results; what an execution began with included. */
export class StepStore {
  constructor(
    private readonly sql: SqlStorage,
    private readonly tables: LazyTables,
    private readonly values: ValueStore,
  ) {}

  /** Results that the execution begins with. */
  writeGiven(results: readonly GivenResult[]): void {
    this.tables.ensure('given');
    for (const { key, handle, input, output } of results) {
      this.sql.exec(
        'INSERT INTO given (key, handle, input, output) VALUES (?, ?, ?, ?)',
        key,
        handle,
        input,
        output === null ? null : this.values.inline(`given:${key}`, output),
      );
    }
  }

  /** Exits of the given steps, by key; empty for an execution that began with nothing. */
  givenSteps(): ReadonlyMap<string, GivenStep> {
    if (!this.tables.has('given')) return new Map();
    const rows = this.sql.exec<Row>('SELECT key, handle FROM given').toArray();
    return new Map(rows.map((row) => [String(row.key), { handle: String(row.handle) }]));
  }

  /** What steps may answer without being run. */
  writeRecorded(results: readonly RecordedResult[]): void {
    this.tables.ensure('recorded');
    for (const { key, handle, input, output, error } of results) {
      this.sql.exec(
        'INSERT INTO recorded (key, handle, input, output, error) VALUES (?, ?, ?, ?, ?)',
        key,
        handle,
        input,
        output === null ? null : this.values.inline(`recorded:${key}`, output),
        error === null ? null : JSON.stringify(error),
      );
    }
  }

  recorded(key: string): RecordedStep | null {
    const row = this.sql.exec<Row>('SELECT handle, input, output, error FROM recorded WHERE key = ?', key).toArray()[0];
    if (row === undefined) return null;
    const output = typeof row.output === 'string' ? this.values.here(`recorded:${key}`, row.output) : null;
    return {
      handle: String(row.handle),
      input: JSON.parse(String(row.input)) as JsonValue,
      output: parse<JsonValue>(output),
      error: parse<ExecutionError>(row.error),
    };
  }

  insert(step: StepState, ord: number, attempts: readonly StepAttempt[], startedAt: number | null): void {
    this.sql.exec(
      `INSERT INTO steps (key, ord, node_id, path, call, status, attempt, failures, handle, attempts, started_at)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      step.key,
      ord,
      step.node_id,
      step.path,
      step.call,
      step.status,
      step.attempt,
      step.failures,
      step.handle,
      JSON.stringify(attempts),
      startedAt,
    );
  }

  /** The row of a step that was taken over; gives back its output. */
  insertReused(step: StepState, ord: number, from: string, at: number): JsonValue | null {
    const row = this.sql.exec<Row>('SELECT input, output FROM given WHERE key = ?', step.key).toArray()[0];
    const output = typeof row?.output === 'string' ? this.values.here(`given:${step.key}`, row.output) : null;
    this.sql.exec(
      `INSERT INTO steps (key, ord, node_id, path, call, status, attempt, failures, handle, attempts, started_at, finished_at,
        input, output, reused_from) VALUES (?, ?, ?, ?, ?, ?, 0, 0, ?, '[]', ?, ?, ?, ?, ?)`,
      step.key,
      ord,
      step.node_id,
      step.path,
      step.call,
      step.status,
      step.handle,
      at,
      at,
      (row?.input ?? null) as string | null,
      output === null ? null : this.values.inline(`step:${step.key}`, output),
      from,
    );
    return parse<JsonValue>(output);
  }

  update(ord: number, step: StepState, attempts: readonly StepAttempt[], finishedAt: number | null): void {
    this.sql.exec(
      `UPDATE steps SET status = ?, attempt = ?, failures = ?, handle = ?, wake_at = ?, waiting_reason = ?, progress = ?,
        attempts = ?, finished_at = ? WHERE ord = ?`,
      step.status,
      step.attempt,
      step.failures,
      step.handle,
      step.wake_at,
      step.waiting_reason,
      progressText(step),
      JSON.stringify(attempts),
      finishedAt,
      ord,
    );
  }

  /** The same with the step's result, in one statement: the common case costs one write. */
  updateResult(
    ord: number,
    step: StepState,
    attempts: readonly StepAttempt[],
    finishedAt: number | null,
    result: {
      input: string | null;
      output: string | null;
      error: ExecutionError | null;
      blocked: boolean;
      reusedFrom?: string | null;
    },
  ): void {
    this.sql.exec(
      `UPDATE steps SET status = ?, attempt = ?, failures = ?, handle = ?, wake_at = ?, waiting_reason = ?, progress = ?,
        attempts = ?, finished_at = ?, input = coalesce(?, input), output = ?, error = ?, blocked = ?, reused_from = coalesce(?, reused_from) WHERE ord = ?`,
      step.status,
      step.attempt,
      step.failures,
      step.handle,
      step.wake_at,
      step.waiting_reason,
      progressText(step),
      JSON.stringify(attempts),
      finishedAt,
      result.input,
      result.output === null ? null : this.values.inline(`step:${step.key}`, result.output),
      result.error === null ? null : JSON.stringify(result.error),
      result.blocked ? 1 : 0,
      result.reusedFrom ?? null,
      ord,
    );
  }

  /** Input of a step that shows it before it ends: one that waits, a loop, a call, a round. */
  writeInput(ord: number, input: string): void {
    this.sql.exec('UPDATE steps SET input = ? WHERE ord = ?', input, ord);
  }

  /** The list that a loop goes through; of a call, its request as the only item. */
  writeItems(ord: number, key: string, items: readonly JsonValue[]): void {
    const text = this.values.inline(`items:${key}`, JSON.stringify(items));
    this.sql.exec('UPDATE steps SET items = ? WHERE ord = ?', text, ord);
  }

  items(ord: number, key: string): JsonValue[] | null {
    const text = this.sql.exec<Row>('SELECT items FROM steps WHERE ord = ?', ord).toArray()[0]?.items ?? null;
    return parse<JsonValue[]>(typeof text === 'string' ? this.values.here(`items:${key}`, text) : null);
  }

  /** Outputs of a loop's rounds that have ended, by index; `prefix` is the loop's path with a dot, or empty. */
  roundOutputs(nodeId: string, prefix: string): { index: number; status: StepStatus; output: JsonValue | null }[] {
    return this.sql
      .exec<Row>(
        "SELECT key, path, status, output FROM steps WHERE node_id = ? AND call = ? AND substr(path, 1, ?) = ? AND status <> 'running'",
        nodeId,
        ITEM,
        prefix.length,
        prefix,
      )
      .toArray()
      .map((row) => ({
        index: Number(String(row.path).slice(prefix.length)),
        status: row.status as StepStatus,
        output: this.outputOf(row),
      }));
  }

  /** Calls of a step that have ended, in the order in which they were made. */
  endedCalls(nodeId: string, path: string, within: string): EndedCall[] {
    const prefix = within === '' ? '' : `${within}/`;
    return this.sql
      .exec<Row>(
        `SELECT key, ord, call, output, error FROM steps WHERE node_id = ? AND path = ? AND call NOT IN ('', ?)
          AND (call GLOB 'm[0-9]*' OR (substr(call, 1, ?) = ? AND instr(substr(call, ?), '/') = 0))
          AND status IN ('completed', 'failed') ORDER BY ord`,
        nodeId,
        path,
        ITEM,
        prefix.length,
        prefix,
        prefix.length + 1,
      )
      .toArray()
      .map((row) => ({
        id: String(row.call),
        request: this.items(Number(row.ord), String(row.key))?.[0] ?? null,
        output: this.outputOf(row),
        error: parse<ExecutionError>(row.error),
      }));
  }

  /** Tokens of the turns of one node's step but for those that this call made, or the node itself for an empty one. */
  tokensBeside(nodeId: string, path: string, within: string): number {
    return this.sql
      .exec<Row>(
        "SELECT call, attempts FROM steps WHERE node_id = ? AND path = ? AND call GLOB '*t[0-9]*'",
        nodeId,
        path,
      )
      .toArray()
      .filter(({ call }) => seesCalls(String(call)) && callerOf(String(call)) !== within)
      .flatMap((row) => JSON.parse(String(row.attempts)) as StepAttempt[])
      .reduce((sum, { input_tokens, output_tokens }) => sum + input_tokens + output_tokens, 0);
  }

  /** Every step with what the engine knows of it, those of rounds that have ended included. */
  allStates(): StepState[] {
    return this.sql.exec<Row>(`SELECT ${STATE_COLUMNS} FROM steps ORDER BY ord`).toArray().map(stepState);
  }

  /**
   * Every step but those of rounds that have ended, which nothing reads any more; the rounds' own rows are there. Loops
   * of 10,000 rounds must not be read whole to go on with the last.
   */
  openStates(): StepRow[] {
    const rounds = this.sql.exec<Row>(`SELECT ${STATE_COLUMNS} FROM steps WHERE call = ? ORDER BY ord`, ITEM).toArray();
    const open = rounds.filter((row) => row.status === 'running').map((row) => String(row.path));
    const others = this.sql
      .exec<Row>(
        `SELECT ${STATE_COLUMNS} FROM steps WHERE call <> ? AND (path = '' OR path IN (SELECT value FROM json_each(?)))
          ORDER BY ord`,
        ITEM,
        JSON.stringify(open),
      )
      .toArray();
    return [...others, ...rounds].map(stepRow);
  }

  lastOrd(): number {
    return Number(this.sql.exec<Row>('SELECT coalesce(max(ord), 0) AS ord FROM steps').one().ord);
  }

  /** Sums over all steps, rounds that have ended included. */
  totals(): { steps: number; attempts: StepAttempt[] } {
    const closed = this.sql
      .exec<Row>(
        "SELECT count(*) AS n FROM steps WHERE status IN ('completed', 'failed', 'cancelled') AND call <> ?",
        ITEM,
      )
      .one();
    const attempts = this.sql
      .exec<Row>('SELECT attempts FROM steps WHERE attempts LIKE \'%"model":"%\'')
      .toArray()
      .flatMap((row) => JSON.parse(String(row.attempts)) as StepAttempt[]);
    return { steps: Number(closed.n), attempts };
  }

  output(ord: number): JsonValue | null {
    const row = this.sql.exec<Row>('SELECT key, output FROM steps WHERE ord = ?', ord).toArray()[0];
    return row === undefined ? null : this.outputOf(row);
  }

  private outputOf(row: Row): JsonValue | null {
    if (typeof row.output !== 'string') return null;
    return parse<JsonValue>(this.values.here(`step:${row.key}`, row.output));
  }

  /** Results of these steps as another execution takes them; null when they are larger together than `limit` characters. */
  async results(keys: ReadonlySet<string>, limit: number, read: ReadLarge): Promise<GivenResult[] | null> {
    let characters = 0;
    const results: GivenResult[] = [];
    const large: string[] = [];
    for (const row of this.sql.exec<Row>('SELECT key, handle, input, output, error FROM steps ORDER BY ord')) {
      const key = String(row.key);
      if (!keys.has(key)) continue;
      const output = (row.output as string | null) ?? failureOutput(parse<ExecutionError>(row.error));
      const input = row.input as string | null;
      if (output === LARGE) large.push(key);
      characters += output === LARGE ? this.values.characters(`step:${key}`) : (output?.length ?? 0);
      characters += (input?.length ?? 0) + key.length;
      if (characters > limit) return null;
      results.push({ key, handle: String(row.handle ?? 'out'), input, output });
    }
    const texts = await read(large.map((key) => `step:${key}`));
    return results.map((each) => ({ ...each, output: texts.get(`step:${each.key}`) ?? each.output }));
  }

  /**
   * How the steps of these nodes ended, as a shadow run repeats it; null when that is larger than `limit` characters. What
   * was not performed, and inputs that were kept in part, are left out.
   */
  async recordedResults(nodeIds: readonly string[], limit: number, read: ReadLarge): Promise<RecordedResult[] | null> {
    let characters = 0;
    const large: string[] = [];
    const results: RecordedResult[] = [];
    const rows = this.sql.exec<Row>(
      `SELECT key, node_id, handle, input, output, error FROM steps WHERE call = '' AND blocked = 0 AND input IS NOT NULL
        AND status IN ('completed', 'failed') AND node_id IN (SELECT value FROM json_each(?)) ORDER BY ord`,
      JSON.stringify(nodeIds),
    );
    for (const row of rows) {
      const key = String(row.key);
      const input = String(row.input);
      const output = row.output as string | null;
      if (output === LARGE) large.push(`step:${key}`);
      characters += output === LARGE ? this.values.characters(`step:${key}`) : (output?.length ?? 0);
      characters += input.length + key.length;
      if (characters > limit) return null;
      const error = parse<ExecutionError>(row.error);
      results.push({ key, node_id: String(row.node_id), handle: String(row.handle ?? 'out'), input, output, error });
    }
    const texts = await read(large);
    return results.map((each) => ({ ...each, output: texts.get(`step:${each.key}`) ?? each.output }));
  }

  /** Steps as the API shows them, after order number `after`. */
  async page(
    after: number,
    limit: number,
    describe: (nodeId: string) => { name: string; type: string },
    read: ReadLarge,
  ): Promise<{ ord: number; step: ExecutionStep }[]> {
    const rows = this.sql.exec<Row>('SELECT * FROM steps WHERE ord > ? ORDER BY ord LIMIT ?', after, limit).toArray();
    const large = rows.filter((row) => row.output === LARGE).map((row) => `step:${row.key}`);
    const texts = large.length === 0 ? new Map<string, string>() : await read(large);
    return rows.map((row) => {
      const output = texts.get(`step:${row.key}`) ?? row.output;
      return { ord: Number(row.ord), step: presentStep(row, output, describe(String(row.node_id))) };
    });
  }
}

/** A failure as something that goes on reads it: the form of `on_error: continue`. */
function failureOutput(error: ExecutionError | null): string | null {
  return error === null ? null : JSON.stringify({ error: { code: error.code, message: error.message } });
}

function progressText({ progress }: StepState): string | null {
  return progress === null ? null : JSON.stringify(progress);
}

function presentStep(
  row: Row,
  output: SqlStorageValue | undefined,
  node: { name: string; type: string },
): ExecutionStep {
  const attempts = JSON.parse(String(row.attempts)) as StepAttempt[];
  const totals = attemptTotals(attempts);
  const startedAt = row.started_at as number | null;
  const finishedAt = row.finished_at as number | null;
  return {
    id: String(row.key),
    node_id: String(row.node_id),
    node_name: node.name,
    node_type: node.type,
    iteration: String(row.path),
    status: row.status as StepStatus,
    waiting_reason: row.waiting_reason as WaitingReason | null,
    handle: row.handle as string | null,
    input: parse<JsonValue>(row.input),
    output: parse<JsonValue>(output),
    error: parse<ExecutionError>(row.error),
    reused_from: row.reused_from as string | null,
    blocked: row.blocked === 1,
    child_execution_id: null,
    attempts,
    model: totals.model,
    input_tokens: totals.input_tokens,
    output_tokens: totals.output_tokens,
    cost_usd: totals.cost_usd,
    started_at: startedAt === null ? null : new Date(startedAt).toISOString(),
    finished_at: finishedAt === null ? null : new Date(finishedAt).toISOString(),
    duration_ms: startedAt === null || finishedAt === null ? null : finishedAt - startedAt,
  };
}

function stepRow(row: Row): StepRow {
  return {
    ord: Number(row.ord),
    state: stepState(row),
    attempts: JSON.parse(String(row.attempts)) as StepAttempt[],
    blocked: row.blocked === 1,
    started_at: row.started_at as number | null,
    finished_at: row.finished_at as number | null,
  };
}

function stepState(row: Row): StepState {
  return {
    key: String(row.key),
    node_id: String(row.node_id),
    path: String(row.path),
    call: String(row.call),
    status: row.status as StepStatus,
    attempt: Number(row.attempt),
    failures: Number(row.failures),
    handle: row.handle as string | null,
    wake_at: row.wake_at as number | null,
    waiting_reason: row.waiting_reason as WaitingReason | null,
    progress: parse<NonNullable<StepState['progress']>>(row.progress),
  };
}
