import type { KeyProjection } from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import { auditRow } from '../audit/index.ts';
import { upsertApiKey } from './queries.ts';

/** Writes a key's row and the audit row of the change that made it, in one batch. Retelling changes nothing. */
export async function projectApiKey(database: Database, { organization_id, key, audit }: KeyProjection): Promise<void> {
  const row = upsertApiKey(database, organization_id, {
    id: key.id,
    name: key.name,
    prefix: key.prefix,
    scopes: JSON.stringify(key.scopes),
    created_at: key.created_at,
    created_by: key.created_by,
    expires_at: key.expires_at,
    last_used_at: key.last_used_at,
    revoked_at: key.revoked_at,
    replaced_by: key.replaced_by,
    external_agent_id: key.external_agent_id ?? null,
    revision: key.revision,
  });
  if (audit === null) {
    await row;
    return;
  }
  const { external_agent_id } = key;
  const of =
    external_agent_id === undefined
      ? { resource_type: 'api_key', resource_id: key.id, details: { name: key.name, ...audit.details } }
      : {
          resource_type: 'external_agent',
          resource_id: external_agent_id,
          details: { name: key.name, key_id: key.id, key: key.prefix, ...audit.details },
        };
  const entry = { id: audit.id, action: audit.action, ...of };
  await database.batch([row, auditRow(database, organization_id, audit.origin, entry, audit.at)]);
}
