import { type ApiKey, type Organization, type Permission, plan } from '@agentflow/contracts';
import type { ApiKeyRow, OrganizationRow } from './queries.ts';

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();
const isoOrNull = (milliseconds: number | null) => (milliseconds === null ? null : iso(milliseconds));

export function presentOrganization(
  row: Pick<OrganizationRow, 'id' | 'name' | 'slug' | 'plan' | 'created_at'>,
): Organization {
  return { id: row.id, name: row.name, slug: row.slug, plan: plan.parse(row.plan), created_at: iso(row.created_at) };
}

export function presentApiKey(row: Omit<ApiKeyRow, 'organization_id' | 'revision' | 'external_agent_id'>): ApiKey {
  return {
    id: row.id,
    name: row.name,
    prefix: row.prefix,
    // Written by createApiKey alone, from a checked list.
    scopes: JSON.parse(row.scopes) as Permission[],
    created_at: iso(row.created_at),
    created_by: row.created_by,
    expires_at: isoOrNull(row.expires_at),
    last_used_at: isoOrNull(row.last_used_at),
    revoked_at: isoOrNull(row.revoked_at),
    replaced_by: row.replaced_by,
  };
}
