import type { AllowlistProjection } from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import { auditRow } from '../audit/index.ts';
import { updateIpAllowlist } from './queries.ts';

/** Writes the organization's IP allowlist and the audit row of its change, in one batch. Retelling changes nothing. */
export async function projectIpAllowlist(
  database: Database,
  { organization_id, ip_allowlist, audit }: AllowlistProjection,
): Promise<void> {
  const networks = ip_allowlist.entries.map(({ network }) => network);
  const entry = {
    id: audit.id,
    action: audit.action,
    resource_type: 'organization',
    resource_id: organization_id,
    details: { networks },
  };
  await database.batch([
    updateIpAllowlist(database, organization_id, { revision: ip_allowlist.revision, networks }),
    auditRow(database, organization_id, audit.origin, entry, audit.at),
  ]);
}
