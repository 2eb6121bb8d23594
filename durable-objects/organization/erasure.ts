import { describeError, type Logger } from '../../workers/platform/telemetry.ts';
import { ERASED_PER_PAGE, type ErasePage, type ErasureSubject } from './client.ts';
import type { ErasureJob } from './store/erasures.ts';
import type { OrganizationStore } from './store/organization.ts';

/** An object that does not answer for this long is asked again later. */
const OBJECT_TIMEOUT_MS = 10_000;
/** An intention is looked up in D1 after this long, then four times as long again, until it is an hour old. */
const FIRST_LOOK_MS = 10_000;
const LOOKS = 6;
const MAX_BACKOFF_MS = 10 * 60_000;
/**
 * What was under way when the erasure began may still arrive: a request of an isolate that has not heard of it, an
 * execution's row that D1 missed. After this long everything is swept once more, and only then is the erasure forgotten.
 */
const REST_MS = 15 * 60_000;

/** What one kind of erasure does outside the desk. Everything may be done again. */
export interface ErasureWork {
  /** Whether D1 has the erasure: until then nothing is touched. */
  holds(): Promise<boolean>;
  /** Of one execution: true when nothing is left to do in its object. `leased`: its start may still be on the way. */
  eraseObject(executionId: string, leased: boolean): Promise<boolean>;
  /** One entry a kind of storage, each erased in pages, in this order. */
  readonly storages: Readonly<Record<string, ErasePage>>;
}

/** The first stage of every erasure: executions that the desk has leases for may have no row in D1 yet. */
const LEASED = 'leased';

/**
 * Erasures of the organization and of people in it, page by page under the desk's alarm. An erasure goes through
 * `intended` (told before D1 is written; see `expect`), sweeps of its stages until one leaves nothing behind, a rest, and
 * one more sweep. Every page's end is a row, so that an eviction or a failure costs at most one page again.
 */
export class Erasures {
  constructor(
    private readonly desk: OrganizationStore,
    private readonly storage: DurableObjectStorage,
    private readonly workOf: (subject: ErasureSubject) => ErasureWork,
    private readonly logger: () => Logger,
  ) {}

  private get store() {
    return this.desk.erasures;
  }

  /** Before D1 is written: should the caller die before `begin`, the alarm finds in D1 whether it holds. Returns when. */
  expect(subject: ErasureSubject, now: number): number {
    this.store.intend(subject, now, now + FIRST_LOOK_MS);
    return now + FIRST_LOOK_MS;
  }

  /** D1 has the erasure. Does nothing for one that has begun or has ended. */
  begin(subject: string, now: number): void {
    const job = this.store.job(subject);
    if (job?.stage === 'intended') this.store.write({ ...job, stage: LEASED, attempts: 0, next_at: now });
  }

  /** One page of the erasure that is due. The last one of the organization's leaves the desk without storage. */
  async turn(due: number): Promise<void> {
    const job = this.store.next();
    if (job === null || job.next_at > due) return;
    try {
      const work = this.workOf(job);
      if (job.stage === 'intended') await this.look(job, work);
      else if (job.stage === 'resting') this.store.write({ ...job, stage: LEASED, cursor: '', rested: true });
      else if (job.stage === LEASED) await this.sweepLeases(job, work);
      else await this.sweepStorage(job, work);
    } catch (error) {
      // Another turn has ended it, the tables included.
      this.desk.reload();
      if (!this.desk.made()) return;
      this.logger().log('warn', 'erasure.page_failed', { subject: job.subject, ...describeError(error) });
      this.delay(this.store.job(job.subject) ?? job);
    }
  }

  private async look(job: ErasureJob, work: ErasureWork): Promise<void> {
    if (await work.holds()) this.begin(job.subject, Date.now());
    // It may have begun during the read: then it is no intention any more.
    else if (this.store.job(job.subject)?.stage === 'intended') {
      if (job.attempts + 1 >= LOOKS) this.store.delete(job.subject);
      else {
        const attempts = job.attempts + 1;
        this.store.write({ ...job, attempts, next_at: Date.now() + FIRST_LOOK_MS * 4 ** attempts });
      }
    }
  }

  private async sweepLeases(job: ErasureJob, work: ErasureWork): Promise<void> {
    const whole = job.kind === 'organization';
    const leases = this.store.leases(job.cursor, whole ? null : job.subject, ERASED_PER_PAGE);
    const erased = await this.objects(
      work,
      leases.map((lease) => lease.execution_id),
      true,
    );
    this.storage.transactionSync(() => {
      if (whole) for (const lease of leases) if (erased.has(lease.execution_id)) this.desk.leases.delete(lease.id);
      const failed = job.failed || erased.size < leases.length;
      const last = leases.at(-1);
      if (last !== undefined) this.store.write({ ...job, cursor: last.id, failed });
      else this.store.write({ ...job, stage: Object.keys(work.storages)[0] ?? LEASED, cursor: '', failed });
    });
  }

  private async sweepStorage(job: ErasureJob, work: ErasureWork): Promise<void> {
    const names = Object.keys(work.storages);
    const erase = work.storages[job.stage];
    if (erase === undefined) throw new Error(`there is no storage ${job.stage}`);
    const page = await erase(job.cursor, (ids) => this.objects(work, ids, false));
    const failed = job.failed || page.failed;
    const next = names[names.indexOf(job.stage) + 1];
    if (!page.done) this.store.write({ ...job, cursor: page.cursor, failed });
    else if (next !== undefined) this.store.write({ ...job, stage: next, cursor: '', failed });
    else if (failed) this.delay({ ...job, stage: LEASED, cursor: '', failed: false });
    else if (!job.rested) this.rest(job);
    else await this.finish(job);
  }

  private async finish(job: ErasureJob): Promise<void> {
    this.logger().log('info', 'erasure.done', { subject: job.subject });
    if (job.kind === 'person') {
      this.store.delete(job.subject);
      return;
    }
    await this.storage.deleteAlarm();
    await this.storage.deleteAll();
  }

  private rest(job: ErasureJob): void {
    this.storage.transactionSync(() => {
      if (job.kind === 'organization') this.store.forgetAllElse();
      this.store.write({ ...job, stage: 'resting', cursor: '', attempts: 0, next_at: Date.now() + REST_MS });
    });
  }

  private delay(job: ErasureJob): void {
    const wait = Math.min(MAX_BACKOFF_MS, 1000 * 4 ** job.attempts);
    this.store.write({ ...job, attempts: job.attempts + 1, next_at: Date.now() + wait });
  }

  private async objects(work: ErasureWork, executionIds: readonly string[], leased: boolean): Promise<Set<string>> {
    const erased = await Promise.all(
      executionIds.map(async (id) => {
        const answer = await within(OBJECT_TIMEOUT_MS, work.eraseObject(id, leased)).catch(() => false);
        return answer ? [id] : [];
      }),
    );
    return new Set(erased.flat());
  }
}

async function within(ms: number, answer: Promise<boolean>): Promise<boolean> {
  let timer: ReturnType<typeof setTimeout> | undefined;
  const late = new Promise<boolean>((resolve) => {
    timer = setTimeout(() => resolve(false), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
