import { AGENT_FILE_FORMAT, type Agent, type AgentFile, type AgentVersionDetail } from '@agentflow/contracts';
import { toast } from 'sonner';
import { api, fetchApi, queryString } from '@/lib/api.ts';
import { download, downloadJson } from '@/lib/download.ts';

function fileName(agent: Agent, ending: string): string {
  const plain = agent.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${plain === '' ? 'agent' : plain}${ending}`;
}

function tellFailure(error: unknown): void {
  toast.error(error instanceof Error ? error.message : 'The export failed.');
}

/** Hands the agent's draft to the browser as an agent file. */
export async function exportAgent(agent: Agent, format: 'json' | 'yaml'): Promise<void> {
  try {
    const response = await fetchApi(`/agents/${agent.id}/export${queryString({ format })}`);
    download(await response.blob(), fileName(agent, `.${format}`));
  } catch (error) {
    tellFailure(error);
  }
}

/** Hands one published version to the browser as an agent file. */
export async function downloadVersion(agent: Agent, version: number): Promise<void> {
  try {
    const { definition } = await api<AgentVersionDetail>(`/agents/${agent.id}/versions/${version}`);
    const file: AgentFile = { format: AGENT_FILE_FORMAT, name: agent.name, description: agent.description, definition };
    downloadJson(file, fileName(agent, `-v${version}.json`));
  } catch (error) {
    tellFailure(error);
  }
}
