import type { AgentNode, JsonValue } from '@agentflow/contracts';
import {
  asText,
  compileExpression,
  evaluateDirectly,
  evaluateSource,
  type NodeInScope,
  type NodeView,
  parseTemplate,
  resolveConfig,
  type Scope,
} from '@agentflow/engine';

export type LastOutputs = Readonly<Record<string, JsonValue>>;

export function isObject(value: JsonValue | undefined): value is { [key: string]: JsonValue } {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The first item of a loop over a list that a plain path leads to; for a loop that counts, its first number. */
function firstItem(loop: AgentNode, scope: Scope): JsonValue | undefined {
  const { items, count } = loop.config;
  if (count !== undefined) return 0;
  if (Array.isArray(items)) return items[0];
  if (typeof items !== 'string') return undefined;
  const template = parseTemplate(items);
  const [only] = template.ok ? template.parts : [];
  if (only?.kind !== 'expression') return undefined;
  const compilation = compileExpression(only.source);
  if (!compilation.ok) return undefined;
  const evaluation = evaluateDirectly(compilation.expression, scope);
  return evaluation?.ok && Array.isArray(evaluation.value) ? evaluation.value[0] : undefined;
}

/**
 * What a node's expressions see with the data of the last run, inside loops in the first round. `result` is what the node
 * gave, for its output mapping. Secrets are their own markers.
 */
export function previewScope(
  node: AgentNode,
  view: NodeView,
  lastOutputs: LastOutputs,
  envNames: readonly string[],
): Scope {
  const nodes = new Map<string, NodeInScope>();
  for (const { id } of view.upstream) {
    const output = lastOutputs[id];
    if (output !== undefined) nodes.set(id, { output });
  }
  const env = Object.fromEntries(envNames.map((name) => [name, `{{env.${name}}}`]));
  const result = lastOutputs[node.id];
  let scope: Scope = {
    trigger: lastOutputs.trigger ?? null,
    context: isObject(lastOutputs.context) ? lastOutputs.context : {},
    env,
    nodes,
    ...(result === undefined ? {} : { result }),
  };
  for (const loop of view.loops) {
    const item = firstItem(loop, scope);
    if (item === undefined) continue;
    scope = { ...scope, item, nodes: new Map([...scope.nodes, [loop.id, { item, index: 0 }]]) };
  }
  return scope;
}

export type TextKind = 'template' | 'expression' | 'json';

export type Preview =
  | { readonly state: 'none' }
  | { readonly state: 'value'; readonly value: JsonValue }
  | { readonly state: 'failed'; readonly message: string };

const NONE: Preview = { state: 'none' };

/** What a text becomes with a scope; nothing for a text without expressions. Never rejects. */
export async function previewOf(text: string, kind: TextKind, scope: Scope): Promise<Preview> {
  if (kind === 'expression') {
    if (text.trim() === '') return NONE;
    const evaluation = await evaluateSource(text, scope);
    return evaluation.ok
      ? { state: 'value', value: evaluation.value }
      : { state: 'failed', message: evaluation.error.message };
  }
  if (!text.includes('{{')) return NONE;
  const parsed = kind === 'json' ? parseJson(text) : text;
  if (parsed === undefined) return NONE;
  const resolution = await resolveConfig(parsed, scope);
  return resolution.ok
    ? { state: 'value', value: resolution.value }
    : { state: 'failed', message: resolution.error.message };
}

function parseJson(text: string): JsonValue | undefined {
  try {
    return JSON.parse(text) as JsonValue;
  } catch {
    return undefined;
  }
}

/** A value in a few words, as a suggestion shows it. */
export function shortValue(value: JsonValue): string {
  const text = typeof value === 'string' ? `"${value}"` : value === null ? 'null' : asText(value);
  const line = text.replace(/\s+/g, ' ');
  return line.length > 48 ? `${line.slice(0, 47)}…` : line;
}
