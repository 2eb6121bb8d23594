import { type AgentDefinition, type DefinitionProblem, LIMITS } from '@agentflow/contracts';
import { type CallGraph, checkCalls } from './check-calls.ts';
import { checkEdges, checkGraph } from './check-graph.ts';
import { type CheckModel, checkNodes } from './check-nodes.ts';
import { checkReferences } from './check-references.ts';
import { readDraft } from './draft.ts';
import { checkSchema } from './json-schema.ts';
import { checkLoops } from './loops.ts';
import { ProblemList } from './problem-list.ts';

export interface ValidateOptions {
  /** Names of the organization's secrets; without them `{{env.NAME}}` is not checked. */
  readonly env_names?: readonly string[];
  /** What is wrong with a model reference, or null. */
  readonly check_model?: CheckModel;
  /** The organization's agents that the definition leads to; without them calls of agents are not checked. */
  readonly calls?: CallGraph;
}

function checkSize(definition: AgentDefinition, problems: ProblemList): boolean {
  const parts = [
    ['nodes', definition.nodes.length, LIMITS.definition_nodes],
    ['edges', definition.edges.length, LIMITS.definition_edges],
  ] as const;
  for (const [name, count, limit] of parts) {
    if (count <= limit) continue;
    const message = `The agent has ${count} ${name}; at most ${limit} are allowed.`;
    problems.add({ severity: 'error', code: `too_many_${name}`, message, path: name });
  }
  return problems.problems.length === 0;
}

function checkSettings({ settings }: AgentDefinition, problems: ProblemList): void {
  if (settings?.concurrency_policy === undefined || settings.max_concurrency !== undefined) return;
  problems.add({
    severity: 'error',
    code: 'concurrency_policy_without_limit',
    message: 'settings.concurrency_policy says what happens at settings.max_concurrency, which is not set.',
    path: 'settings.concurrency_policy',
  });
}

/**
 * Everything that is wrong with a definition, each problem with its place in the document and, where it has one, its
 * node or edge and field. Errors keep it from being published; warnings do not. Never throws for anything that has the
 * shape of a definition, however unfinished.
 */
export function validateDefinition(definition: AgentDefinition, options: ValidateOptions = {}): DefinitionProblem[] {
  const problems = new ProblemList();
  if (!checkSize(definition, problems)) return problems.problems;
  const draft = readDraft(definition);
  checkNodes(draft, options.check_model, problems);
  checkReferences(draft, options.env_names, problems);
  checkEdges(draft, problems);
  checkGraph(draft, problems);
  checkLoops(draft, problems);
  checkSettings(definition, problems);
  if (options.calls !== undefined) checkCalls(draft, options.calls, problems);
  for (const { path, message } of definition.input_schema === undefined ? [] : checkSchema(definition.input_schema)) {
    const place = path === '' ? 'input_schema' : `input_schema.${path}`;
    problems.add({ severity: 'error', code: 'input_schema_invalid', message: `${place} ${message}.`, path: place });
  }
  return problems.problems;
}
