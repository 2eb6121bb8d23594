import type {
  PolicyDefaultProjection,
  PolicyProjection,
  StoredPolicy,
} from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import { auditRow } from '../audit/index.ts';
import { insertPolicyVersion, upsertPolicy } from './policy-queries.ts';

/** What D1's `document` holds: what a policy says besides the columns of its row. */
export type PolicyDocument = Pick<
  StoredPolicy,
  'description' | 'subjects' | 'actions' | 'resources' | 'conditions' | 'stop_running' | 'updated_by'
>;

/** A version as it is stored: what the policy said, and what was done to it. */
export type VersionDocument = StoredPolicy & { readonly change: PolicyProjection['change'] };

/** Writes a policy's row, its version and the audit row of the change, in one batch. Retelling changes nothing. */
export async function projectPolicy(
  database: Database,
  { organization_id, policy, change, audit }: PolicyProjection,
): Promise<void> {
  const { description, subjects, actions, resources, conditions, stop_running, updated_by, ...row } = policy;
  const document: PolicyDocument = {
    description,
    subjects,
    actions,
    resources,
    conditions,
    stop_running,
    updated_by,
  };
  const entry = {
    id: audit.id,
    action: audit.action,
    resource_type: 'policy',
    resource_id: policy.id,
    details: { name: policy.name, effect: policy.effect, version: policy.version },
  };
  await database.batch([
    upsertPolicy(database, {
      ...row,
      organization_id,
      is_active: row.is_active ? 1 : 0,
      document: JSON.stringify(document),
      deleted_at: change === 'deleted' ? row.updated_at : null,
      revision: row.version,
    }),
    insertPolicyVersion(database, {
      policy_id: policy.id,
      version: policy.version,
      organization_id,
      policy: JSON.stringify({ ...policy, change } satisfies VersionDocument),
      changed_at: policy.updated_at,
      changed_by: policy.updated_by,
    }),
    auditRow(database, organization_id, audit.origin, entry, audit.at),
  ]);
}

/** The audit row of another default; the desk is where it stands. */
export async function projectPolicyDefault(
  database: Database,
  { organization_id, policy_default, audit }: PolicyDefaultProjection,
): Promise<void> {
  const entry = {
    id: audit.id,
    action: audit.action,
    resource_type: 'organization',
    resource_id: organization_id,
    details: { default_before: policy_default.previous, default: policy_default.effect },
  };
  await auditRow(database, organization_id, audit.origin, entry, audit.at);
}
