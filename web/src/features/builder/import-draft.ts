import type { AgentDefinition } from '@agentflow/contracts';
import { isRecord, openDraft } from './draft/open-draft.ts';

/** The definition in an agent file, or on its own, as JSON or YAML; or in words why there is none. */
export async function readDefinitionFile(file: File): Promise<AgentDefinition | string> {
  const text = await file.text();
  let value: unknown;
  try {
    value = text.trimStart().startsWith('{') ? JSON.parse(text) : (await import('yaml')).parse(text);
  } catch (error) {
    return `${file.name} can’t be read: ${error instanceof Error ? error.message : 'it is neither JSON nor YAML'}`;
  }
  const definition = openDraft(isRecord(value) && isRecord(value.definition) ? value.definition : value);
  return definition ?? `${file.name} holds no agent: it has no “nodes” and “edges”.`;
}
