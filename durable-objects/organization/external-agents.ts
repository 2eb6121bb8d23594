import { newId } from '../../workers/platform/ids.ts';
import type { AuditOrigin, ExternalAgentChange, ExternalAgentRecord, ProjectedAudit } from './client.ts';
import { TELL_MS } from './keys.ts';
import type { OrganizationStore } from './store/organization.ts';

/** What an update may say; see `UpdateExternalAgentRequest`. */
export type ExternalAgentFields = Partial<
  Omit<ExternalAgentRecord, 'id' | 'created_at' | 'created_by' | 'updated_at' | 'deleted_at' | 'revision'>
>;

interface ExternalAgentsHost {
  armAt(at: number): void;
  /** In the transaction that writes it. */
  changed(agent: ExternalAgentRecord): void;
}

/**
 * The external agents of a desk that exists, with a cache of the rows. Every method decides and writes within one turn,
 * in one transaction with the projection that tells it; whoever changes one empties the outbox afterwards.
 */
export class DeskExternalAgents {
  private readonly known = new Map<string, ExternalAgentRecord>();

  constructor(
    private readonly storage: DurableObjectStorage,
    private readonly store: OrganizationStore,
    private readonly host: ExternalAgentsHost,
  ) {}

  /** Drops the cache: what the rows say now is asked again. */
  forget(): void {
    this.known.clear();
  }

  /** Null for one that is not there or was deleted. */
  find(id: string): ExternalAgentRecord | null {
    const known = this.known.get(id) ?? this.store.externalAgents.find(id);
    if (known !== null) this.known.set(id, known);
    return known?.deleted_at === null ? known : null;
  }

  create(agent: ExternalAgentRecord, origin: AuditOrigin): void {
    this.write(agent, 'external_agent.created', origin, agent.created_at);
  }

  /** Writes what is given over what is there, while its revision is `expected` (null: whatever it is). */
  change(
    id: string,
    fields: ExternalAgentFields,
    expected: number | null,
    origin: AuditOrigin,
    now: number,
  ): ExternalAgentChange {
    const before = this.find(id);
    if (before === null) return { outcome: 'not_found' };
    if (expected !== null && expected !== before.revision) return { outcome: 'stale', agent: before };
    const after = { ...before, ...fields };
    if (JSON.stringify(after) === JSON.stringify(before)) {
      return { outcome: 'done', agent: before, changed: false, deactivated: false };
    }
    const agent = { ...after, updated_at: Math.max(now, before.updated_at + 1), revision: before.revision + 1 };
    this.write(agent, actionOf(before, agent), origin, now);
    return { outcome: 'done', agent, changed: true, deactivated: before.is_active && !agent.is_active };
  }

  delete(id: string, origin: AuditOrigin, now: number): ExternalAgentRecord | null {
    const before = this.find(id);
    if (before === null) return null;
    const agent = { ...before, is_active: false, updated_at: now, deleted_at: now, revision: before.revision + 1 };
    this.write(agent, 'external_agent.deleted', origin, now);
    return agent;
  }

  private write(external_agent: ExternalAgentRecord, action: string, origin: AuditOrigin, now: number): void {
    const organization_id = this.store.organizationId();
    const audit: ProjectedAudit = { id: newId('audit', now), at: now, action, origin };
    this.storage.transactionSync(() => {
      this.store.externalAgents.write(external_agent);
      this.store.enqueue({ organization_id, external_agent, audit }, now);
      this.host.changed(external_agent);
    });
    this.known.set(external_agent.id, external_agent);
    this.host.armAt(now + TELL_MS);
  }
}

function actionOf(before: ExternalAgentRecord, after: ExternalAgentRecord): string {
  if ((before.webhook_disabled ?? null) === null && after.webhook_disabled) return 'external_agent.webhook_disabled';
  if (before.is_active === after.is_active) return 'external_agent.updated';
  return after.is_active ? 'external_agent.activated' : 'external_agent.deactivated';
}
