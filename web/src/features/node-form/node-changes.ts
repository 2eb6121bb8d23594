import type { AgentNode, DefinitionProblem, JsonValue } from '@agentflow/contracts';

type Config = { readonly [name: string]: JsonValue };

/** A config with one field set, or without it where the value is undefined. Other fields keep their place. */
export function withField(config: Config, name: string, value: JsonValue | undefined): { [name: string]: JsonValue } {
  if (value !== undefined) return { ...config, [name]: value };
  const { [name]: _, ...rest } = config;
  return rest;
}

type OptionalKey = 'name' | 'retry' | 'timeout_ms' | 'on_error' | 'output_mapping';

/** A node with one of its own optional fields set, or without it. */
export function withOwn<K extends OptionalKey>(node: AgentNode, key: K, value: AgentNode[K] | undefined): AgentNode {
  if (value !== undefined) return { ...node, [key]: value };
  const { [key]: _, ...rest } = node;
  return rest as AgentNode;
}

/** Problems of one field and of what lies below it. */
export function problemsAt(problems: readonly DefinitionProblem[], path: string): DefinitionProblem[] {
  return problems.filter(({ field }) => field === path || field?.startsWith(`${path}.`));
}

/** What an editor with `{{…}}` finds out by itself as one types: the same would be told twice. */
const FOUND_IN_TEXTS = new Set([
  ...['expression_invalid', 'unknown_node', 'unknown_env', 'unknown_reference', 'unknown_output_field'],
  ...['item_outside_loop', 'reference_into_loop', 'reference_not_upstream', 'reference_other_branch'],
]);

export function isFoundInText(problem: DefinitionProblem): boolean {
  return FOUND_IN_TEXTS.has(problem.code);
}

/** A problem's message as it reads beside its field: without the field's name in front. */
export function messageBeside(problem: DefinitionProblem, path: string): string {
  const { message, field = '' } = problem;
  if (!message.startsWith(`${field} `)) return message;
  const below = field.slice(path.length).replace(/^\./, '');
  const rest = message.slice(field.length + 1);
  const text = below === '' ? rest : `${below} ${rest}`;
  return text.charAt(0).toUpperCase() + text.slice(1);
}

export function sameJson(left: JsonValue | undefined, right: JsonValue | undefined): boolean {
  return left === right || JSON.stringify(left) === JSON.stringify(right);
}
