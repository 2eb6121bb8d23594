import type { RequestClaim } from './client.ts';
import type { OrganizationStore } from './store/organization.ts';
import type { StoredRequest } from './store/requests.ts';

/** How long an idempotency key belongs to its first request. */
export const REQUEST_TTL_MS = 24 * 3_600_000;
/** A create whose Worker died may be repeated after this long. */
const CLAIM_MS = 60_000;

/** Idempotency keys of creates: claimed before the work, and answered from then on with what the first try gave. */
export class DeskRequests {
  constructor(private readonly store: OrganizationStore) {}

  /** `expires_at` of a new claim: when it may be made again, should it never be finished. */
  claim(
    { scope, key, body_hash }: { scope: string; key: string; body_hash: string },
    now: number,
  ): { readonly claim: RequestClaim; readonly expires_at: number | null } {
    const stored = this.store.requests.find(scope, key);
    if (stored !== null && stored.expires_at > now) {
      if (stored.body_hash !== body_hash) return { claim: { state: 'reused' }, expires_at: null };
      const { answer } = stored;
      const claim: RequestClaim = answer === null ? { state: 'in_progress' } : { state: 'replay', ...answer };
      return { claim, expires_at: null };
    }
    const expires_at = now + CLAIM_MS;
    this.store.requests.write(scope, key, { body_hash, execution_id: null, answer: null, expires_at });
    return { claim: { state: 'new' }, expires_at };
  }

  /** `null` for a try that failed: it may be repeated. */
  finish({ scope, key, answer }: { scope: string; key: string; answer: StoredRequest['answer'] }, now: number): void {
    const stored = this.store.exists() ? this.store.requests.find(scope, key) : null;
    if (stored === null || stored.answer !== null) return;
    if (answer === null) this.store.requests.delete(scope, key);
    else this.store.requests.write(scope, key, { ...stored, answer, expires_at: now + REQUEST_TTL_MS });
  }
}
