import type { ExternalAgentProjection, ExternalAgentRecord } from '../../../durable-objects/organization/client.ts';
import type { Database } from '../../db/client.ts';
import { auditRow } from '../audit/index.ts';
import { type ExternalAgentRow, upsertExternalAgent } from './queries.ts';

/** Writes an external agent's row and the audit row of its change, in one batch. Retelling changes nothing. */
export async function projectExternalAgent(
  database: Database,
  { organization_id, external_agent, audit }: ExternalAgentProjection,
): Promise<void> {
  const { id, name, platform } = external_agent;
  const entry = {
    id: audit.id,
    action: audit.action,
    resource_type: 'external_agent',
    resource_id: id,
    details: { name, platform, ...audit.details },
  };
  await database.batch([
    upsertExternalAgent(database, rowOf(organization_id, external_agent)),
    auditRow(database, organization_id, audit.origin, entry, audit.at),
  ]);
}

function rowOf(organization_id: string, agent: ExternalAgentRecord): ExternalAgentRow {
  const { config, webhook_masked, webhook_disabled, agents, operations, rate_limits, recording, is_active, ...same } =
    agent;
  return {
    ...same,
    organization_id,
    config: JSON.stringify(config),
    webhook_masked: jsonOrNull(webhook_masked),
    webhook_disabled: jsonOrNull(webhook_disabled ?? null),
    agents: jsonOrNull(agents),
    operations: JSON.stringify(operations),
    rate_limits: jsonOrNull(rate_limits),
    recording: JSON.stringify(recording),
    is_active: is_active ? 1 : 0,
  };
}

function jsonOrNull(value: unknown): string | null {
  return value === null ? null : JSON.stringify(value);
}
