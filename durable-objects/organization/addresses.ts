import { newId } from '../../workers/platform/ids.ts';
import { type Allowlist, allowlistOf } from '../../workers/platform/ip-networks.ts';
import type { AuditOrigin, StoredAllowlist } from './client.ts';
import type { OrganizationStore } from './store/organization.ts';

/** From where the organization of a desk that exists may be used: its IP allowlist, with a cache of the row. */
export class DeskAddresses {
  private known: Allowlist | null = null;

  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly store: OrganizationStore,
  ) {}

  /** Drops the cache: what the row says now is asked again. */
  forget(): void {
    this.known = null;
  }

  list(): Allowlist {
    this.known ??= allowlistOf(this.store.ipAllowlist().entries.map(({ network }) => network));
    return this.known;
  }

  /** In one transaction with the projection that tells it; `null` where the list is not at the `expected` revision. */
  replace(
    entries: StoredAllowlist['entries'],
    expected: number | null,
    origin: AuditOrigin,
    now: number,
  ): StoredAllowlist | null {
    const { revision } = this.store.ipAllowlist();
    if (expected !== null && expected !== revision) return null;
    const organization_id = this.store.organizationId();
    const ip_allowlist = { entries, revision: revision + 1 };
    const audit = { id: newId('audit', now), at: now, action: 'organization.ip_allowlist_changed', origin };
    this.storage.transactionSync(() => {
      this.store.writeIpAllowlist(ip_allowlist);
      this.store.enqueue({ organization_id, ip_allowlist, audit }, now);
    });
    this.known = null;
    return ip_allowlist;
  }
}
