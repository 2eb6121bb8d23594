import type { RetentionDays } from '@agentflow/contracts';
import type { AgentHead, KeyRecord, PlanLimits, Projection, StoredAllowlist, StoredKey } from './client.ts';
import { ErasureStore } from './erasure-store.ts';
import type { RetentionWalk } from './retention.ts';

/**
 * Storage layout of an organization's desk, made by its first trusted write and never in the constructor:
 * - `identity`: one row, the organization's id.
 * - `plan`: one row, limits of the plan.
 * - `keys`: API keys by hash; `revision` orders their projections.
 * - `agents`: heads, by which starts are decided.
 * - `watched_agents`: agents whose D1 row may have changed without the head being told.
 * - `leases`: one row per live execution. Settling deletes it.
 * - `requests`: idempotency keys, of starts (`execution_id`) and of other creates (`answer`), kept 24 h.
 * - `windows`: counters of calendar windows.
 * - `spend`: settled cost by UTC day.
 * - `outbox`: projections that D1 has not confirmed.
 * - `ip_allowlist`: one row, the networks that callers may come from.
 * - `erasures`: what is being erased, page by page; see erasure.ts.
 * - `retention`: one row, how long executions are kept, and how far that has been told; see retention.ts.
 * - `schema_version`: one row, how many of the steps below have been taken; a desk without the table has taken one.
 */
const SCHEMA_STEPS: readonly (readonly string[])[] = [
  [
    'CREATE TABLE identity (organization_id TEXT PRIMARY KEY) WITHOUT ROWID',
    'CREATE TABLE plan (id INTEGER PRIMARY KEY CHECK (id = 1), limits TEXT NOT NULL)',
    `CREATE TABLE keys (
    id TEXT PRIMARY KEY, key_hash TEXT NOT NULL UNIQUE, record TEXT NOT NULL, expires_at INTEGER, revoked_at INTEGER,
    last_used_at INTEGER, revision INTEGER NOT NULL) WITHOUT ROWID`,
    'CREATE TABLE agents (agent_id TEXT PRIMARY KEY, head TEXT NOT NULL) WITHOUT ROWID',
    'CREATE TABLE watched_agents (agent_id TEXT PRIMARY KEY, check_at INTEGER NOT NULL, outstanding INTEGER NOT NULL) WITHOUT ROWID',
    `CREATE TABLE leases (
    id TEXT PRIMARY KEY, execution_id TEXT NOT NULL, agent_id TEXT NOT NULL, caller TEXT NOT NULL, state TEXT NOT NULL,
    created_at INTEGER NOT NULL, expires_at INTEGER NOT NULL) WITHOUT ROWID`,
    'CREATE INDEX leases_expiry ON leases (expires_at)',
    `CREATE TABLE requests (
    scope TEXT NOT NULL, key TEXT NOT NULL, body_hash TEXT NOT NULL, execution_id TEXT, answer TEXT, expires_at INTEGER NOT NULL,
    PRIMARY KEY (scope, key)) WITHOUT ROWID`,
    'CREATE INDEX requests_expiry ON requests (expires_at)',
    'CREATE INDEX requests_execution ON requests (execution_id) WHERE execution_id IS NOT NULL',
    'CREATE TABLE windows (name TEXT PRIMARY KEY, window_start INTEGER NOT NULL, used INTEGER NOT NULL) WITHOUT ROWID',
    'CREATE TABLE spend (day TEXT PRIMARY KEY, cost_microusd INTEGER NOT NULL, executions INTEGER NOT NULL) WITHOUT ROWID',
    'CREATE TABLE outbox (id INTEGER PRIMARY KEY AUTOINCREMENT, message TEXT NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL)',
  ],
  [
    'CREATE TABLE schema_version (version INTEGER PRIMARY KEY) WITHOUT ROWID',
    'ALTER TABLE keys ADD COLUMN replaced_by TEXT',
    'CREATE TABLE ip_allowlist (id INTEGER PRIMARY KEY CHECK (id = 1), entries TEXT NOT NULL, revision INTEGER NOT NULL)',
    `CREATE TABLE erasures (
      subject TEXT PRIMARY KEY, kind TEXT NOT NULL, email TEXT, stage TEXT NOT NULL, cursor TEXT NOT NULL, failed INTEGER NOT NULL,
      rested INTEGER NOT NULL, requested_at INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER NOT NULL) WITHOUT ROWID`,
  ],
  ['ALTER TABLE leases ADD COLUMN root_execution_id TEXT', 'ALTER TABLE leases ADD COLUMN parent_execution_id TEXT'],
  [
    `CREATE TABLE retention (
      id INTEGER PRIMARY KEY CHECK (id = 1), days INTEGER, effective_at INTEGER NOT NULL, cursor TEXT NOT NULL,
      walks_left INTEGER NOT NULL, attempts INTEGER NOT NULL, next_at INTEGER)`,
  ],
];

export interface Lease {
  readonly id: string;
  readonly execution_id: string;
  readonly agent_id: string;
  readonly caller: string;
  /** Of an execution that another one started. */
  readonly root_execution_id: string | null;
  readonly parent_execution_id: string | null;
  /** `provisional` until its execution object has been seen alive; `parked` while it waits for a person, a time or a child. */
  readonly state: 'provisional' | 'active' | 'parked';
  readonly created_at: number;
  readonly expires_at: number;
}

export interface StoredRequest {
  readonly body_hash: string;
  readonly execution_id: string | null;
  readonly answer: { status: number; sealed_body: string; headers: Record<string, string> } | null;
  readonly expires_at: number;
}

export interface OutboxRow {
  readonly id: number;
  readonly message: Projection;
  readonly attempts: number;
}

type Row = Record<string, SqlStorageValue>;

export class OrganizationStore {
  private ready = false;
  private erasing = false;
  readonly erasures: ErasureStore;

  constructor(private readonly sql: SqlStorage) {
    this.erasures = new ErasureStore(sql);
  }

  /**
   * Whether there is an organization to decide for. False for one that nobody made (probing its name must leave no storage
   * behind) and for one whose erasure has begun: then the desk refuses credentials and ignores what is told.
   */
  exists(): boolean {
    return this.made() && !this.erasing;
  }

  /** The tables are there, whatever has become of the organization. */
  made(): boolean {
    if (!this.ready && this.hasTable('outbox')) {
      const [row] = this.hasTable('schema_version')
        ? this.sql.exec<Row>('SELECT version FROM schema_version').toArray()
        : [];
      this.upgrade(row === undefined ? 1 : Number(row.version));
      this.erasing = this.erasures.organizationHasBegun();
    }
    return this.ready;
  }

  create(organizationId: string): void {
    if (this.made()) return;
    this.upgrade(0);
    this.sql.exec('INSERT OR IGNORE INTO identity (organization_id) VALUES (?)', organizationId);
  }

  /** After an erasure has begun, or all storage was deleted: what is known of the tables is read again. */
  reload(): void {
    this.ready = false;
    this.erasing = false;
  }

  private hasTable(name: string): boolean {
    return this.sql.exec("SELECT 1 FROM sqlite_master WHERE type = 'table' AND name = ?", name).toArray().length > 0;
  }

  /** Takes the steps that this desk has not taken. In one turn of the object, so that all are stored or none. */
  private upgrade(from: number): void {
    for (const step of SCHEMA_STEPS.slice(from)) for (const statement of step) this.sql.exec(statement);
    if (from < SCHEMA_STEPS.length) {
      this.sql.exec('DELETE FROM schema_version');
      this.sql.exec('INSERT INTO schema_version (version) VALUES (?)', SCHEMA_STEPS.length);
    }
    this.ready = true;
  }

  plan(): PlanLimits | null {
    const row = this.sql.exec<Row>('SELECT limits FROM plan').toArray()[0];
    return row === undefined ? null : (JSON.parse(String(row.limits)) as PlanLimits);
  }

  writePlan(limits: PlanLimits): void {
    this.sql.exec('INSERT OR REPLACE INTO plan (id, limits) VALUES (1, ?)', JSON.stringify(limits));
  }

  organizationId(): string {
    return String(this.sql.exec<Row>('SELECT organization_id FROM identity').one().organization_id);
  }

  keyByHash(hash: string): StoredKey | null {
    return keyOf(this.sql.exec<Row>('SELECT * FROM keys WHERE key_hash = ?', hash).toArray()[0]);
  }

  keyById(id: string): StoredKey | null {
    return keyOf(this.sql.exec<Row>('SELECT * FROM keys WHERE id = ?', id).toArray()[0]);
  }

  writeKey(key: StoredKey): void {
    const { revoked_at, replaced_by, last_used_at, revision, ...record } = key;
    this.sql.exec(
      'INSERT OR REPLACE INTO keys (id, key_hash, record, expires_at, revoked_at, last_used_at, replaced_by, revision) VALUES (?, ?, ?, ?, ?, ?, ?, ?)',
      key.id,
      key.key_hash,
      JSON.stringify(record satisfies KeyRecord),
      key.expires_at,
      revoked_at,
      last_used_at,
      replaced_by,
      revision,
    );
  }

  ipAllowlist(): StoredAllowlist {
    const row = this.sql.exec<Row>('SELECT entries, revision FROM ip_allowlist').toArray()[0];
    if (row === undefined) return { entries: [], revision: 0 };
    return { entries: JSON.parse(String(row.entries)) as StoredAllowlist['entries'], revision: Number(row.revision) };
  }

  writeIpAllowlist({ entries, revision }: StoredAllowlist): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO ip_allowlist (id, entries, revision) VALUES (1, ?, ?)',
      JSON.stringify(entries),
      revision,
    );
  }

  retention(): RetentionWalk | null {
    const row = this.sql.exec<Row>('SELECT * FROM retention').toArray()[0];
    if (row === undefined) return null;
    return {
      days: row.days as RetentionDays,
      effective_at: Number(row.effective_at),
      cursor: String(row.cursor),
      walks_left: Number(row.walks_left),
      attempts: Number(row.attempts),
      next_at: row.next_at as number | null,
    };
  }

  writeRetention({ days, effective_at, cursor, walks_left, attempts, next_at }: RetentionWalk): void {
    this.sql.exec(
      `INSERT OR REPLACE INTO retention (id, days, effective_at, cursor, walks_left, attempts, next_at)
        VALUES (1, ?, ?, ?, ?, ?, ?)`,
      days,
      effective_at,
      cursor,
      walks_left,
      attempts,
      next_at,
    );
  }

  agent(agentId: string): AgentHead | null {
    const row = this.sql.exec<Row>('SELECT head FROM agents WHERE agent_id = ?', agentId).toArray()[0];
    return row === undefined ? null : (JSON.parse(String(row.head)) as AgentHead);
  }

  /** Older heads never replace newer ones. */
  writeAgent(head: AgentHead): void {
    this.sql.exec(
      `INSERT INTO agents (agent_id, head) VALUES (?, ?) ON CONFLICT (agent_id) DO UPDATE SET head = excluded.head
        WHERE json_extract(excluded.head, '$.revision') >= json_extract(agents.head, '$.revision')`,
      head.agent_id,
      JSON.stringify(head),
    );
  }

  /** One more change of this agent's row is under way. */
  watchAgent(agentId: string, checkAt: number): void {
    this.sql.exec(
      `INSERT INTO watched_agents (agent_id, check_at, outstanding) VALUES (?, ?, 1)
        ON CONFLICT (agent_id) DO UPDATE SET check_at = excluded.check_at, outstanding = outstanding + 1`,
      agentId,
      checkAt,
    );
  }

  /** One of the changes has been told: the others are still waited for. */
  noteAgentTold(agentId: string): void {
    this.sql.exec('UPDATE watched_agents SET outstanding = outstanding - 1 WHERE agent_id = ?', agentId);
    this.sql.exec('DELETE FROM watched_agents WHERE agent_id = ? AND outstanding <= 0', agentId);
  }

  unwatchAgent(agentId: string): void {
    this.sql.exec('DELETE FROM watched_agents WHERE agent_id = ?', agentId);
  }

  watchedAgents(due: number): string[] {
    return this.sql
      .exec<Row>('SELECT agent_id FROM watched_agents WHERE check_at <= ?', due)
      .toArray()
      .map((row) => String(row.agent_id));
  }

  insertLease(lease: Lease): void {
    this.sql.exec(
      `INSERT INTO leases (id, execution_id, agent_id, caller, state, created_at, expires_at, root_execution_id,
        parent_execution_id) VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)`,
      lease.id,
      lease.execution_id,
      lease.agent_id,
      lease.caller,
      lease.state,
      lease.created_at,
      lease.expires_at,
      lease.root_execution_id,
      lease.parent_execution_id,
    );
  }

  lease(id: string): Lease | null {
    return leaseOf(this.sql.exec<Row>('SELECT * FROM leases WHERE id = ?', id).toArray()[0]);
  }

  extendLease(id: string, expiresAt: number): void {
    this.sql.exec(
      "UPDATE leases SET state = iif(state = 'parked', 'parked', 'active'), expires_at = ? WHERE id = ?",
      expiresAt,
      id,
    );
  }

  /** Takes an execution that waits out of the count of live ones, or puts it back. */
  parkLease(id: string, parked: boolean): void {
    this.sql.exec('UPDATE leases SET state = ? WHERE id = ?', parked ? 'parked' : 'active', id);
  }

  deleteLease(id: string): void {
    this.sql.exec('DELETE FROM leases WHERE id = ?', id);
  }

  expiringLeases(due: number, limit: number): Lease[] {
    return this.sql
      .exec<Row>('SELECT * FROM leases WHERE expires_at <= ? ORDER BY expires_at LIMIT ?', due, limit)
      .toArray()
      .map((row) => leaseOf(row))
      .filter((lease) => lease !== null);
  }

  /** Live executions by agent; those that wait are parked and do not count. */
  leaseCounts(): Map<string, number> {
    const rows = this.sql
      .exec<Row>("SELECT agent_id, count(*) AS n FROM leases WHERE state <> 'parked' GROUP BY agent_id")
      .toArray();
    return new Map(rows.map((row) => [String(row.agent_id), Number(row.n)]));
  }

  request(scope: string, key: string): StoredRequest | null {
    const row = this.sql.exec<Row>('SELECT * FROM requests WHERE scope = ? AND key = ?', scope, key).toArray()[0];
    if (row === undefined) return null;
    return {
      body_hash: String(row.body_hash),
      execution_id: row.execution_id as string | null,
      answer: row.answer === null ? null : (JSON.parse(String(row.answer)) as StoredRequest['answer']),
      expires_at: Number(row.expires_at),
    };
  }

  writeRequest(scope: string, key: string, request: StoredRequest): void {
    this.sql.exec(
      'INSERT OR REPLACE INTO requests (scope, key, body_hash, execution_id, answer, expires_at) VALUES (?, ?, ?, ?, ?, ?)',
      scope,
      key,
      request.body_hash,
      request.execution_id,
      request.answer === null ? null : JSON.stringify(request.answer),
      request.expires_at,
    );
  }

  deleteRequest(scope: string, key: string): void {
    this.sql.exec('DELETE FROM requests WHERE scope = ? AND key = ?', scope, key);
  }

  deleteRequestsOf(executionId: string): void {
    this.sql.exec('DELETE FROM requests WHERE execution_id = ?', executionId);
  }

  deleteExpiredRequests(now: number): void {
    this.sql.exec('DELETE FROM requests WHERE expires_at <= ?', now);
  }

  window(name: string): { window_start: number; used: number } | null {
    const row = this.sql.exec<Row>('SELECT window_start, used FROM windows WHERE name = ?', name).toArray()[0];
    return row === undefined ? null : { window_start: Number(row.window_start), used: Number(row.used) };
  }

  writeWindow(name: string, start: number, used: number): void {
    this.sql.exec('INSERT OR REPLACE INTO windows (name, window_start, used) VALUES (?, ?, ?)', name, start, used);
  }

  addSpend(day: string, costMicrousd: number): void {
    this.sql.exec(
      `INSERT INTO spend (day, cost_microusd, executions) VALUES (?, ?, 1)
        ON CONFLICT (day) DO UPDATE SET cost_microusd = cost_microusd + excluded.cost_microusd, executions = executions + 1`,
      day,
      costMicrousd,
    );
  }

  spend(day: string): { cost_microusd: number; executions: number } {
    const row = this.sql.exec<Row>('SELECT cost_microusd, executions FROM spend WHERE day = ?', day).toArray()[0];
    return { cost_microusd: Number(row?.cost_microusd ?? 0), executions: Number(row?.executions ?? 0) };
  }

  enqueue(message: Projection, now: number): void {
    this.sql.exec('INSERT INTO outbox (message, attempts, next_at) VALUES (?, 0, ?)', JSON.stringify(message), now);
  }

  /** The oldest message first, and none past one that must wait: projections keep their order. */
  dueMessages(now: number, limit: number): OutboxRow[] {
    const rows = this.sql.exec<Row>('SELECT * FROM outbox ORDER BY id LIMIT ?', limit).toArray();
    const due = rows.findIndex((row) => Number(row.next_at) > now);
    return (due === -1 ? rows : rows.slice(0, due)).map((row) => ({
      id: Number(row.id),
      message: JSON.parse(String(row.message)) as Projection,
      attempts: Number(row.attempts),
    }));
  }

  deleteMessages(ids: readonly number[]): void {
    for (const id of ids) this.sql.exec('DELETE FROM outbox WHERE id = ?', id);
  }

  delayMessage(id: number, nextAt: number): void {
    this.sql.exec('UPDATE outbox SET attempts = attempts + 1, next_at = ? WHERE id = ?', nextAt, id);
  }

  /** When the earliest thing is due that the alarm must look at; null when there is none. */
  nextDue(): number | null {
    if (!this.made()) return null;
    if (this.erasing) return this.erasures.next()?.next_at ?? null;
    const row = this.sql
      .exec<Row>(
        // A list, since objects take five SELECTs at most in a UNION.
        `SELECT min(value) AS at FROM json_each(json_array(
          (SELECT min(expires_at) FROM leases),
          (SELECT min(check_at) FROM watched_agents),
          (SELECT next_at FROM outbox WHERE id = (SELECT min(id) FROM outbox)),
          (SELECT min(expires_at) FROM requests),
          (SELECT min(next_at) FROM erasures),
          (SELECT next_at FROM retention)))`,
      )
      .one();
    return row.at === null ? null : Number(row.at);
  }
}

function keyOf(row: Row | undefined): StoredKey | null {
  if (row === undefined) return null;
  return {
    ...(JSON.parse(String(row.record)) as KeyRecord),
    revoked_at: row.revoked_at as number | null,
    last_used_at: row.last_used_at as number | null,
    replaced_by: row.replaced_by as string | null,
    revision: Number(row.revision),
  };
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
    state: row.state as Lease['state'],
    created_at: Number(row.created_at),
    expires_at: Number(row.expires_at),
  };
}
