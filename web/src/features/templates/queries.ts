import type { Agent, InstallTemplateRequest, Template } from '@agentflow/contracts';
import { queryOptions, useMutation, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { api, newIdempotencyKey } from '@/lib/api.ts';

/** They change with a release only. */
export const templatesQuery = queryOptions({
  queryKey: ['templates'],
  queryFn: async ({ signal }) => (await api<{ data: Template[] }>('/templates', { signal })).data,
  staleTime: Number.POSITIVE_INFINITY,
});

/** Makes an agent of a template and opens it in the builder. */
export function useInstallTemplate(id: string) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  return useMutation({
    mutationFn: (body: InstallTemplateRequest) =>
      api<Agent>(`/templates/${id}/install`, {
        method: 'POST',
        body,
        headers: { 'Idempotency-Key': newIdempotencyKey() },
      }),
    onSuccess: async (agent) => {
      await queries.invalidateQueries({ queryKey: ['agents', 'list'] });
      await navigate({
        to: '/dashboard/agents/$agentId',
        params: { agentId: agent.id },
        search: { tab: 'builder' },
      });
    },
  });
}
