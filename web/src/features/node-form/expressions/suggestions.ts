import { type AgentDefinition, type AgentNode, type JsonValue, nodeType, outputSchemaOf } from '@agentflow/contracts';
import { FUNCTION_NAMES, type NodeView, type Scope } from '@agentflow/engine';
import { extendPath } from '../../../lib/json-path.ts';
import { asSchema, type ConfigSchema } from '../config-fields.ts';
import { isObject } from './preview-scope.ts';

/** One thing that an expression can name. */
export interface Suggestion {
  readonly path: string;
  readonly section: string;
  /** What it was in the last run. */
  readonly value?: JsonValue;
  /** Type that its schema tells. */
  readonly type?: string;
  readonly description?: string;
}

interface SuggestionSource {
  readonly definition: AgentDefinition;
  readonly node: AgentNode;
  readonly view: NodeView;
  /** With the last run's values. */
  readonly scope: Scope;
  readonly envNames: readonly string[];
  /** Bare JSONata, where functions are worth offering. */
  readonly bare: boolean;
  /** In an output mapping, where `result` is what the node gave. */
  readonly withResult: boolean;
}

const DEEPEST = 4;
const MOST_FIELDS = 60;

function typeOf(schema: ConfigSchema): string | undefined {
  return typeof schema.type === 'string' ? schema.type : undefined;
}

/** A path and every path below it that its schema or its last value tells. A list's fields are those of its items. */
function collect(
  path: string,
  section: string,
  schema: ConfigSchema,
  value: JsonValue | undefined,
  found: Suggestion[],
  depth = 0,
): void {
  const type = typeOf(schema);
  found.push({
    path,
    section,
    ...(value === undefined ? {} : { value }),
    ...(type === undefined ? {} : { type }),
    ...(typeof schema.description === 'string' ? { description: schema.description } : {}),
  });
  if (depth >= DEEPEST) return;
  const isList = Array.isArray(value) || type === 'array';
  const below = isList ? asSchema(schema.items) : schema;
  const inner = Array.isArray(value) ? value[0] : value;
  const properties = asSchema(below.properties);
  const names = new Set([...Object.keys(properties), ...(isObject(inner) ? Object.keys(inner) : [])]);
  for (const name of [...names].slice(0, MOST_FIELDS)) {
    const field = isObject(inner) && Object.hasOwn(inner, name) ? inner[name] : undefined;
    collect(extendPath(path, name), section, asSchema(properties[name]), field, found, depth + 1);
  }
}

function titleOf(node: AgentNode): string {
  return node.name ?? nodeType(node.type)?.title ?? node.id;
}

/** Everything that an expression of a node can name: the loop it runs in, the nearest nodes, the trigger, the rest. */
export function suggestionsFor(source: SuggestionSource): Suggestion[] {
  const { definition, node, view, scope, envNames, bare, withResult } = source;
  const found: Suggestion[] = [];
  if (withResult) {
    const { output_mapping: _, ...plain } = node;
    collect('result', 'This node', asSchema(outputSchemaOf(plain)), scope.result, found);
  }
  if (view.item) collect('item', 'Loop', {}, scope.item, found);
  for (const loop of view.loops.toReversed()) {
    const round = scope.nodes.get(loop.id);
    const item = round !== undefined && 'item' in round ? round.item : undefined;
    collect(`${loop.id}.item`, titleOf(loop), {}, item, found, DEEPEST);
    found.push({ path: `${loop.id}.index`, section: titleOf(loop), type: 'integer', description: 'Counts from 0' });
  }
  for (const each of view.upstream) {
    const known = scope.nodes.get(each.id);
    const output = known !== undefined && 'output' in known ? known.output : undefined;
    collect(`${each.id}.output`, titleOf(each), asSchema(outputSchemaOf(each)), output, found);
  }
  collect('trigger', 'Trigger', asSchema(definition.input_schema), scope.trigger ?? undefined, found);
  found.push({ path: 'context', section: 'Project', description: 'Values that executions of a project share' });
  for (const [name, value] of Object.entries(scope.context ?? {})) {
    collect(extendPath('context', name), 'Project', {}, value, found);
  }
  for (const name of envNames) {
    found.push({ path: `env.${name}`, section: 'Secrets', description: 'Put in where an HTTP request leaves' });
  }
  if (bare) for (const name of FUNCTION_NAMES) found.push({ path: `$${name}`, section: 'Functions' });
  return found;
}

/**
 * Where the `{{` begins whose expression a cursor at the end of `before` stands in, counted to its first character;
 * -1 outside.
 */
export function openExpression(before: string): number {
  const open = before.lastIndexOf('{{');
  if (open < 0 || before[open - 1] === '\\') return -1;
  return before.indexOf('}}', open) < 0 ? open + 2 : -1;
}

/** How many braces an expression has opened and not closed, texts inside it passed over. */
export function openBraces(expression: string): number {
  let depth = 0;
  for (const [token] of expression.matchAll(/"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[{}]/g)) {
    if (token === '{') depth += 1;
    else if (token === '}') depth -= 1;
  }
  return depth;
}
