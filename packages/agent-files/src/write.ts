import type { AgentDefinition, AgentNode, JsonValue } from '@agentflow/contracts';
import { writeCompact } from './compact.ts';
import { AGENT_FILE, type AgentFiles, type Extraction, extractionsOf, isObject, orderedFields } from './layout.ts';
import { escaped, reference } from './references.ts';
import { onOneLine, writeYaml } from './yaml.ts';

/** Deep lists take many times their size when they are indented: past so much room for it, nothing is. */
const MAX_INDENTATION = 400_000;

/**
 * A definition as files, in one canonical form: `definitionOf` gives back what went in, mistakes included, and equal
 * definitions give equal files. Takes what the contract of definitions takes.
 */
export function filesOf(definition: AgentDefinition): AgentFiles {
  const extractions = extractionsOf(definition);
  const indented = indentationOf(definition as unknown as JsonValue, 0) <= MAX_INDENTATION;
  const json = (value: JsonValue) => `${JSON.stringify(value, null, indented ? 2 : undefined)}\n`;
  const files: [string, string][] = [];
  for (const { node, field, tool, path } of extractions) {
    const value = definition.nodes[node]?.config[field] ?? '';
    files.push([path, tool === null ? String(value) : json((value as JsonValue[])[tool] ?? null)]);
  }
  const { knowledge, tests } = definition;
  for (const [name, text] of Object.entries(knowledge ?? {})) files.push([`knowledge/${name}.md`, text]);
  for (const [name, test] of Object.entries(tests ?? {})) files.push([`tests/${name}.json`, json(test)]);
  const agent = agentOf(definition, extractions, indented ? onOneLine : (value) => value);
  const text = indented ? writeYaml(agent) : writeCompact(agent);
  return Object.fromEntries([[AGENT_FILE, text], ...files.sort(([a], [b]) => (a < b ? -1 : 1))]);
}

/** What `agent.yaml` holds. `line` marks what stands on one line, so that an edge is a line of a diff. */
function agentOf(
  { nodes, edges, settings, input_schema, knowledge, tests }: AgentDefinition,
  extractions: readonly Extraction[],
  line: (value: JsonValue) => JsonValue,
): JsonValue {
  const byNode = new Map<number, Extraction[]>();
  for (const each of extractions) byNode.set(each.node, [...(byNode.get(each.node) ?? []), each]);
  return present({
    nodes: nodes.map((node, index) => nodeOf(node, byNode.get(index) ?? [], line)),
    edges: edges.map(({ id, source, target, source_handle }) => line(present({ id, source, source_handle, target }))),
    settings: settings && present({ ...settings, retry: settings.retry && line(present(settings.retry)) }),
    input_schema,
    // What a file stands for shows in the files; that there are none can only be said here.
    knowledge: isEmpty(knowledge) ? {} : undefined,
    tests: isEmpty(tests) ? {} : undefined,
  });
}

function nodeOf(node: AgentNode, extractions: readonly Extraction[], line: (value: JsonValue) => JsonValue): JsonValue {
  const { id, type, name, config, position, retry, timeout_ms, on_error, output_mapping } = node;
  const fields = orderedFields(node).map((field): [string, JsonValue] => {
    const own = extractions.filter((each) => each.field === field);
    return [field, fieldOf(config[field] ?? null, field, own, line)];
  });
  return present({
    id,
    type,
    name,
    on_error,
    retry: retry && line(present(retry)),
    timeout_ms,
    config: Object.fromEntries(fields),
    output_mapping,
    position: position && line(present(position)),
  });
}

function fieldOf(
  value: JsonValue,
  field: string,
  extractions: readonly Extraction[],
  line: (value: JsonValue) => JsonValue,
): JsonValue {
  const text = extractions.find(({ tool }) => tool === null);
  if (text !== undefined) return line(reference(text.path));
  if (field !== 'tools' || !Array.isArray(value)) return escaped(value);
  return value.map((item, index) => {
    const file = extractions.find(({ tool }) => tool === index);
    return file === undefined ? escaped(item) : line(reference(file.path));
  });
}

function present(fields: Readonly<Record<string, unknown>>): JsonValue {
  return Object.fromEntries(Object.entries(fields).filter(([, value]) => value !== undefined)) as JsonValue;
}

function isEmpty(map: object | undefined): boolean {
  return map !== undefined && Object.keys(map).length === 0;
}

/** Roughly the characters of white space that indenting a value takes. */
function indentationOf(value: JsonValue, depth: number): number {
  if (typeof value === 'string') return lineBreaks(value) * 2 * depth;
  if (!Array.isArray(value) && !isObject(value)) return 0;
  let sum = 0;
  for (const item of Object.values(value as Record<string, JsonValue>))
    sum += 2 * depth + 3 + indentationOf(item, depth + 1);
  return sum;
}

function lineBreaks(text: string): number {
  let count = 0;
  for (let at = text.indexOf('\n'); at !== -1; at = text.indexOf('\n', at + 1)) count++;
  return count;
}
