import type { AgentFiles } from '@agentflow/agent-files';
import type { Todo } from '@agentflow/contracts';

export type RulesAnswer =
  | { readonly ok: true; readonly files: AgentFiles; readonly todos: readonly Todo[]; readonly summary: string }
  | { readonly ok: false; readonly message: string };

/** What is said where no language model can be asked. */
export function rulesAnswer(): RulesAnswer {
  return { ok: false, message: 'There is no model that uses tools: add the key of a provider first.' };
}
