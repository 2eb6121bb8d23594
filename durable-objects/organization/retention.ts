import type { RetentionDays } from '@agentflow/contracts';
import { newId } from '../../workers/platform/ids.ts';
import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import type { AuditOrigin, RetentionRule } from './client.ts';
import type { OrganizationStore } from './store/organization.ts';

/** From a change until it may delete anything. */
const NOTICE_MS = 24 * 3_600_000;
/** Rows of executions that end around the change may reach D1 after the first walk: everything is walked once more. */
const REST_MS = 15 * 60_000;
const WALKS = 2;
const MAX_BACKOFF_MS = 10 * 60_000;

/** How far the walk is that tells a change to executions that have ended. */
export interface RetentionWalk {
  readonly days: RetentionDays;
  readonly effective_at: number;
  /** The last page ended with this execution. */
  readonly cursor: string;
  readonly walks_left: number;
  readonly attempts: number;
  /** null when nothing is left to do. */
  readonly next_at: number | null;
}

/** Tells a page of ended executions after `cursor` what holds; gives back where it ended, null after the last. */
export type TellRetention = (rule: RetentionRule, cursor: string) => Promise<string | null>;

/** How long the organization keeps executions: the setting, and the walk that tells a change to those that have ended. */
export class DeskRetention {
  private known: RetentionRule | null = null;

  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly store: OrganizationStore,
    private readonly tell: TellRetention,
    private readonly logger: () => Logger,
  ) {}

  /** Drops the cache: what the row says now is asked again. */
  forget(): void {
    this.known = null;
  }

  rule(): RetentionRule {
    if (this.known === null) {
      const row = this.store.retention();
      this.known = { days: row?.days ?? null, effective_at: row?.effective_at ?? 0 };
    }
    return this.known;
  }

  /** In one transaction with the projection of its audit row. What is set already changes nothing. */
  set(days: RetentionDays, origin: AuditOrigin, now: number): boolean {
    const previous = this.rule();
    if (previous.days === days) return false;
    const effective_at = now + NOTICE_MS;
    const organization_id = this.store.organizationId();
    const audit = { id: newId('audit', now), at: now, action: 'organization.retention_changed', origin };
    this.storage.transactionSync(() => {
      this.store.writeRetention({ days, effective_at, cursor: '', walks_left: WALKS, attempts: 0, next_at: now });
      this.store.enqueue({ organization_id, retention: { days, previous_days: previous.days }, audit }, now);
    });
    this.known = { days, effective_at };
    return true;
  }

  /** One page of the walk that is due. */
  async turn(due: number): Promise<void> {
    const walk = this.store.retention();
    if (walk === null || walk.next_at === null || walk.next_at > due) return;
    const { days, effective_at } = walk;
    let next: RetentionWalk;
    try {
      const cursor = await this.tell({ days, effective_at }, walk.cursor);
      const walks_left = cursor === null ? walk.walks_left - 1 : walk.walks_left;
      const next_at = cursor !== null ? Date.now() : walks_left > 0 ? Date.now() + REST_MS : null;
      next = { ...walk, cursor: cursor ?? '', walks_left, attempts: 0, next_at };
    } catch (error) {
      this.logger().log('warn', 'retention.page_failed', describeError(error));
      const wait = Math.min(MAX_BACKOFF_MS, 1000 * 4 ** walk.attempts);
      next = { ...walk, attempts: walk.attempts + 1, next_at: Date.now() + wait };
    }
    // Changed or erased meanwhile: then this page belongs to nobody.
    if (!this.store.exists() || this.store.retention()?.effective_at !== effective_at) return;
    this.store.writeRetention(next);
  }
}
