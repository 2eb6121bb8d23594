import { AGENT_FILE_FORMAT, type Agent, type AgentFile, type AgentVersionDetail } from '@agentflow/contracts';
import { toast } from 'sonner';
import { api, fetchApi, queryString } from '@/lib/api.ts';

function fileName(agent: Agent, ending: string): string {
  const plain = agent.name
    .toLowerCase()
    .replace(/[^a-z0-9]+/g, '-')
    .replace(/^-+|-+$/g, '');
  return `${plain === '' ? 'agent' : plain}${ending}`;
}

function download(content: Blob, name: string): void {
  const link = document.createElement('a');
  link.href = URL.createObjectURL(content);
  link.download = name;
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
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
    download(
      new Blob([`${JSON.stringify(file, null, 2)}\n`], { type: 'application/json' }),
      fileName(agent, `-v${version}.json`),
    );
  } catch (error) {
    tellFailure(error);
  }
}
