import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import type { LeaseNotice } from './client.ts';
import type { OrganizationStore } from './store/organization.ts';

/** A notice that was not taken is told again this soon, then twice as late each time. */
export const NOTICE_RETRY_MS = 1000;
const MAX_NOTICE_RETRY_MS = 60_000;
const NOTICE_PAGE = 50;

/**
 * Tells an execution; `unknown` where there is none of this lease: its start may be on the way, and with `buried` it will
 * not be made.
 */
export type TellExecution = (
  executionId: string,
  leaseId: string,
  notice: LeaseNotice,
) => Promise<'taken' | 'buried' | 'unknown'>;

/**
 * What the desk decided about executions that are not at the desk: that one's turn has come, or that one has lost its
 * place. A notice is written with the decision and told until the execution has done it, which it does once however often
 * it is told.
 */
export class LeaseNotices {
  private telling: Promise<void> | null = null;
  private again = false;

  constructor(
    private readonly store: OrganizationStore,
    private readonly tellExecution: TellExecution,
    private readonly buried: (leaseId: string) => void,
    private readonly logger: () => Logger,
  ) {}

  /** Tells all that are due, page by page. */
  tell(): Promise<void> {
    if (this.telling !== null) {
      this.again = true;
      return this.telling;
    }
    this.telling = this.tellPages().finally(() => {
      this.telling = null;
    });
    return this.telling;
  }

  private async tellPages(): Promise<void> {
    do {
      this.again = false;
      if (!this.store.exists()) return;
      const due = this.store.leases.dueNotices(Date.now(), NOTICE_PAGE);
      if (due.length === 0) continue;
      this.again = true;
      await Promise.all(
        due.map(async ({ lease_id, execution_id, notice, tries }) => {
          const answer = await this.tellExecution(execution_id, lease_id, notice).catch((error: unknown) => {
            this.logger().log('warn', 'desk.notice_failed', { execution_id, ...describeError(error) });
            return 'unknown' as const;
          });
          if (!this.store.exists()) return;
          if (answer === 'buried') this.buried(lease_id);
          else if (answer === 'taken') this.store.leases.noticeTaken(lease_id, notice);
          else {
            const wait = Math.min(MAX_NOTICE_RETRY_MS, NOTICE_RETRY_MS * 2 ** Math.min(tries, 10));
            this.store.leases.delayNotice(lease_id, notice, Date.now() + wait);
          }
        }),
      );
    } while (this.again);
  }
}
