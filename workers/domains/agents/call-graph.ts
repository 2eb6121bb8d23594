import { type AgentDefinition, MAX_CALL_DEPTH } from '@agentflow/contracts';
import { type CallGraph, calledAgents, type KnownAgent } from '@agentflow/engine';
import type { Database } from '../../db/client.ts';
import { selectAgent, selectCalls } from './queries.ts';

/** Agents that are looked at; what lies beyond is refused when it runs. */
const MAX_AGENTS = 200;
/** D1 takes 100 bound parameters a statement. */
const AGENTS_PER_STATEMENT = 90;

/**
 * The agents that a definition leads to, level by level through the live versions: one more level than a call may go, so
 * that a circle of any length that can run is seen.
 */
export async function callGraph(
  database: Database,
  organizationId: string,
  agentId: string,
  definition: AgentDefinition,
): Promise<CallGraph> {
  const agents = new Map<string, KnownAgent>();
  const named = calledAgents(definition);
  let level = named.filter((id) => id !== agentId);
  const [row] = named.length === 0 ? [] : await selectAgent(database, organizationId, agentId);
  const self = { id: agentId, name: row?.name ?? 'this agent' };
  for (let depth = 0; depth <= MAX_CALL_DEPTH && level.length > 0 && agents.size < MAX_AGENTS; depth++) {
    const next = new Set<string>();
    for (let from = 0; from < level.length; from += AGENTS_PER_STATEMENT) {
      const ids = level.slice(from, from + AGENTS_PER_STATEMENT);
      for (const found of await selectCalls(database, organizationId, ids)) {
        const calls = JSON.parse(found.calls) as string[];
        agents.set(found.id, { name: found.name, published: found.live_version !== null, calls });
        for (const id of calls) next.add(id);
      }
    }
    level = [...next].filter((id) => id !== agentId && !agents.has(id));
  }
  return { self, agents };
}
