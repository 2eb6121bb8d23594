import { newId } from '../../workers/platform/ids.ts';
import type { AdmissionRequest, AuditOrigin, OrganizationLimits, StoredRateLimits } from './client.ts';
import { limitedSubjects } from './rate-subjects.ts';
import {
  type CountedSubject,
  checkRates,
  limitStates,
  meaninglessAt,
  NO_REQUESTS,
  type RateCheck,
  type RateRow,
} from './rates.ts';
import type { StartState } from './starts.ts';
import type { OrganizationStore } from './store/organization.ts';

/** What an organization limits before it has chosen. */
export const UNLIMITED: OrganizationLimits = {
  per_key: null,
  per_user: null,
  per_role: {},
  per_ip: null,
  starts_per_user: null,
  reads_per_key: null,
};
/** Rows in memory: more subjects than these are read anew. */
const MAX_KNOWN = 5000;

/** What the organization limits, and what is counted. Rows are written in the transaction of the start that they count. */
export class DeskRates {
  private limits: OrganizationLimits | null = null;
  /** By subject, a cache of the rows. */
  private readonly known = new Map<string, RateRow>();
  /** Of reads by key. In memory alone: a flood of reads must not become a flood of writes. */
  private readonly reads = new Map<string, RateRow>();

  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly store: OrganizationStore,
  ) {}

  /** Drops the cache: what the rows say now is asked again. */
  forget(): void {
    this.limits = null;
    this.known.clear();
  }

  stored(): StoredRateLimits {
    return this.store.rates.limits() ?? { limits: UNLIMITED, revision: 0 };
  }

  /** The subjects that a start counts on, each with its row. */
  subjectsOf(
    request: AdmissionRequest,
    { key, external, plan }: Pick<StartState, 'key' | 'external' | 'plan'>,
  ): CountedSubject[] {
    this.limits ??= this.stored().limits;
    return limitedSubjects(request, key, external, plan, this.limits).map((each) => ({
      ...each,
      row: this.row(each.subject),
    }));
  }

  /** Writes what `checkRates` has counted. Call it in the start's own transaction, and `forget` where that fails. */
  write(subjects: readonly CountedSubject[], counted: readonly RateRow[]): void {
    for (const [index, { subject, limits }] of subjects.entries()) {
      const row = counted[index] as RateRow;
      this.store.rates.write(subject, row, meaninglessAt(row, limits));
      this.remember(this.known, subject, row);
    }
  }

  /** Counts one request of a key that starts nothing; null where that is not limited. */
  read(keyId: string, now: number): RateCheck | null {
    this.limits ??= this.stored().limits;
    const { reads_per_key } = this.limits;
    if (reads_per_key === null) return null;
    const subject = {
      subject: keyId,
      policy: 'reads',
      what: 'request',
      who: 'for this API key',
      limits: { ...reads_per_key, hour: null, day: null },
      row: this.reads.get(keyId) ?? NO_REQUESTS,
    } as const;
    const check = checkRates([subject], now);
    if (!check.ok) return check;
    this.remember(this.reads, keyId, check.counted[0] as RateRow);
    return { ...check, limits: limitStates([subject], check.counted, now) };
  }

  /** In one transaction with the projection that tells it; null where the limits are not at the `expected` revision. */
  replace(
    limits: OrganizationLimits,
    expected: number | null,
    origin: AuditOrigin,
    now: number,
  ): StoredRateLimits | null {
    const { revision } = this.stored();
    if (expected !== null && expected !== revision) return null;
    const organization_id = this.store.organizationId();
    const rate_limits = { limits, revision: revision + 1 };
    const audit = { id: newId('audit', now), at: now, action: 'organization.rate_limits_changed', origin };
    this.storage.transactionSync(() => {
      this.store.rates.writeLimits(rate_limits);
      this.store.enqueue({ organization_id, rate_limits, audit }, now);
    });
    this.limits = null;
    return rate_limits;
  }

  /** Exact: a row that is deleted early would let one too many in. */
  deleteExpired(now: number): void {
    this.store.rates.deleteExpired(now);
    this.known.clear();
  }

  private row(subject: string): RateRow {
    const known = this.known.get(subject) ?? this.store.rates.find(subject);
    // Subjects without a row are not kept: addresses are anybody's to invent.
    if (known !== null) this.remember(this.known, subject, known);
    return known ?? NO_REQUESTS;
  }

  private remember(rows: Map<string, RateRow>, subject: string, row: RateRow): void {
    if (rows.size >= MAX_KNOWN && !rows.has(subject)) rows.clear();
    rows.set(subject, row);
  }
}
