import type { Agent, AgentStatus, AgentVersion, ListedAgent } from '@agentflow/contracts';
import type { AgentHead } from '../../../durable-objects/organization/client.ts';
import type { ListedAgentRow } from './list-agents.ts';
import type { AgentHeadRow, AgentRow, VersionSummaryRow } from './queries.ts';

export function presentAgent(row: AgentRow): Agent {
  return {
    id: row.id,
    name: row.name,
    description: row.description,
    tags: tagsOf(row),
    status: statusOf(row),
    live_version: row.live_version,
    latest_version: row.latest_version,
    created_at: isoTime(row.created_at),
    created_by: row.created_by,
    updated_at: isoTime(row.updated_at),
  };
}

export function presentListedAgent({ stats, ...row }: ListedAgentRow): ListedAgent {
  return stats === undefined ? presentAgent(row) : { ...presentAgent(row), stats };
}

export function presentVersion(row: VersionSummaryRow, liveVersion: number | null): AgentVersion {
  return {
    agent_id: row.agent_id,
    version: row.version,
    change_message: row.change_message,
    created_at: isoTime(row.created_at),
    created_by: row.created_by,
    is_live: row.version === liveVersion,
  };
}

export function headOf(row: AgentHeadRow): AgentHead {
  return {
    agent_id: row.id,
    name: row.name,
    status: statusOf(row),
    live_version: row.live_version,
    latest_version: row.latest_version,
    max_concurrency: row.max_concurrency,
    concurrency_policy: row.concurrency_policy ?? 'reject',
    tags: tagsOf(row),
    revision: row.revision,
  };
}

/** The column holds nothing else: only this domain writes it. */
export function statusOf(row: Pick<AgentRow, 'status'>): AgentStatus {
  return row.status as AgentStatus;
}

export function tagsOf({ tags }: Pick<AgentRow, 'tags'>): string[] {
  return tags === null ? [] : (JSON.parse(tags) as string[]);
}

function isoTime(milliseconds: number): string {
  return new Date(milliseconds).toISOString();
}
