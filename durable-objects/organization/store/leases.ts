import type { ExecutionError } from '@agentflow/contracts';
import type { LeaseNotice } from '../client.ts';
import type { LeaseSpending } from '../spending.ts';

type Row = Record<string, SqlStorageValue>;

/**
 * `provisional` until its execution object has been seen alive, then `active`: these two hold a place. `parked` while the
 * execution waits for a person, a time or a child; `queued` until its turn comes; `revoked` when it has lost its place or
 * its turn, until its execution has ended.
 */
export type LeaseState = 'provisional' | 'active' | 'parked' | 'queued' | 'revoked';

export interface Lease {
  readonly id: string;
  readonly execution_id: string;
  readonly agent_id: string;
  readonly caller: string;
  /** Of an execution that another one started. */
  readonly root_execution_id: string | null;
  readonly parent_execution_id: string | null;
  readonly state: LeaseState;
  /** The external agent and the key on whose behalf it runs, also of what its execution started; null for others. */
  readonly external_agent_id: string | null;
  readonly key_id: string | null;
  /** The stop that has ended it. */
  readonly stop_id: string | null;
  /** The version that it was admitted with; null in test mode, and of leases of an earlier release. */
  readonly version: number | null;
  /** Whether it runs what the start brought, and no version. */
  readonly brings_definition: boolean;
  /** On whose budgets it spends besides; null where on nobody's. */
  readonly spends: LeaseSpending | null;
  /** Place in the order of admissions; of one whose turn has come, in the order of turns. */
  readonly ord: number;
  readonly created_at: number;
  readonly expires_at: number;
}

/** Which executions a stop ends. */
export type StopTarget =
  | { readonly key_id: string }
  | { readonly external_agent_id: string }
  | { readonly lease_ids: readonly string[] };

/** What an execution has still to be told, and how often that was tried. */
export interface DueNotice {
  readonly lease_id: string;
  readonly execution_id: string;
  readonly notice: LeaseNotice;
  readonly tries: number;
}

export class LeaseStore {
  constructor(private readonly sql: SqlStorage) {}

  insert(lease: Lease): void {
    this.sql.exec(
      `INSERT INTO leases (id, execution_id, agent_id, caller, state, ord, created_at, expires_at, root_execution_id,
        parent_execution_id, version, brings_definition, external_agent_id, key_id, spends)
        VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      lease.id,
      lease.execution_id,
      lease.agent_id,
      lease.caller,
      lease.state,
      lease.ord,
      lease.created_at,
      lease.expires_at,
      lease.root_execution_id,
      lease.parent_execution_id,
      lease.version,
      lease.brings_definition ? 1 : 0,
      lease.external_agent_id,
      lease.key_id,
      lease.spends === null ? null : JSON.stringify(lease.spends),
    );
  }

  find(id: string): Lease | null {
    return leaseOf(this.sql.exec<Row>('SELECT * FROM leases WHERE id = ?', id).toArray()[0]);
  }

  /** Its execution has been seen: a provisional lease is active from now on. */
  extend(id: string, expiresAt: number): void {
    this.sql.exec(
      "UPDATE leases SET state = iif(state = 'provisional', 'active', state), expires_at = ? WHERE id = ?",
      expiresAt,
      id,
    );
  }

  /** The start of its execution is asked for again. */
  renew(id: string, expiresAt: number): void {
    this.sql.exec('UPDATE leases SET expires_at = ? WHERE id = ?', expiresAt, id);
  }

  /** Takes an execution that waits out of the count of live ones, or puts it back. */
  park(id: string, parked: boolean): void {
    this.sql.exec('UPDATE leases SET state = ? WHERE id = ?', parked ? 'parked' : 'active', id);
  }

  delete(id: string): void {
    this.sql.exec('DELETE FROM leases WHERE id = ?', id);
  }

  expiring(due: number, limit: number): Lease[] {
    return this.sql
      .exec<Row>('SELECT * FROM leases WHERE expires_at <= ? ORDER BY expires_at LIMIT ?', due, limit)
      .toArray()
      .flatMap((row) => leaseOf(row) ?? []);
  }

  /** How many leases each agent has in each state that is counted, by the external agent that called. */
  counts(): {
    agent_id: string;
    external_agent_id: string | null;
    parent_execution_id: null;
    state: LeaseState;
    leases: number;
  }[] {
    return this.sql
      .exec<Row>(
        `SELECT agent_id, iif(parent_execution_id IS NULL, external_agent_id, NULL) AS called_by, state, count(*) AS n FROM leases WHERE state IN ('provisional', 'active', 'queued')
          GROUP BY agent_id, called_by, state`,
      )
      .toArray()
      .map((row) => ({
        agent_id: String(row.agent_id),
        external_agent_id: row.called_by as string | null,
        parent_execution_id: null,
        state: row.state as LeaseState,
        leases: Number(row.n),
      }));
  }

  lastOrd(): number {
    return Number(this.sql.exec<Row>('SELECT coalesce(max(ord), 0) AS ord FROM leases').one().ord);
  }

  /** The next of an agent's executions whose turn comes. */
  firstQueued(agentId: string): Lease | null {
    const rows = this.sql.exec<Row>(
      "SELECT * FROM leases WHERE agent_id = ? AND state = 'queued' ORDER BY ord LIMIT 1",
      agentId,
    );
    return leaseOf(rows.toArray()[0]);
  }

  /** Those of an agent's executions that have held a place the longest. */
  oldestHolding(agentId: string, limit: number): Lease[] {
    return this.sql
      .exec<Row>(
        `SELECT * FROM leases WHERE agent_id = ? AND state IN ('provisional', 'active')
          ORDER BY ord, created_at, id LIMIT ?`,
        agentId,
        limit,
      )
      .toArray()
      .flatMap((row) => leaseOf(row) ?? []);
  }

  /** The turn of a queued execution has come: it holds a place, and is to be told to begin. */
  promote(id: string, ord: number, now: number, expiresAt: number): void {
    this.sql.exec(
      "UPDATE leases SET state = 'provisional', ord = ?, expires_at = min(expires_at, ?) WHERE id = ?",
      ord,
      expiresAt,
      id,
    );
    this.notify(id, { kind: 'begin' }, now);
  }

  /** Takes an execution's place, and has it told to end. */
  revoke(id: string, reason: ExecutionError, now: number): void {
    this.sql.exec("UPDATE leases SET state = 'revoked' WHERE id = ?", id);
    this.notify(id, { kind: 'cancel', reason }, now);
  }

  revokeQueued(agentId: string, reason: ExecutionError, now: number): void {
    const notice: LeaseNotice = { kind: 'cancel', reason };
    this.sql.exec(
      `UPDATE leases SET state = 'revoked', notice = ?, notice_at = ?, notice_tries = 0
        WHERE agent_id = ? AND state = 'queued'`,
      JSON.stringify(notice),
      now,
      agentId,
    );
  }

  /** Live executions that no other one started, or that are below those. */
  liveOf(roots: readonly string[] | null): Lease[] {
    const rows =
      roots === null
        ? this.sql.exec<Row>("SELECT * FROM leases WHERE parent_execution_id IS NULL AND state <> 'revoked'")
        : this.sql.exec<Row>(
            "SELECT * FROM leases WHERE root_execution_id IN (SELECT value FROM json_each(?)) AND state <> 'revoked'",
            JSON.stringify(roots),
          );
    return rows.toArray().flatMap((row) => leaseOf(row) ?? []);
  }

  /**
   * Takes the places of all live executions of a subject, and has them told to end, or not to begin. Gives back how many
   * there were.
   */
  stop(target: StopTarget, stopId: string, reason: ExecutionError, now: number): number {
    const notice: LeaseNotice = { kind: 'cancel', reason, bury: true };
    const [where, value] =
      'key_id' in target
        ? ['key_id = ?', target.key_id]
        : 'external_agent_id' in target
          ? ['external_agent_id = ?', target.external_agent_id]
          : ['id IN (SELECT value FROM json_each(?))', JSON.stringify(target.lease_ids)];
    this.sql.exec(
      `UPDATE leases SET state = 'revoked', stop_id = ?, notice = ?, notice_at = ?, notice_tries = 0
        WHERE ${where} AND state <> 'revoked'`,
      stopId,
      JSON.stringify(notice),
      now,
      value,
    );
    return Number(this.sql.exec<Row>('SELECT changes() AS n').one().n);
  }

  /** There is money for a step that waited: told together with others of its execution that were not told yet. */
  resume(id: string, step: string, now: number): void {
    const before = this.noticeOf(id);
    if (before?.kind === 'cancel') return;
    const steps = before?.kind === 'resume' ? before.steps : [];
    this.notify(id, { kind: 'resume', steps: [...steps.filter((each) => each !== step), step] }, now);
  }

  private notify(id: string, notice: LeaseNotice, now: number): void {
    this.sql.exec(
      'UPDATE leases SET notice = ?, notice_at = ?, notice_tries = 0 WHERE id = ?',
      JSON.stringify(notice),
      now,
      id,
    );
  }

  noticeOf(id: string): LeaseNotice | null {
    const text = this.sql.exec<Row>('SELECT notice FROM leases WHERE id = ?', id).toArray()[0]?.notice ?? null;
    return text === null ? null : (JSON.parse(String(text)) as LeaseNotice);
  }

  dueNotices(due: number, limit: number): DueNotice[] {
    return this.sql
      .exec<Row>(
        `SELECT id, execution_id, notice, notice_tries FROM leases WHERE notice_at <= ? ORDER BY notice_at, ord LIMIT ?`,
        due,
        limit,
      )
      .toArray()
      .map((row) => ({
        lease_id: String(row.id),
        execution_id: String(row.execution_id),
        notice: JSON.parse(String(row.notice)) as LeaseNotice,
        tries: Number(row.notice_tries),
      }));
  }

  /** Its execution has done what this notice told; another one that came meanwhile stays. */
  noticeTaken(id: string, notice: LeaseNotice): void {
    this.sql.exec(
      'UPDATE leases SET notice = NULL, notice_at = NULL WHERE id = ? AND notice = ?',
      id,
      JSON.stringify(notice),
    );
  }

  delayNotice(id: string, notice: LeaseNotice, until: number): void {
    this.sql.exec(
      'UPDATE leases SET notice_at = ?, notice_tries = notice_tries + 1 WHERE id = ? AND notice = ?',
      until,
      id,
      JSON.stringify(notice),
    );
  }
}

function leaseOf(row: Row | undefined): Lease | null {
  if (row === undefined) return null;
  return {
    id: String(row.id),
    execution_id: String(row.execution_id),
    agent_id: String(row.agent_id),
    caller: String(row.caller),
    root_execution_id: row.root_execution_id as string | null,
    parent_execution_id: row.parent_execution_id as string | null,
    external_agent_id: row.external_agent_id as string | null,
    key_id: row.key_id as string | null,
    stop_id: row.stop_id as string | null,
    state: row.state as LeaseState,
    version: row.version as number | null,
    brings_definition: row.brings_definition === 1,
    spends: typeof row.spends === 'string' ? (JSON.parse(row.spends) as LeaseSpending) : null,
    ord: Number(row.ord),
    created_at: Number(row.created_at),
    expires_at: Number(row.expires_at),
  };
}
