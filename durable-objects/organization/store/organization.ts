import type { RetentionDays } from '@agentflow/contracts';
import type { AgentHead, PlanLimits, Projection, StoredAllowlist } from '../client.ts';
import type { RetentionWalk } from '../retention.ts';
import { ArchiveStore } from './archive.ts';
import { ErasureStore } from './erasures.ts';
import { EventLogStore } from './event-log.ts';
import { ExternalAgentStore } from './external-agents.ts';
import { FeedStore } from './feed.ts';
import { KeyStore } from './keys.ts';
import { LeaseStore } from './leases.ts';
import { LedgerStore } from './ledger.ts';
import { NotedStore } from './noted.ts';
import { PlatformHealthStore } from './platform-health.ts';
import { PolicyStore } from './policies.ts';
import { RateStore } from './rates.ts';
import { RefusalStore } from './refusals.ts';
import { RequestStore } from './requests.ts';
import { SCHEMA_STEPS } from './schema.ts';
import { StopStore } from './stops.ts';
import { SubscriptionStore } from './subscriptions.ts';

export interface OutboxRow {
  readonly id: number;
  readonly message: Projection;
  readonly attempts: number;
}

type Row = Record<string, SqlStorageValue>;

export class OrganizationStore {
  private ready = false;
  private erasing = false;
  readonly archive: ArchiveStore;
  readonly erasures: ErasureStore;
  readonly eventLog: EventLogStore;
  readonly externalAgents: ExternalAgentStore;
  readonly feed: FeedStore;
  readonly keys: KeyStore;
  readonly leases: LeaseStore;
  readonly ledger: LedgerStore;
  readonly noted: NotedStore;
  readonly platformHealth: PlatformHealthStore;
  readonly policies: PolicyStore;
  readonly rates: RateStore;
  readonly refusals: RefusalStore;
  readonly requests: RequestStore;
  readonly stops: StopStore;
  readonly subscriptions: SubscriptionStore;

  constructor(private readonly sql: SqlStorage) {
    this.archive = new ArchiveStore(sql);
    this.erasures = new ErasureStore(sql);
    this.eventLog = new EventLogStore(sql);
    this.externalAgents = new ExternalAgentStore(sql);
    this.feed = new FeedStore(sql);
    this.keys = new KeyStore(sql);
    this.leases = new LeaseStore(sql);
    this.ledger = new LedgerStore(sql);
    this.noted = new NotedStore(sql);
    this.platformHealth = new PlatformHealthStore(sql);
    this.policies = new PolicyStore(sql);
    this.rates = new RateStore(sql);
    this.refusals = new RefusalStore(sql);
    this.requests = new RequestStore(sql);
    this.stops = new StopStore(sql);
    this.subscriptions = new SubscriptionStore(sql);
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

  /** Agents of this name that are not archived, at most two. */
  agentsNamed(name: string): AgentHead[] {
    return this.sql
      .exec<Row>(
        "SELECT head FROM agents WHERE json_extract(head, '$.name') = ? AND json_extract(head, '$.status') <> 'archived' LIMIT 2",
        name,
      )
      .toArray()
      .map((row) => JSON.parse(String(row.head)) as AgentHead);
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
          (SELECT min(notice_at) FROM leases WHERE notice_at IS NOT NULL),
          (SELECT min(check_at) FROM watched_agents),
          (SELECT next_at FROM outbox WHERE id = (SELECT min(id) FROM outbox)),
          (SELECT min(expires_at) FROM requests),
          (SELECT min(expires_at) FROM rates),
          (SELECT min(forget_at) FROM noted),
          (SELECT min(next_at) FROM erasures),
          (SELECT next_at FROM retention),
          (SELECT next_at FROM archive),
          (SELECT min(resume_at) FROM budget_waiters),
          (SELECT min(tell_at) FROM refusals WHERE tell_at IS NOT NULL),
          (SELECT kept_until FROM feed_watch)))`,
      )
      .one();
    const due = [row.at as number | null, this.eventLog.nextDue()].filter((at) => at !== null);
    return due.length === 0 ? null : Math.min(...due);
  }
}
