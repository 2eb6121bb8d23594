import { useQuery } from '@tanstack/react-query';
import { agentsQuery } from '@/features/agents/queries.ts';
import { shortId } from '@/lib/format.ts';

/** Gives an agent's name by its id, as far as the list that is read anyway knows it; else the short id. */
export function useAgentName(): (id: string) => string {
  const agents = useQuery(agentsQuery({ limit: 100 })).data?.data ?? [];
  return (id) => agents.find((agent) => agent.id === id)?.name ?? shortId(id);
}
