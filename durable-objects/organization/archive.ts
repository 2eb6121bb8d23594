import { INVOCATION_ARCHIVE_DAYS } from '@agentflow/contracts';
import { newId } from '../../workers/platform/ids.ts';
import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import type { AuditOrigin } from './client.ts';
import type { OrganizationStore } from './store/organization.ts';

const DAY_MS = 24 * 3_600_000;
/** A call that was still running when the walk passed it is met by a later one, which begins anew after so long. */
const WALK_MS = 30 * DAY_MS;
const MAX_BACKOFF_MS = 10 * 60_000;

/** Archives a page of invocations made before a time, after `cursor`; gives back where it ended, null after the last. */
export type ArchivePage = (before: number, cursor: string) => Promise<string | null>;

/** After how many days the payloads of invocations leave D1, and the walk that moves them, page by page under the alarm. */
export class DeskArchive {
  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly store: OrganizationStore,
    private readonly archivePage: ArchivePage,
    private readonly logger: () => Logger,
  ) {}

  days(): number {
    return this.store.archive.read()?.days ?? INVOCATION_ARCHIVE_DAYS;
  }

  /** Invocations begin with the first external agent: until then there is nothing to wake up for. Returns when to. */
  expect(now: number): number {
    const walk =
      this.store.archive.read() ?? begun(INVOCATION_ARCHIVE_DAYS, now, now + INVOCATION_ARCHIVE_DAYS * DAY_MS);
    this.store.archive.write(walk);
    return walk.next_at;
  }

  /** In one transaction with the projection of its audit row. What is set already changes nothing. */
  set(days: number, origin: AuditOrigin, now: number): boolean {
    const previous = this.days();
    if (previous === days) return false;
    const organization_id = this.store.organizationId();
    const audit = { id: newId('audit', now), at: now, action: 'organization.invocation_archive_changed', origin };
    const retention = { invocation_archive_days: days, previous_days: previous };
    this.storage.transactionSync(() => {
      this.store.archive.write(begun(days, now, now));
      this.store.enqueue({ organization_id, retention, audit }, now);
    });
    return true;
  }

  /** One page of the walk that is due. */
  async turn(due: number): Promise<void> {
    const walk = this.store.archive.read();
    if (walk === null || walk.next_at > due) return;
    let next = walk;
    try {
      const cursor = await this.archivePage(due - walk.days * DAY_MS, walk.cursor);
      const now = Date.now();
      if (cursor !== null) next = { ...walk, cursor, attempts: 0, next_at: now };
      else if (now - walk.began_at > WALK_MS) next = begun(walk.days, now, now + DAY_MS);
      else next = { ...walk, attempts: 0, next_at: now + DAY_MS };
    } catch (error) {
      this.logger().log('warn', 'archive.page_failed', describeError(error));
      const wait = Math.min(MAX_BACKOFF_MS, 1000 * 4 ** walk.attempts);
      next = { ...walk, attempts: walk.attempts + 1, next_at: Date.now() + wait };
    }
    // Changed or erased meanwhile: then this page belongs to nobody.
    if (!this.store.exists() || this.store.archive.read()?.began_at !== walk.began_at) return;
    this.store.archive.write(next);
  }
}

function begun(days: number, now: number, next_at: number) {
  return { days, cursor: '', began_at: now, attempts: 0, next_at };
}
