import { newId } from '../../workers/platform/ids.ts';
import { checkKey } from './admission.ts';
import type {
  AuditOrigin,
  CheckedKey,
  KeyRecord,
  KeyRotation,
  ProjectedAudit,
  RotatedKey,
  StoredKey,
} from './client.ts';
import type { OrganizationStore } from './store/organization.ts';

/** `last_used_at` is exact to this: a key in constant use costs one write a minute. */
const LAST_USED_MS = 60_000;
/** The outbox is looked at again this soon, should the request that filled it die before it could be emptied. */
export const TELL_MS = 1000;

type Change = Pick<ProjectedAudit, 'action' | 'origin' | 'details'>;

/**
 * The API keys of a desk that exists. Every method decides and writes within one turn; each write is one transaction with
 * the projections that tell it, in their order. Whoever calls one that changes keys empties the outbox afterwards.
 */
export class DeskKeys {
  /** By hash, a cache of the rows. */
  private readonly known = new Map<string, StoredKey>();

  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly store: OrganizationStore,
    private readonly armAt: (at: number) => void,
  ) {}

  /** Drops the cache: what the rows say now is asked again. */
  forget(): void {
    this.known.clear();
  }

  find(hash: string): StoredKey | null {
    const known = this.known.get(hash) ?? this.store.keys.byHash(hash);
    // Unknown hashes are not kept: guesses must not grow memory.
    if (known !== null) this.known.set(hash, known);
    return known;
  }

  check(hash: string, now: number): CheckedKey | 'expired' | null {
    return checkKey(this.find(hash), now);
  }

  create(key: KeyRecord, origin: AuditOrigin): void {
    this.write([{ key: newKey(key), change: { action: actionOf(key, 'created'), origin } }]);
  }

  /** Null for an unknown or already revoked key, and for one of another holder; see `KeyRotation`. */
  revoke(keyId: string, externalAgentId: string | null, origin: AuditOrigin): StoredKey | null {
    const key = this.store.keys.byId(keyId);
    if (key === null || key.revoked_at !== null || holderOf(key) !== externalAgentId) return null;
    const revoked = { ...key, revoked_at: Date.now(), revision: key.revision + 1 };
    this.write([{ key: revoked, change: { action: actionOf(key, 'revoked'), origin } }]);
    return revoked;
  }

  /**
   * Makes a key with the name, the scopes and the length of life of another, which ends with the overlap, or at once
   * without one, and never later than it would have. A key is rotated once: its replacement is the one to rotate next.
   */
  rotate(rotation: KeyRotation, origin: AuditOrigin): RotatedKey {
    const { now, overlap_ms, replacement } = rotation;
    const old = this.store.keys.byId(rotation.key_id);
    if (old === null || old.revoked_at !== null || holderOf(old) !== rotation.external_agent_id) {
      return { outcome: 'not_found' };
    }
    const beyond = old.scopes.filter((scope) => !rotation.grantable.includes(scope));
    if (beyond.length > 0) return { outcome: 'beyond', scopes: beyond };
    if (old.replaced_by !== null) return { outcome: 'rotated_before', replaced_by: old.replaced_by };

    const key = newKey({
      ...replacement,
      name: old.name,
      scopes: old.scopes,
      ...(old.external_agent_id === undefined ? {} : { external_agent_id: old.external_agent_id }),
      created_at: now,
      expires_at: old.expires_at === null ? null : now + old.expires_at - old.created_at,
    });
    const ends = Math.min(old.expires_at ?? Number.POSITIVE_INFINITY, now + overlap_ms);
    const replaced: StoredKey = {
      ...old,
      ...(overlap_ms === 0 ? { revoked_at: now } : { expires_at: ends }),
      replaced_by: key.id,
      revision: old.revision + 1,
    };
    this.write([
      { key, change: { action: actionOf(old, 'created'), origin, details: { replaces: old.id } } },
      {
        key: replaced,
        change: {
          action: actionOf(old, 'rotated'),
          origin,
          details: { replaced_by: key.id, works_until: new Date(ends).toISOString() },
        },
      },
    ]);
    return { outcome: 'rotated', key };
  }

  noteUse(hash: string, now: number): void {
    const key = this.known.get(hash);
    if (key === undefined) return;
    if (key.last_used_at !== null && now - key.last_used_at < LAST_USED_MS) return;
    this.write([{ key: { ...key, last_used_at: now, revision: key.revision + 1 }, change: null }]);
  }

  private write(writes: readonly { key: StoredKey; change: Change | null }[]): void {
    const now = Date.now();
    const organization_id = this.store.organizationId();
    this.storage.transactionSync(() => {
      for (const { key, change } of writes) {
        const audit = change === null ? null : { id: newId('audit', now), at: now, ...change };
        this.store.keys.write(key);
        this.store.enqueue({ organization_id, key, audit }, now);
      }
    });
    for (const { key } of writes) this.known.set(key.key_hash, key);
    this.armAt(now + TELL_MS);
  }
}

/** The external agent whose key it is; null for one of the organization's own. */
function holderOf(key: KeyRecord): string | null {
  return key.external_agent_id ?? null;
}

function actionOf(key: KeyRecord, what: 'created' | 'revoked' | 'rotated'): string {
  return holderOf(key) === null ? `api_key.${what}` : `external_agent.key_${what}`;
}

function newKey(record: KeyRecord): StoredKey {
  return { ...record, revoked_at: null, replaced_by: null, last_used_at: null, revision: 1 };
}
