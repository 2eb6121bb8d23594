import type { Agent, AgentStatus } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { toast } from 'sonner';
import { statusWord } from '@/components/status-badge.tsx';
import { api } from '@/lib/api.ts';

/** Pause, resume and archive: the list and the agent's page offer the same. */
export function useSetAgentStatus(agent: Agent) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (status: Exclude<AgentStatus, 'draft'>) =>
      api<Agent>(`/agents/${agent.id}/status`, { method: 'PUT', body: { status } }),
    onSuccess: async (_answer, status) => {
      await queries.invalidateQueries({ queryKey: ['agents'] });
      toast.success(`${agent.name} is now ${statusWord(status).toLowerCase()}`);
    },
  });
}
