import { type EnvVar, keyedProvider, type ProviderKey } from '@agentflow/contracts';
import type { EnvVarRow, ProviderKeyRow } from './queries.ts';

const iso = (milliseconds: number) => new Date(milliseconds).toISOString();

/** Hosts as they are stored: written by this domain alone, from a checked list. */
export function hostsOf(text: string): string[] {
  return JSON.parse(text) as string[];
}

export function presentEnvVar(row: EnvVarRow): EnvVar {
  return {
    name: row.name,
    description: row.description,
    allowed_hosts: hostsOf(row.allowed_hosts),
    created_at: iso(row.created_at),
    created_by: row.created_by,
    updated_at: iso(row.updated_at),
    updated_by: row.updated_by,
  };
}

export function presentProviderKey(row: ProviderKeyRow): ProviderKey {
  return {
    provider: keyedProvider.parse(row.provider),
    hint: row.hint,
    base_url: row.base_url,
    updated_at: iso(row.updated_at),
    updated_by: row.updated_by,
  };
}
