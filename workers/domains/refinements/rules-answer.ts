import { type AgentFiles, definitionOf, filesOf } from '@agentflow/agent-files';
import type { Todo } from '@agentflow/contracts';
import type { RefinementJob } from '../../../durable-objects/refinement/client.ts';
import { CATALOGUE } from '../../models/index.ts';
import { applyEditCommand } from './rules/index.ts';

export type RulesAnswer =
  | { readonly ok: true; readonly files: AgentFiles; readonly todos: readonly Todo[]; readonly summary: string }
  | { readonly ok: false; readonly message: string };

/** What the rules make of the words: the changed files, or what they can't do. */
export function rulesAnswer({ agent_name, user_prompt }: RefinementJob, files: AgentFiles): RulesAnswer {
  const read = definitionOf(files);
  if (!read.ok) return { ok: false, message: read.problems[0]?.message ?? 'The files are no draft.' };
  const models = CATALOGUE.map(({ id }) => id);
  const { definition } = read;
  const done = applyEditCommand({ definition, agentName: agent_name, prompt: user_prompt, models });
  if (!done.ok) return done;
  const todos = done.did.map((content) => ({ content: content.slice(0, 500), status: 'completed' as const }));
  return { ok: true, files: filesOf(done.definition), todos: todos.slice(0, 50), summary: done.did.join(' ') };
}
