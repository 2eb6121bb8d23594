import type { AgentDefinition } from '@agentflow/contracts';
export function applyEditCommand({
  definition,
  prompt,
}: {
  definition: AgentDefinition;
  agentName: string;
  prompt: string;
  models: readonly string[];
}): { ok: true; definition: AgentDefinition; did: string[] } | { ok: false; message: string } {
  return {
    ok: true,
    definition: { ...definition, knowledge: { ...definition.knowledge, temp: prompt } },
    did: ['TEMP'],
  };
}
