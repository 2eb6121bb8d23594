import type { Agent } from '@agentflow/contracts';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, newIdempotencyKey } from '@/lib/api.ts';

/** Creates an agent from the text of an agent file, JSON or YAML: JSON starts with a brace. */
export function useImportAgent(onImported: (agent: Agent) => void) {
  const queries = useQueryClient();
  return useMutation({
    mutationFn: (content: string) =>
      api<Agent>('/agents/import', {
        method: 'POST',
        text: { content, contentType: content.trimStart().startsWith('{') ? 'application/json' : 'application/yaml' },
        headers: { 'Idempotency-Key': newIdempotencyKey() },
      }),
    onSuccess: async (agent) => {
      await queries.invalidateQueries({ queryKey: ['agents', 'list'] });
      onImported(agent);
    },
  });
}

/** The support-ticket triage agent that every installation ships with, as the text of an agent file. */
export async function triageExample(): Promise<string> {
  const file = await import('../../../../examples/triage-agent.json');
  return JSON.stringify(file.default);
}
