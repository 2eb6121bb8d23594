import type { Agent, AgentDefinition, AgentStatus } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { toast } from 'sonner';
import { statusWord } from '@/components/status-badge.tsx';
import { api, newIdempotencyKey } from '@/lib/api.ts';

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

const LONGEST_NAME = 120;
const COPY = ' copy';

/** Makes another agent of the agent's draft; its versions and executions stay behind. */
export function useDuplicateAgent(agent: Agent) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: async () => {
      const draft = await api<AgentDefinition>(`/agents/${agent.id}/draft`);
      const name = `${agent.name.slice(0, LONGEST_NAME - COPY.length)}${COPY}`;
      return api<Agent>('/agents', {
        method: 'POST',
        body: { name, description: agent.description, definition: draft },
        headers: { 'Idempotency-Key': newIdempotencyKey() },
      });
    },
    onSuccess: async (made) => {
      await queries.invalidateQueries({ queryKey: ['agents', 'list'] });
      const open = () =>
        void navigate({
          to: '/dashboard/agents/$agentId',
          params: { agentId: made.id },
          search: { tab: 'builder' },
        });
      toast.success(`${made.name} is a draft now`, { action: { label: 'Open', onClick: open } });
    },
    onError: (error) => toast.error(error.message),
  });
}
